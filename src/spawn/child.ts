import type { ChildProcess } from "node:child_process";
import { closeSync, fchownSync } from "node:fs";
import type { Writable } from "node:stream";
import type { ExitStatus, Signal, Survivor } from "../ports/signal.ts";
import type { Custody, Run } from "../cleanup/host-exit.ts";
import { closeFifo, writerOf, type Fifo } from "./fifos.ts";
import { killTree, sendSignal, sweep } from "../cleanup/sweep.ts";
import { prepareLaunch, type Launch } from "./launch.ts";
import type { Pipes, Stdio } from "./pipes.ts";
import type { Child, ChildEvents, StartFailure } from "../ports/child.ts";
import type { Command } from "../ports/command.ts";
import type { Clock } from "../ports/clock.ts";
import { descendantsOf, type Identity, type Kinship } from "../cleanup/relatives.ts";

/** Has the operating system start something: the process, or why there is none. */
export type Execute = (launch: Launch, stdio: readonly [Stdio, Stdio, Stdio]) => Execution;

/** How a start went; why it failed is known only later. */
type Execution = { readonly process: ChildProcess } | { readonly failing: Promise<Error> };

const isWindows = process.platform === "win32";
/** How long the end of a process is kept back for a disk that does not take its last words. */
const DRAIN_MS = 1000;

/** A real process. */
export class SystemChild implements Child {
  readonly pipes: Pipes;
  readonly #command: Command;
  readonly #events: ChildEvents;
  readonly #custody: Custody;
  readonly #clock: Clock;
  readonly #stdin: () => Stdio | Fifo;
  #input: Writable | null = null;
  #process: ChildProcess | undefined;
  #run: Run | undefined;
  /** Descendants that were seen before a signal, by pid and beginning. */
  readonly #known = new Map<string, Identity>();
  /** A look at them that is not over. */
  #looking: Promise<Identity[]> | undefined;
  #isGroupAsked = false;
  /** Whether its start was taken back. */
  isCancelled = false;
  #hasExited = false;
  #ref = true;

  constructor(
    command: Command,
    events: ChildEvents,
    pipes: Pipes,
    stdin: () => Stdio | Fifo,
    custody: Custody,
    clock: Clock,
  ) {
    this.#command = command;
    this.#events = events;
    this.pipes = pipes;
    this.#custody = custody;
    this.#clock = clock;
    this.#stdin = stdin;
  }

  /** How many FIFOs its start may take. */
  get needed(): number {
    if (this.isCancelled) return 0;
    return this.pipes.needed + (this.#command.fifo ? 1 : 0);
  }

  start(execute: Execute): void {
    if (this.isCancelled) return;
    let fifo: Fifo | undefined;
    let file = this.#command.argv[0];
    let doubt: string | undefined;
    let execution: Execution;
    try {
      const run = this.#custody.prepare(this.#command);
      this.#run = run;
      const marks = { tag: run.tag, procsFile: run.cgroup?.procsFile };
      const launch = prepareLaunch(this.#command, marks);
      if ("code" in launch) return this.giveUp({ code: launch.code, reason: launch.message });
      file = launch.program;
      doubt = launch.doubt;
      const stdin = this.#stdin();
      if (typeof stdin === "object") fifo = stdin;
      if (fifo && launch.owner) fchownSync(fifo.write, launch.owner.uid, launch.owner.gid);
      const first = typeof stdin === "object" ? stdin.read : stdin;
      execution = execute(launch, [first, ...this.pipes.open(launch.owner)]);
    } catch (error) {
      if (fifo) closeFifo(fifo);
      return this.giveUp(describe(error as Error, file, this.#command, doubt)); // a file that vanished while we looked at it
    } finally {
      this.pipes.started();
    }
    if ("failing" in execution) {
      if (fifo) closeFifo(fifo);
      void execution.failing.then((error) =>
        this.giveUp(describe(error, file, this.#command, doubt)),
      );
      return;
    }
    const { process: own } = execution;
    const { pid } = own as { readonly pid: number };
    this.#process = own;
    this.#custody.add(pid, this.#command.stopsignal);
    own.on("error", () => {}); // of kill() or send(), which report for themselves
    own.once("exit", (code, signal) => this.#exited({ code, signal })); // not the promise: it also waits for the pipes
    if (fifo) closeSync(fifo.read); // the child has it
    this.#input = fifo ? writerOf(fifo) : own.stdin;
    this.#input?.on("error", () => {}); // EPIPE: write() tells
    this.pipes.listen("stdout", own.stdout);
    this.pipes.listen("stderr", own.stderr);
    this.#applyRef();
    this.#events.spawned(pid);
  }

  /** The system did not let it start. */
  fail(error: Error): void {
    this.giveUp(describe(error, this.#command.argv[0], this.#command));
  }

  giveUp(failure: StartFailure | string): void {
    if (this.#run) this.#custody.abandon(this.#run);
    if (this.isCancelled) return;
    this.pipes.rest(); // whoever waits for the next attempt holds nothing meanwhile
    this.#events.failed(failure);
  }

  kill(signal: Signal, group: boolean): void | Promise<void> {
    const look = this.#look();
    return look ? look.then(() => this.#end(signal, group)) : this.#end(signal, group);
  }

  #end(signal: Signal, group: boolean): void {
    if (this.#command.stopstdin && signal !== "SIGKILL") {
      this.#input?.end();
      if (isWindows) return; // it has stopwaitsecs to go by itself
    }
    if (isWindows && this.#alive !== undefined) killTree(this.#alive);
    else this.#send(signal, group);
  }

  /** Remembers who leaves our sight when its parent ends; a promise while there are many to look at. */
  #look(): Promise<void> | undefined {
    const pid = this.#alive;
    if (this.#command.sweep !== true || pid === undefined || !this.#run) return undefined;
    const found = this.#looking ?? seenBelow({ pid, ...this.#run });
    if (!Array.isArray(found)) {
      this.#looking = found;
      return found.then((all) => {
        this.#looking = undefined;
        this.#remember(all);
      });
    }
    this.#remember(found);
    return undefined;
  }

  /** Who was seen before a former signal may be out of sight by now. */
  #remember(found: readonly Identity[]): void {
    for (const one of found) this.#known.set(`${one.pid} ${one.began}`, one);
  }

  signal(signal: Signal): void {
    this.#send(signal, false);
  }

  cancel(): void {
    this.isCancelled = true;
  }

  sweep(graceMs: number, done: (survivors: readonly Survivor[]) => void): void {
    const pid = this.#process?.pid;
    const run = this.#run;
    const finish = (survivors: readonly Survivor[]) => {
      if (pid !== undefined) this.#custody.remove(pid);
      if (run?.cgroup) this.#custody.removeCgroup(run.cgroup);
      done(survivors);
    };
    if (pid === undefined || !run || this.#command.sweep === false) return finish([]);
    const { sweep: isWide, stopsignal } = this.#command;
    const asking = { stopsignal, isGroupAsked: this.#isGroupAsked };
    const scope = isWide === true ? "all" : "group";
    const begin = () => {
      const known = [...this.#known.values()];
      sweep({ pid, scope, known, ...asking, ...run }, graceMs, (survivors) => {
        this.#drained(() => finish(survivors)); // their last words are its output, too
      });
    };
    if (this.#looking) void this.#looking.then(begin);
    else begin();
  }

  write(chunk: Uint8Array, done: (error?: Error) => void): void {
    const stdin = this.#input;
    if (!stdin?.writable) return done(new Error("its standard input is closed"));
    this.pipes.expect();
    stdin.write(chunk, (error) => done(error ?? undefined));
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
    if (this.#alive === undefined) return;
    this.#isGroupAsked ||= group;
    sendSignal(this.#alive, signal, group);
  }

  #exited(status: ExitStatus): void {
    this.#hasExited = true;
    this.#applyRef();
    this.#input?.destroy();
    this.#drained(() => this.#events.exited(status));
  }

  /** Takes what is in the pipes, and then goes on; a disk that does not take it is not waited for long. */
  #drained(goOn: () => void): void {
    const busy = this.pipes.drain();
    if (!busy) return goOn();
    const enough = new Promise((resolve) => {
      this.#clock.setTimeout(() => resolve(undefined), DRAIN_MS, true);
    });
    void Promise.race([busy, enough]).then(goOn);
  }

  /** Whoever holds the pipes of a process that is gone does not hold the host. */
  #applyRef(): void {
    const child = this.#process;
    if (!child) return;
    const word = this.#ref && !this.#hasExited ? "ref" : "unref";
    child[word]();
    for (const stream of [this.#input, child.stdout, child.stderr]) {
      (stream as unknown as { ref?: () => void; unref?: () => void } | null)?.[word]?.();
    }
  }
}

/** Without some of them in a shortage: then their marks have to do. */
function seenBelow(kinship: Kinship): Identity[] | Promise<Identity[]> {
  try {
    const found = descendantsOf(kinship);
    return Array.isArray(found) ? found : found.catch(() => []);
  } catch {
    return [];
  }
}

/** What may pass, of the errors for which supervisord has no words. */
const PASSING = new Set(["ENOMEM", "ETXTBSY"]);

/** Why a start failed, in supervisord's words where it has some. */
function describe(error: Error, file: string, { name }: Command, doubt?: string): StartFailure {
  const { cause, code = (cause as NodeJS.ErrnoException | undefined)?.code } =
    error as NodeJS.ErrnoException;
  switch (code) {
    case "EMFILE":
    case "ENFILE":
      return { code: "FAILED", reason: `too many open files to spawn '${name}'` };
    case "EAGAIN":
      return { code: "FAILED", reason: `Too many processes in process table to spawn '${name}'` };
    case undefined: {
      const { originalMessage = error.message } = error as { originalMessage?: string };
      const reason = `unknown error during fork for '${name}': ${originalMessage}`;
      return { code: "FAILED", reason };
    }
    default: {
      const reason = doubt ?? `couldn't exec ${file}: ${code}`;
      return { code: PASSING.has(code) ? "FAILED" : "NOT_EXECUTABLE", reason };
    }
  }
}
