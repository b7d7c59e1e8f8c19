import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { Socket } from "node:net";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Writable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { withFolder } from "./folder.mjs";
import { atLeast, atMost, isInstalled, quantile } from "./helpers.mjs";
import { openLogger, openPipe } from "./loggers.mjs";

const MB = 1024 * 1024;
const GB = 1024 * MB;
const STAMP = 16; // digits, in gen.c
const DIRECT = { stdout_logfile_maxbytes: 0 };

export const file = import.meta.url;
export const rounds = 3;

/** The slow ones get less to do. */
const others = {
  supervisord: { logger: "supervisord", program: "supervisord" },
  svlogd: { logger: "svlogd", program: "svlogd", share: 1 / 16 },
  "s6-log": { logger: "s6", program: "s6-log", share: 1 / 4 },
  "pm2, no rotation": { logger: "pm2", program: "pm2", share: 1 / 8 },
};

export const tables = [
  floodTable("64 KiB a write", { size: 64 * 1024, bytes: GB }, 1.3),
  floodTable("100 bytes a write", { size: 100, bytes: GB / 4 }, 1),
  pacedTable({ children: 100, rate: 100 }, 0.1),
  pacedTable({ children: 10, rate: 2000 }, 0.1),
  pacedTable({ children: 1, rate: 100_000 }, 0.3),
  {
    title: "logs: a flood into what takes nothing for 3 s",
    columns: [
      { name: "grown MB" },
      { name: "taken MB" }, // from the child, while nothing was taken from us
      { name: "lost bytes" },
      { name: "loop p99 ms" },
    ],
    rows: Object.fromEntries(
      ["stream", "named pipe", "disk"].map((sink) => [sink, { kind: "stalled", sink }]),
    ),
    aims: ["stream", "named pipe", "disk"].flatMap((sink) => [
      atMost(64, "grown MB", sink),
      atMost(0, "lost bytes", sink),
    ]),
  },
];

function floodTable(title, flood, aim) {
  const kind = "flood";
  const row = (options) => ({ kind, ...flood, ...options });
  return {
    title: `logs: one child writes at full speed, ${title}`,
    columns: [
      { name: "GB/s" },
      { name: "CPU s/GB" }, // of what takes care of the logs
      { name: "loop p99 ms", isPlain: true },
      { name: "grown MB", isPlain: true },
    ],
    bare: ["supervisord"],
    rows: {
      "into the file": row({ logger: "file" }),
      "cat > file": row({ logger: "cat" }),
      "libsupervisor, direct": row({ logger: "libsupervisor", settings: DIRECT }),
      libsupervisor: row({ logger: "libsupervisor" }),
      ...mapRows(others, row),
    },
    aims: [
      atLeast(0.95, "GB/s", "libsupervisor, direct", "into the file"),
      atMost(0.05, "CPU s/GB", "libsupervisor, direct"),
      atLeast(aim, "GB/s", "libsupervisor", "supervisord"),
      atMost(5, "loop p99 ms", "libsupervisor"),
      atMost(16, "grown MB", "libsupervisor"),
    ],
  };
}

function pacedTable(load, aim) {
  const row = (options) => ({ kind: "paced", ...load, ...options });
  const { children, rate } = load;
  return {
    title: `logs: ${children} x ${rate} lines of 100 bytes a second`,
    columns: [
      { name: "CPU %" },
      { name: "held p99 ms", isPlain: true },
      { name: "held max ms", isPlain: true },
    ],
    bare: ["supervisord"],
    rows: {
      "libsupervisor, direct": row({ logger: "libsupervisor", settings: DIRECT }),
      libsupervisor: row({ logger: "libsupervisor" }),
      "libsupervisor, heard": row({ logger: "libsupervisor", isHeard: true }),
      ...mapRows(others, row),
    },
    aims: [
      atMost(aim, "CPU %", "libsupervisor", "supervisord"),
      atMost(100, "held max ms", "libsupervisor, heard"),
    ],
  };
}

function mapRows(rows, change) {
  return Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, change(row)]));
}

export async function measure({ kind, ...options }) {
  return withFolder(async (folder) => {
    const stage = new Stage(folder);
    try {
      return await measures[kind](stage, options);
    } finally {
      stage.close();
    }
  });
}

const measures = {
  async flood(stage, { logger: name, settings, size, bytes, share = 1, quick }) {
    const total = Math.round(bytes * share * (quick ? 1 / 4 : 1));
    const logger = await stage.open(name, [["flood", total, size]], { settings });
    const { resident } = await stage.rest(logger);
    warm(stage.folder, total);
    const cpu = logger.cpu();
    const delays = monitorEventLoopDelay({ resolution: 1 });
    if (name === "libsupervisor" && !settings) delays.enable(); // it costs a little
    const [seconds] = await stage.play();
    await logger.settled();
    delays.disable();
    const result = {
      "GB/s": total / GB / seconds,
      "CPU s/GB": (logger.cpu() - cpu) / (total / GB),
      "loop p99 ms": delays.count > 0 ? delays.percentile(99) / 1e6 : undefined,
      "grown MB": (logger.peak() - resident) / MB,
    };
    await logger.end();
    return result;
  },

  async paced(stage, { logger: name, settings, children, rate, isHeard = false, quick }) {
    const seconds = quick ? 2 : 6;
    const gens = Array.from({ length: children }, () => ["paced", rate, seconds + 3]);
    const stamps = new Stamps();
    const logger = await stage.open(name, gens, {
      settings: { ...settings, stdout_events_enabled: isHeard },
      ...(isHeard && { heard: (child, data) => stamps.hear(child, data) }),
    });
    await stage.rest(logger);
    void stage.play();
    await wait(1500); // what all begin with is over
    stamps.delays.length = 0;
    const begun = performance.now();
    const before = logger.cpu();
    await wait(seconds * 1000);
    const cpu = logger.cpu() - before;
    const took = (performance.now() - begun) / 1000;
    const { delays } = stamps;
    const result = {
      "CPU %": (cpu / took) * 100,
      "held p99 ms": isHeard ? quantile(delays, 0.99) : undefined,
      "held max ms": isHeard ? quantile(delays, 1) : undefined,
    };
    await logger.end();
    return result;
  },

  async stalled(stage, { sink: name, quick }) {
    const total = (quick ? 64 : 256) * MB;
    const sink = sinks[name](stage.folder);
    const logger = await stage.open("libsupervisor", [["flood", total, 64 * 1024]], {
      settings: sink.settings,
    });
    const { resident } = await stage.rest(logger);
    const delays = monitorEventLoopDelay({ resolution: 1 });
    delays.enable();
    const end = stage.play();
    await wait(3000);
    const taken = readWritten(stage.pids[0]);
    sink.free();
    await end;
    await logger.settled();
    delays.disable();
    const result = {
      "grown MB": (logger.peak() - resident) / MB,
      "taken MB": taken / MB,
      "lost bytes": total - (await sink.arrived(total)),
      "loop p99 ms": delays.percentile(99) / 1e6,
    };
    await logger.end();
    return result;
  },
};

/** Where gens get ready together, and begin together. */
class Stage {
  folder;
  /** Of the gens that are ready. */
  pids = [];
  #report;
  #times = [];
  #count = 0;
  #rest = "";
  #heard = () => {};

  constructor(folder) {
    this.folder = folder;
  }

  async open(name, gens, options) {
    const [report, go] = ["report", "go"].map((word) => path.join(this.folder, word));
    this.#report = new Socket({ fd: openPipe(report).read, readable: true, writable: false });
    this.#report.on("data", (text) => this.#hear(text));
    execFileSync("mkfifo", [go]);
    const gen = [...compile(this.folder), report, go];
    this.#count = gens.length;
    return openLogger(
      name,
      this.folder,
      gens.map((words) => [...gen, ...words.map(String)]),
      options,
    );
  }

  /** Until all gens are ready, and what follows the start is over. */
  async rest(logger) {
    await this.#until(() => this.pids.length === this.#count);
    globalThis.gc();
    await wait(500);
    return { resident: logger.resident() };
  }

  /** Lets them begin; settles when all have ended, with the seconds that each took. */
  async play() {
    // for both: it does not wait for a reader
    fs.openSync(path.join(this.folder, "go"), fs.constants.O_RDWR);
    await this.#until(() => this.#times.length === this.#count);
    return this.#times;
  }

  close() {
    this.#report.destroy();
  }

  #hear(text) {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop();
    for (const [word, number] of lines.map((line) => line.split(" "))) {
      (word === "pid" ? this.pids : this.#times).push(Number(number));
    }
    this.#heard();
  }

  #until(isTrue) {
    return new Promise((resolve) => {
      this.#heard = () => {
        if (isTrue()) resolve();
      };
      this.#heard();
    });
  }
}

/** How long each line took to us, in ms. A chunk may end within a line. */
class Stamps {
  delays = [];
  #rests = new Map();

  hear(name, data) {
    const now = Number(process.hrtime.bigint() / 1000n);
    const lines = ((this.#rests.get(name) ?? "") + data.latin1Slice()).split("\n");
    this.#rests.set(name, lines.pop());
    for (const line of lines) this.delays.push((now - Number(line.slice(0, STAMP))) / 1000);
  }
}

/** Takes nothing until it is `free`. */
const sinks = {
  stream() {
    let arrived = 0;
    let isFree = false;
    let waiting = () => {};
    const stream = new Writable({
      write(chunk, _, done) {
        arrived += chunk.length;
        if (isFree) done();
        else waiting = done;
      },
    });
    return {
      settings: { stdout_logfile: stream },
      free() {
        isFree = true;
        waiting();
      },
      arrived: (total) => eventually(() => arrived, total),
    };
  },

  "named pipe"(folder) {
    const place = path.join(folder, "sink");
    const { read } = openPipe(place);
    let arrived = 0;
    return {
      settings: { stdout_logfile: place },
      free() {
        const socket = new Socket({ fd: read, readable: true, writable: false });
        socket.on("data", ({ length }) => {
          arrived += length;
        });
        socket.unref();
      },
      arrived: (total) => eventually(() => arrived, total),
    };
  },

  /** Calls of the system that hang: a short while in the main thread, as long as it lasts in others. */
  disk(folder) {
    const { write, writeSync } = fs;
    const stalled = [];
    let isFree = false;
    fs.writeSync = (...args) => {
      if (!isFree) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      return writeSync(...args);
    };
    fs.write = (...args) => {
      if (isFree) write(...args);
      else stalled.push(args);
    };
    syncBuiltinESMExports();
    return {
      settings: { stdout_logfile_backups: 1000 }, // all are kept
      free() {
        isFree = true;
        for (const args of stalled) write(...args);
      },
      async arrived() {
        const names = fs.readdirSync(folder).filter((name) => name.startsWith("log"));
        return names.reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size, 0);
      },
    };
  },
};

async function eventually(value, wanted) {
  for (let i = 0; i < 100 && value() < wanted; i++) await wait(50);
  return value();
}

/** What a process has written so far. */
function readWritten(pid) {
  return Number(/^wchar: (\d+)/m.exec(fs.readFileSync(`/proc/${pid}/io`, "utf8"))[1]);
}

/** Memory that a virtual machine has not used lately is slow: what goes to the file will find some. */
function warm(folder, bytes) {
  const place = path.join(folder, "warm");
  const fd = fs.openSync(place, "w");
  const block = new Uint8Array(MB);
  for (let at = 0; at < bytes; at += MB) fs.writeSync(fd, block);
  fs.closeSync(fd);
  fs.unlinkSync(place);
}

/** The gen, as a command. */
function compile(folder) {
  const here = (name) => fileURLToPath(new URL(name, import.meta.url));
  if (!isInstalled("cc")) return ["python3", here("gen.py")];
  const program = path.join(folder, "gen");
  execFileSync("cc", ["-O1", "-o", program, here("gen.c")]);
  return [program];
}
