/** A supervisord in the foreground: this package's command, or the real one. */
import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import path from "node:path";
import type { RawRecording } from "../scenario.ts";
import { NOBODY, publicPackage } from "../../support/public.ts";
import { BASE } from "../real/room.ts";

/** The words that run it, and those that run what asks it. */
export interface Make {
  readonly run: readonly [string, ...string[]];
  readonly ctl: readonly [string, ...string[]];
}

const built = "dist/cli/main.js";
const main = path.resolve(import.meta.dirname, "../../../..", built);
/** This package. */
export const ours: Make = {
  run: [process.execPath, main],
  ctl: [process.execPath, main, "ctl"],
};
/** Debian's, for a look at whether this player plays what was recorded. */
export const debian: Make = { run: ["/usr/bin/supervisord"], ctl: ["/usr/bin/supervisorctl"] };

export interface Printed {
  readonly stdout: string;
  readonly exit: number;
}

export class Daemon {
  readonly pid: number;
  /** Once it has ended: its exit status, or null and a signal. */
  ending: { readonly status: number | null; readonly signal: NodeJS.Signals | null } | undefined;
  /** What it wrote to its standard output. */
  output = "";
  readonly #child: ChildProcess;
  readonly #env: NodeJS.ProcessEnv;
  readonly #dir: string;
  readonly #ctl: Make["ctl"];

  constructor(
    { run, ctl }: Make,
    dir: string,
    { env, user, stdout }: Pick<RawRecording, "env" | "user" | "stdout">,
  ) {
    // a checkout may be closed to other users
    const readable = (word: string) => (word === main ? path.join(publicPackage(), built) : word);
    const [file = "", ...args] = user === undefined ? run : run.map(readable);
    const errors = openSync(path.join(dir, "stderr.txt"), "w");
    this.#dir = dir;
    this.#ctl = ctl;
    this.#env = { ...BASE, ...env };
    const out = stdout === "pipe" ? this.#pipe() : ("ignore" as const);
    const child = spawn(file, [...args, "-n", "-c", `${dir}/c.conf`], {
      cwd: dir,
      env: this.#env,
      stdio: ["ignore", out, errors],
      ...(user !== undefined && { uid: NOBODY, gid: NOBODY }),
    });
    closeSync(errors);
    if (out !== "ignore") closeSync(out);
    child.on("exit", (status, signal) => (this.ending = { status, signal }));
    child.on("error", () => (this.ending = { status: null, signal: null }));
    this.pid = child.pid ?? 0;
    this.#child = child;
  }

  /** What Node calls a pipe is a socket, which nobody can open by name. */
  #pipe(): number {
    const fifo = path.join(this.#dir, "stdout.fifo");
    execFileSync("mkfifo", [fifo]);
    const reader = spawn("cat", [fifo], { stdio: ["ignore", "pipe", "inherit"] });
    reader.stdout.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    return openSync(fifo, "w");
  }

  signal(name: string): void {
    this.#child.kill(`SIG${name}` as NodeJS.Signals);
  }

  /** Whether somebody listens on its socket. */
  async answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(`${this.#dir}/s`);
      socket.on("connect", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
  }

  /** Runs supervisorctl. */
  async ask(words: readonly string[]): Promise<Printed> {
    const [file, ...args] = this.#ctl;
    return new Promise((resolve) => {
      const options = { env: this.#env, cwd: this.#dir };
      const all = [...args, "-c", `${this.#dir}/c.conf`, ...words];
      const child = execFile(file, all, options, (_error, stdout) => {
        resolve({ stdout, exit: child.exitCode ?? -1 });
      });
      child.stdin?.end();
    });
  }
}
