import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const MAXBYTES = 10 * 1024 * 1024;
const BACKUPS = 10;

const loaders = {
  /** The raw limit: nobody is in between. */
  async file(folder, commands) {
    for (const [i, command] of commands.entries()) withFile(folder, i, (fd) => run(command, fd));
    return new OtherProcesses([]);
  },
  async cat(folder, commands) {
    return piped(folder, commands, (i, input) =>
      withFile(folder, i, (fd) => run(["cat"], fd, input)),
    );
  },
  async svlogd(folder, commands) {
    return piped(folder, commands, (i, input) => {
      const place = path.join(folder, `log${i}`);
      mkdirSync(place);
      writeFileSync(path.join(place, "config"), `s${MAXBYTES}\nn${BACKUPS}\n`);
      return run(["svlogd", place], "ignore", input);
    });
  },
  async s6(folder, commands) {
    const rule = ["-b", `n${BACKUPS}`, `s${MAXBYTES}`];
    return piped(folder, commands, (i, input) =>
      run(["s6-log", ...rule, path.join(folder, `log${i}`)], "ignore", input),
    );
  },
  async supervisord(folder, commands) {
    const file = path.join(folder, "supervisord.conf");
    const programs = commands.map(
      (command, i) => `[program:gen${i}]
command=${command.join(" ")}
autorestart=false
startsecs=0
redirect_stderr=true
stdout_logfile=${folder}/log${i}
stdout_logfile_maxbytes=${MAXBYTES}
stdout_logfile_backups=${BACKUPS}
`,
    );
    writeFileSync(
      file,
      `[supervisord]
nodaemon=true
logfile=${folder}/supervisord.log
pidfile=${folder}/supervisord.pid
${programs.join("")}`,
    );
    return new OtherProcesses([run(["supervisord", "-n", "-c", file])]);
  },
  async pm2(folder, commands) {
    const home = path.join(folder, "pm2");
    const file = path.join(folder, "apps.json");
    const apps = commands.map(([script, ...args], i) => ({
      name: `gen${i}`,
      script,
      args,
      interpreter: "none",
      autorestart: false,
      out_file: `${folder}/log${i}`,
      error_file: "/dev/null",
    }));
    writeFileSync(file, JSON.stringify({ apps }));
    const env = { ...process.env, PM2_HOME: home };
    execFileSync("pm2", ["start", file], { env, stdio: "ignore" });
    return new OtherProcesses([Number(readFileSync(path.join(home, "pm2.pid"), "utf8"))]);
  },
  async libsupervisor(folder, commands, { settings, heard }) {
    const { Supervisor } = await import("../../dist/index.js");
    const supervisor = new Supervisor();
    if (heard) supervisor.on("PROCESS_LOG", ({ processname, data }) => heard(processname, data));
    const own = new OwnProcess(supervisor, commands.length);
    for (const [i, command] of commands.entries()) {
      supervisor.add(`gen${i}`, {
        command,
        autostart: false,
        autorestart: false,
        startsecs: 0,
        redirect_stderr: true,
        stdout_logfile: path.join(folder, `log${i}`),
        stdout_logfile_maxbytes: MAXBYTES,
        stdout_logfile_backups: BACKUPS,
        ...settings,
      });
    }
    await supervisor.start("all");
    return own;
  },
};

/**
 * Starts commands, and what takes care of their logs. The answer can
 *
 * - `cpu()`: tell how many seconds of CPU that has taken so far, without the commands';
 * - `resident()`, `peak()`: tell its memory in bytes, now and at most;
 * - `settled()`: wait until all is done that is to be done after the commands have ended;
 * - `end()`: end what would not end by itself.
 */
export async function openLogger(name, folder, commands, options = {}) {
  return loaders[name](folder, commands, options);
}

/** Makes a named pipe, and opens it at both ends. Reading does not block. */
export function openPipe(place) {
  execFileSync("mkfifo", [place]);
  const read = openSync(place, constants.O_RDONLY | constants.O_NONBLOCK);
  return { read, write: openSync(place, constants.O_WRONLY) };
}

class OtherProcesses {
  #pids;

  constructor(pids) {
    this.#pids = pids;
  }

  cpu() {
    return sum(this.#pids, (pid) => {
      // not `stat`, which counts in ticks of 10 ms and overlooks what is done between them
      const tasks = readdirSync(`/proc/${pid}/task`);
      const nanoseconds = (task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8");
      return sum(tasks, (task) => Number.parseInt(nanoseconds(task), 10) / 1e9);
    });
  }

  resident() {
    return this.#memory("VmRSS");
  }

  peak() {
    return this.#memory("VmHWM");
  }

  /** Until they are idle. */
  async settled() {
    for (let before = -1; this.cpu() > before + 0.002;) {
      before = this.cpu();
      await wait(200);
    }
  }

  async end() {}

  #memory(field) {
    return sum(this.#pids, (pid) => {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return Number(new RegExp(`^${field}:\\s*(\\d+)`, "m").exec(status)[1]) * 1024;
    });
  }
}

class OwnProcess {
  #supervisor;
  #settled;

  constructor(supervisor, count) {
    this.#supervisor = supervisor;
    this.#settled = new Promise((resolve) => {
      let left = count;
      supervisor.on("PROCESS_STATE_EXITED", () => {
        if (--left === 0) resolve();
      });
    });
  }

  cpu() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }

  resident() {
    return process.memoryUsage.rss();
  }

  peak() {
    return process.resourceUsage().maxRSS * 1024;
  }

  settled() {
    return this.#settled;
  }

  async end() {
    await this.#supervisor.shutdown();
  }
}

/** A logger for each command. Its pipe stays open here, so that it can be asked when all is done. */
function piped(folder, commands, start) {
  const pids = commands.map((command, i) => {
    const { read, write } = openPipe(path.join(folder, `pipe${i}`));
    const pid = start(i, read);
    closeSync(read);
    run(command, write);
    return pid;
  });
  return new OtherProcesses(pids);
}

function withFile(folder, i, use) {
  const fd = openSync(path.join(folder, `log${i}`), "a");
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function run([file, ...args], output = "ignore", input = "ignore") {
  const child = spawn(file, args, { stdio: [input, output, "ignore"] });
  child.on("error", (error) => {
    throw error;
  });
  child.unref(); // cat waits for our end
  return child.pid;
}

function sum(items, numberOf) {
  return items.reduce((total, item) => total + numberOf(item), 0);
}
