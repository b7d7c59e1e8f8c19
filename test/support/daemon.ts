import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  cpSync,
  openSync,
  mkdirSync,
  readFileSync,
  readdirSync,
} from "node:fs";
import { once } from "node:events";
import { request } from "node:http";
import { Socket } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { MARK, alive, gone, nothingLeftSoon, root, scratch } from "./processes.ts";

/** The commands that run a conf file. */
const commands = {
  ours: (place: string) => [process.execPath, path.join(place, "dist/cli/main.js")],
  supervisord: () => [process.env["SUPERVISORD"] ?? "supervisord"],
} as const;
/** Whether the command is ours. */
export const isOurs = process.env["SUPERVISORD"] === undefined;
/** A path on which servers are found, too. */
const PATH = `${process.env["PATH"]}:/usr/sbin:/sbin`;
const PATIENCE = 30_000;

/** Why a test cannot be made that needs these programs, or false. */
export function lacks(...programs: readonly string[]): string | false {
  const missing = programs.filter(
    (name) => spawnSync("sh", ["-c", `command -v ${name}`], { env: { PATH } }).status !== 0,
  );
  return missing.length > 0 && `not installed: ${missing.join(", ")}`;
}

/** How to run the command. */
export interface DaemonOptions {
  /** Which one; otherwise ours, or the `supervisord` that the environment names. */
  readonly command?: keyof typeof commands;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where ours is; otherwise in the checkout. */
  readonly place?: string;
  /** Words before the command. */
  readonly wrapper?: readonly [string, ...string[]];
  /** Words after `-c FILE`. */
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Whether to leave out `-n`. */
  readonly isDaemon?: boolean;
}

/** How the command has ended. */
export interface DaemonEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A directory of its own that holds a copy of test/conf, and what its files want to be there. */
export function copyOfConf(t: TestContext): string {
  const directory = scratch(t);
  cpSync(path.join(root, "test/conf"), directory, { recursive: true });
  for (const name of readdirSync(path.join(directory, "bin")))
    chmodSync(path.join(directory, "bin", name), 0o755);
  for (const name of ["log", "run", "run/www"]) mkdirSync(path.join(directory, name));
  chmodSync(path.join(directory, "run/www"), 0o777); // whoever the programs run as
  return directory;
}

/** The command, running a conf file in the foreground; nothing outlives the test. */
export class Daemon {
  readonly pid: number;
  readonly mark = randomUUID();
  readonly ended: Promise<DaemonEnd>;
  #output = "";

  /** Runs `file`; `%(ENV_ROOT)s` is the directory that it is in. */
  constructor(t: TestContext, file: string, options: DaemonOptions = {}) {
    const words = [
      ...(options.wrapper ?? []),
      ...commands[options.command ?? (isOurs ? "ours" : "supervisord")](options.place ?? root),
      ...(options.isDaemon ? [] : ["-n"]),
      "-c",
      file,
    ];
    const [command = "", ...args] = [...words, ...(options.args ?? [])];
    const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env;
    const { reader, writer } = pipe(t);
    const child = spawn(command, args, {
      cwd: options.cwd ?? path.dirname(file),
      env: {
        ...environment,
        PATH,
        ROOT: path.dirname(file),
        [MARK]: this.mark,
        ...options.environment,
      },
      stdio: ["ignore", writer, writer],
    });
    closeSync(writer);
    const output = new Socket({ fd: reader, readable: true, writable: false });
    output.setEncoding("utf8").on("data", (chunk: string) => (this.#output += chunk));
    const closed = once(output, "close"); // nobody holds the other end any longer
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (status, signal) => {
        void closed.then(() => resolve({ status, signal }));
      });
    });
    this.pid = child.pid ?? 0;
    t.after(async () => {
      const left = [this.pid, ...descendants(this.pid)].filter(alive);
      for (const pid of left) process.kill(pid, "SIGKILL");
      await nothingLeftSoon(this.mark);
    });
  }

  /** All that it has written so far, on both streams. */
  get output(): string {
    return this.#output;
  }

  /** Waits for what it writes, and gives what the pattern captures, or else all that matched. */
  async heard(pattern: RegExp): Promise<string> {
    const found = await this.patiently(() => pattern.exec(this.#output), String(pattern));
    return found[1] ?? found[0];
  }

  /** Waits for what nobody tells us. */
  async patiently<T>(
    attempt: () => T | null | undefined | false | Promise<T | null | undefined | false>,
    what: string,
  ): Promise<T> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const found = await attempt();
      if (found !== null && found !== undefined && found !== false) return found;
      assert.ok(performance.now() < end, `no ${what} in:\n${this.#output}`);
      await pause(10);
    }
  }

  /** What `GET url` is answered, once it is answered well. */
  async get(where: Where): Promise<string> {
    return this.patiently(async () => {
      try {
        const { status, body } = await ask(where);
        return status === 200 ? body : null;
      } catch {
        return null; // it does not listen yet
      }
    }, JSON.stringify(where));
  }

  /** The end, when it has been asked for; all of its processes have to be gone then. */
  async end(signal?: NodeJS.Signals): Promise<DaemonEnd> {
    const tree = descendants(this.pid);
    if (signal) process.kill(this.pid, signal);
    const limit = pause(PATIENCE, undefined, { ref: false }).then(() =>
      assert.fail(`it has not ended:\n${this.#output}`),
    );
    const end = await Promise.race([this.ended, limit]);
    for (const pid of tree) await gone(pid);
    await nothingLeftSoon(this.mark);
    return end;
  }

  /** Ends it as `docker stop` does. */
  async stop(): Promise<void> {
    assert.deepEqual(await this.end("SIGTERM"), { status: 0, signal: null }, this.#output);
  }

  /** What it answers to a method of its control server. */
  async call(where: Where, method: string): Promise<string> {
    const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName></methodCall>`;
    const answer = await ask({ ...where, path: "/RPC2" }, body);
    assert.equal(answer.status, 200, answer.body);
    return answer.body;
  }
}

/** Where a server is. */
export interface Where {
  readonly socketPath?: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly auth?: string;
}

/** One request, with a body if it is to be a POST. */
export async function ask(
  where: Where,
  body?: string,
): Promise<{ readonly status: number | undefined; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const headers = body === undefined ? {} : { "content-type": "text/xml" };
    request({ ...where, method, headers, agent: false }, (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode, body: answer }),
        reject,
      );
    })
      .on("error", reject)
      .end(body);
  });
}

/** A pipe, as a container has it for its output; what Node calls a pipe is a socket, which cannot be opened by name. */
function pipe(t: TestContext): { readonly reader: number; readonly writer: number } {
  const file = path.join(scratch(t), "output");
  execFileSync("mkfifo", [file]);
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  return { reader, writer: openSync(file, constants.O_WRONLY) };
}

/** The living processes that descend from one, the nearest first. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 4).split(" ")[0]));
    } catch {
      // gone meanwhile
    }
  }
  const found = [pid];
  for (const one of found)
    found.push(...[...parents].filter(([, parent]) => parent === one).map(([child]) => child));
  return found.slice(1).filter(alive);
}
