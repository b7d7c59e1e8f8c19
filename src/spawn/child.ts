import type { ChildProcess } from "node:child_process";
import { closeSync, fchownSync } from "node:fs";
import type { Writable } from "node:stream";
import type { HostExit, Run } from "../cleanup/host-exit.ts";
import { sweep } from "../cleanup/sweep.ts";
import type { Child, ChildEvents, StartFailure } from "../ports/child.ts";
import type { Clock } from "../ports/clock.ts";
import type { Command } from "../ports/command.ts";
import type { ExitStatus, Signal, Survivor } from "../ports/signal.ts";
import { isWindows } from "../system/platform.ts";
import { killTree, sendSignal } from "../system/signals.ts";
import { drained } from "./drained.ts";
import type { Execute, Execution } from "./execute.ts";
import { closeFifo, writerOf, type Fifo } from "./fifos.ts";
import { ipcStdio, openIpc, type Ipc } from "./ipc.ts";
import { prepareLaunch } from "./launch.ts";
import type { Pipes, Stdio } from "./pipes.ts";
import { SeenDescendants } from "./seen-descendants.ts";
import { startFailureOf } from "./start-failure.ts";

/** The parts of a child. */
export interface ChildIo {
  readonly command: Command;
  readonly events: ChildEvents;
  readonly pipes: Pipes;
  /** Returns the standard input of the child, when it starts. */
  readonly stdin: () => Stdio | Fifo;
  /** Called if the child has sent something that is no message: its channel was closed. */
  readonly garbled: (problem: string) => void;
  readonly hostExit: HostExit;
  readonly clock: Clock;
}

/** A real process. */
export class SystemChild implements Child {
  readonly pipes: Pipes;
  readonly #command: Command;
  readonly #events: ChildEvents;
  readonly #io: Omit<ChildIo, "command" | "events" | "pipes">;
  #ipc: Ipc | undefined;
  #input: Writable | null = null;
  #process: ChildProcess | undefined;
  #run: Run | undefined;
  readonly #descendants = new SeenDescendants();
  #isGroupAsked = false;
  /** Whether the start was cancelled. */
  isCancelled = false;
  #hasExited = false;
  #ref = true;

  constructor({ command, events, pipes, ...io }: ChildIo) {
    this.#command = command;
    this.#events = events;
    this.pipes = pipes;
    this.#io = io;
  }

  /** How many FIFOs the start may take. */
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
      const run = this.#io.hostExit.prepare(this.#command);
      this.#run = run;
      const marks = { tag: run.tag, procsFile: run.cgroup?.procsFile };
      const launch = prepareLaunch(this.#command, marks);
      if ("code" in launch) return this.giveUp({ code: launch.code, reason: launch.message });
      file = launch.program;
      doubt = launch.doubt;
      const stdin = this.#io.stdin();
      if (typeof stdin === "object") fifo = stdin;
      if (fifo && launch.owner) fchownSync(fifo.write, launch.owner.uid, launch.owner.gid);
      const first = typeof stdin === "object" ? stdin.read : stdin;
      const stdio = [first, ...this.pipes.open(launch.owner)];
      execution = execute(launch, this.#command.ipc ? [...stdio, ipcStdio] : stdio);
    } catch (error) {
      if (fifo) closeFifo(fifo);
      return this.giveUp(startFailureOf(error as Error, file, this.#command, doubt)); // a file that was removed during the check
    } finally {
      this.pipes.started();
    }
    if ("failing" in execution) {
      if (fifo) closeFifo(fifo);
      void execution.failing.then((error) =>
        this.giveUp(startFailureOf(error, file, this.#command, doubt)),
      );
      return;
    }
    this.#started(execution.process, fifo);
  }

  #started(child: ChildProcess, fifo: Fifo | undefined): void {
    const { pid } = child as { readonly pid: number };
    this.#process = child;
    this.#io.hostExit.add(pid, this.#command.stopsignal);
    child.on("error", () => {}); // errors of kill() or send(), which report them themselves
    child.once("exit", (code, signal) => this.#exited({ code, signal })); // not the promise: it also waits for the pipes
    if (fifo) closeSync(fifo.read); // the child has its own descriptor
    this.#input = fifo ? writerOf(fifo) : child.stdin;
    this.#input?.on("error", () => {}); // EPIPE: write() reports it
    this.pipes.listen("stdout", child.stdout);
    this.pipes.listen("stderr", child.stderr);
    const message = (value: unknown) => this.#events.message?.(value);
    if (this.#command.ipc) this.#ipc = openIpc(child, { message, failed: this.#io.garbled });
    this.#applyRef();
    this.#events.spawned(pid);
  }

  /** Reports that the system did not let the child start. */
  fail(error: Error): void {
    this.giveUp(startFailureOf(error, this.#command.argv[0], this.#command));
  }

  /** Reports that the child was not started. */
  giveUp(failure: StartFailure | string): void {
    if (this.#run) this.#io.hostExit.abandon(this.#run);
    if (this.isCancelled) return;
    this.pipes.rest(); // a process that waits for its next attempt holds no descriptors
    this.#events.failed(failure);
  }

  kill(signal: Signal, asGroup: boolean): void | Promise<void> {
    const look = this.#look();
    return look ? look.then(() => this.#end(signal, asGroup)) : this.#end(signal, asGroup);
  }

  #end(signal: Signal, asGroup: boolean): void {
    if (this.#command.stopstdin && signal !== "SIGKILL") {
      this.#input?.end();
      if (isWindows) return; // the process has stopwaitsecs to exit by itself
    }
    if (isWindows && this.#alive !== undefined) killTree(this.#alive);
    else this.#send(signal, asGroup);
  }

  /** Looks at its descendants, if they are to be ended after it; a promise while they are many. */
  #look(): Promise<void> | undefined {
    const pid = this.#alive;
    if (this.#command.sweep !== true || pid === undefined || !this.#run) return undefined;
    return this.#descendants.look({ pid, ...this.#run });
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
      if (pid !== undefined) this.#io.hostExit.remove(pid);
      if (run?.cgroup) this.#io.hostExit.removeCgroup(run.cgroup);
      done(survivors);
    };
    if (pid === undefined || !run || this.#command.sweep === false) return finish([]);
    const { sweep: isWide, stopsignal } = this.#command;
    const asking = { stopsignal, isGroupAsked: this.#isGroupAsked };
    const scope = isWide === true ? "all" : "group";
    const begin = () => {
      const { known } = this.#descendants;
      sweep({ pid, scope, known, ...asking, ...run }, graceMs, this.#io.clock, (survivors) => {
        this.#drained(() => finish(survivors)); // the last output of the survivors is output of the process, too
      });
    };
    const { looking } = this.#descendants;
    if (looking) void looking.then(begin);
    else begin();
  }

  write(chunk: Uint8Array, done: (error?: Error) => void): void {
    const stdin = this.#input;
    if (!stdin?.writable) return done(new Error("its standard input is closed"));
    this.pipes.expect();
    stdin.write(chunk, (error) => done(error ?? undefined));
  }

  sendMessage(json: string, done: (error?: Error) => void): void {
    if (this.#ipc) this.#ipc.send(json, done);
    else done(new Error("it has no channel"));
  }

  setRef(ref: boolean): void {
    this.#ref = ref;
    this.#applyRef();
  }

  /**
   * The pid while it is surely ours: the pid of a dead process may belong to another process by
   * now.
   */
  get #alive(): number | undefined {
    return this.#hasExited ? undefined : this.#process?.pid;
  }

  #send(signal: Signal, asGroup: boolean): void {
    if (this.#alive === undefined) return;
    this.#isGroupAsked ||= asGroup;
    sendSignal(this.#alive, signal, asGroup);
  }

  #exited(status: ExitStatus): void {
    this.#hasExited = true;
    this.#applyRef();
    this.#input?.destroy();
    this.#drained(() => {
      this.#ipc?.close(); // a descendant may hold the other end
      this.#events.exited(status);
    }, this.#ipc?.drain());
  }

  /**
   * Reads what is in the pipes and in the channel, and then continues. Does not wait long for a disk
   * that does not take the output.
   */
  #drained(goOn: () => void, receiving?: Promise<void>): void {
    const reading = this.pipes.drain();
    if (!reading && !receiving) return goOn();
    void drained(Promise.all([reading, receiving]), this.#io.clock).then(goOn);
  }

  /** Keeps the host alive while the process is alive; the pipes of an exited process do not. */
  #applyRef(): void {
    const child = this.#process;
    if (!child) return;
    const verb = this.#ref && !this.#hasExited ? "ref" : "unref";
    child[verb]();
    for (const stream of [this.#input, child.stdout, child.stderr]) {
      (stream as unknown as { ref?: () => void; unref?: () => void } | null)?.[verb]?.();
    }
  }
}
