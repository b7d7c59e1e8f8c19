import type { ChildProcess } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import type { ExitStatus, Signal } from "../core/machine.ts";
import { atExit } from "./farewell.ts";
import { killTree, sendSignal, sweepGroup } from "./kill.ts";
import { prepare, type Launch } from "./launch.ts";
import type { Child, ChildEvents, Command, Spawner } from "./ports.ts";

type Execa = typeof import("execa").execa;

const isWindows = process.platform === "win32";
const births = channel("child_process");

/**
 * Starts real processes. A start holds the event loop for a millisecond or two (fork, and the wait
 * until the child has exec'd), so there is one in each turn of the loop, however many are asked for.
 */
export class SystemSpawner implements Spawner {
  readonly #waiting: SystemChild[] = [];
  #execa: Execa | undefined;
  #isResting = false;

  spawn(command: Command, events: ChildEvents): Child {
    const child = new SystemChild(command, events);
    this.#waiting.push(child);
    this.#next();
    return child;
  }

  #next(): void {
    if (this.#isResting || this.#waiting.length === 0) return;
    this.#isResting = true;
    if (!this.#execa) return void this.#load();
    setImmediate(() => {
      this.#isResting = false;
      this.#next();
    });
    this.#waiting.shift()?.start(this.#execa);
  }

  /** With the first child, and not with the package: it is the slowest of its imports. */
  async #load(): Promise<void> {
    try {
      this.#execa = (await import("execa")).execa;
    } catch (error) {
      // without file descriptors, say
      const reason = `couldn't load execa: ${(error as Error).message}`;
      for (const child of this.#waiting.splice(0)) child.giveUp(reason);
    }
    this.#isResting = false;
    this.#next();
  }
}

class SystemChild implements Child {
  readonly #command: Command;
  readonly #events: ChildEvents;
  #process: ChildProcess | undefined;
  #leave: (() => void) | undefined;
  #isCancelled = false;
  #hasExited = false;
  #ref = true;

  constructor(command: Command, events: ChildEvents) {
    this.#command = command;
    this.#events = events;
  }

  start(execa: Execa): void {
    if (this.#isCancelled) return;
    let launch: Launch;
    try {
      launch = prepare(this.#command);
    } catch (error) {
      return this.giveUp(describe(error as Error, this.#command.argv[0], this.#command)); // a file that vanished while we looked at it
    }
    if ("problem" in launch) return this.#events.failed(launch.problem);
    const { program, file, args, ...options } = launch;
    let run: ReturnType<Execa>;
    let born: ChildProcess | undefined;
    const note = (message: unknown) => (born = (message as { process: ChildProcess }).process);
    births.subscribe(note);
    try {
      run = execa(file, args, {
        ...options,
        extendEnv: false,
        detached: !isWindows, // its own session and process group
        stdin: "pipe",
        stdout: "pipe",
        stderr: "pipe",
        buffer: false,
        reject: false,
        cleanup: false,
        verbose: "none",
      } as object) as ReturnType<Execa>;
    } catch (error) {
      // without file descriptors for the pipes execa drops the child, whose `error` would end the host
      let cause = error as Error;
      born?.on("error", (told) => (cause = told));
      return void setImmediate(() => this.giveUp(describe(cause, program, this.#command)));
    } finally {
      births.unsubscribe(note);
    }
    const process = ("nodeChildProcess" in run ? run.nodeChildProcess : run) as ChildProcess; // execa 10, execa 9
    const { pid } = process;
    if (pid === undefined) {
      // not the `error` event: execa keeps some failures to its promise
      void run.then((result) => {
        this.giveUp(describe(result as unknown as Error, program, this.#command));
      });
      return;
    }
    this.#process = process;
    this.#leave = atExit(() => this.#killAll(pid));
    process.on("error", () => {}); // of kill() or send(), which report for themselves
    process.once("exit", (code, signal) => this.#exited({ code, signal })); // not the promise: it also waits for the pipes
    process.stdin?.on("error", () => {}); // EPIPE: write() tells
    process.stdout?.on("data", (chunk: Buffer) => this.#events.output("stdout", chunk));
    process.stderr?.on("data", (chunk: Buffer) => this.#events.output("stderr", chunk));
    this.#applyRef();
    this.#events.spawned(pid);
  }

  giveUp(reason: string): void {
    if (!this.#isCancelled) this.#events.failed(reason);
  }

  kill(signal: Signal, group: boolean): void {
    if (isWindows && this.#alive !== undefined) killTree(this.#alive);
    else this.#send(signal, group);
  }

  signal(signal: Signal): void {
    this.#send(signal, false);
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  sweep(graceMs: number, done: (survivors: readonly number[]) => void): void {
    const pid = this.#process?.pid;
    const finish = (survivors: readonly number[]) => {
      this.#leave?.();
      done(survivors);
    };
    if (pid === undefined || !this.#command.sweep) finish([]);
    else sweepGroup(pid, graceMs, finish);
  }

  write(chunk: Uint8Array, done: (error?: Error) => void): void {
    const stdin = this.#process?.stdin;
    if (!stdin?.writable) done(new Error("its standard input is closed"));
    else stdin.write(chunk, (error) => done(error ?? undefined));
  }

  setRef(ref: boolean): void {
    this.#ref = ref;
    this.#applyRef();
  }

  /** The pid while it is surely ours: that of the dead may belong to someone else by now. */
  get #alive(): number | undefined {
    return this.#hasExited ? undefined : this.#process?.pid;
  }

  #send(signal: Signal, group: boolean): void {
    if (this.#alive !== undefined) sendSignal(this.#alive, signal, group);
  }

  #exited(status: ExitStatus): void {
    this.#hasExited = true;
    this.#applyRef();
    this.#process?.stdin?.destroy();
    this.#events.exited(status);
  }

  /** Whoever holds the pipes of a process that is gone does not hold the host. */
  #applyRef(): void {
    const child = this.#process;
    if (!child) return;
    const word = this.#ref && !this.#hasExited ? "ref" : "unref";
    child[word]();
    for (const stream of [child.stdin, child.stdout, child.stderr]) {
      (stream as unknown as { ref?: () => void; unref?: () => void } | null)?.[word]?.();
    }
  }

  #killAll(pid: number): void {
    try {
      sendSignal(pid, "SIGKILL", true);
    } catch {
      // the host is leaving: nobody is left to be told
    }
  }
}

/** Why a start failed, in supervisord's words where it has some. */
function describe(error: Error, file: string, { name }: Command): string {
  const { cause, code = (cause as NodeJS.ErrnoException | undefined)?.code } =
    error as NodeJS.ErrnoException;
  switch (code) {
    case "EMFILE":
    case "ENFILE":
      return `too many open files to spawn '${name}'`;
    case "EAGAIN":
      return `Too many processes in process table to spawn '${name}'`;
    case undefined: {
      const { originalMessage = error.message } = error as { originalMessage?: string };
      return `unknown error during fork for '${name}': ${originalMessage}`;
    }
    default:
      return `couldn't exec ${file}: ${code}`;
  }
}
