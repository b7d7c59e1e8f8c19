import { once } from "node:events";

/** A child that does nothing; not for ever, should all else fail. */
export const IDLER = ["sleep", "900"];

const loaders = {
  async spawn() {
    const { spawn } = await import("node:child_process");
    return new BareHost(([file, ...args]) => spawn(file, args, { stdio: "pipe", detached: true }));
  },
  async execa() {
    const { execa } = await import("execa");
    const options = {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
      buffer: false,
      reject: false,
      cleanup: false,
    };
    return new BareHost(([file, ...args]) => {
      const run = execa(file, args, options);
      return run.nodeChildProcess ?? run; // execa 10, execa 9
    });
  },
  async libsupervisor() {
    const { Supervisor } = await import("../../dist/index.js");
    return new SupervisedHost(new Supervisor());
  },
};

/**
 * What holds children: a bare loop around `spawn` or execa, or a Supervisor. Each can
 *
 * - `prepare(count)`: makes ready, and returns a function that starts `count` idle children and
 *   settles when all run; a bare loop can be given a `pause` to make after each;
 * - `keep(argv, heard)`: keeps one child alive, and calls `heard(pid)` at each of its starts;
 * - `end()`: ends them all.
 */
export async function openHost(name) {
  return loaders[name]();
}

class BareHost {
  #launch;
  #children = new Set();
  #isEnding = false;

  constructor(launch) {
    this.#launch = launch;
    process.once("exit", () => this.#kill());
  }

  prepare(count, pause) {
    return async () => {
      const started = [];
      for (let i = 0; i < count; i++) {
        started.push(once(this.#start(IDLER), "spawn"));
        if (pause) await pause();
      }
      await Promise.all(started);
    };
  }

  keep(argv, heard) {
    const child = this.#start(argv);
    child.once("exit", () => {
      if (!this.#isEnding) this.keep(argv, heard);
    });
    heard(child.pid);
  }

  async end() {
    this.#isEnding = true;
    const exits = [...this.#children].map((child) => once(child, "exit"));
    this.#kill();
    await Promise.all(exits);
  }

  #start(argv) {
    const child = this.#launch(argv);
    this.#children.add(child);
    child.once("exit", () => this.#children.delete(child));
    return child;
  }

  #kill() {
    for (const { pid } of this.#children) process.kill(-pid, "SIGKILL");
  }
}

class SupervisedHost {
  #supervisor;
  #programs = 0;

  constructor(supervisor) {
    this.#supervisor = supervisor;
  }

  prepare(count) {
    const name = this.#add(IDLER, { numprocs: count, process_name: "%(process_num)d" });
    return () => this.#supervisor.start(name);
  }

  keep(argv, heard) {
    this.#supervisor.on("PROCESS_STATE_RUNNING", ({ pid }) => heard(pid));
    void this.#supervisor.start(this.#add(argv, { autorestart: true }));
  }

  async end() {
    await this.#supervisor.shutdown();
  }

  #add(command, settings) {
    const name = `program${this.#programs++}`;
    this.#supervisor.add(name, { command, startsecs: 0, autostart: false, ...settings });
    return name;
  }
}
