import { spawn, type ChildProcess } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { createRequire } from "node:module";
import { WakeUps } from "./pace.ts";
import { SystemChild, type Execute } from "./child.ts";
import { nextTurn, systemClock } from "../system/clock.ts";
import type { Custody } from "../cleanup/host-exit.ts";
import { Fifos } from "./fifos.ts";
import { Pipes } from "./pipes.ts";
import type { Child, ChildEvents, Spawner } from "../ports/child.ts";
import type { Outputs } from "../ports/streams.ts";
import type { Command } from "../ports/command.ts";
import type { Clock } from "../ports/clock.ts";
import { isShortage, needDescriptors, needPipes } from "../system/shortage.ts";
import { Sockets } from "../sockets/sockets.ts";

type Execa = typeof import("execa").execa;

const births = channel("child_process");
const isWindows = process.platform === "win32";
/** Those of the host: all supervisors in it share them. */
const wakeUps = new WakeUps();

/**
 * Starts real processes. A start holds the event loop for a millisecond or two (fork, and the wait
 * until the child has exec'd), so there is one in each turn of the loop, however many are asked for.
 */
export class SystemSpawner implements Spawner {
  readonly #clock: Clock = systemClock;
  readonly #waiting: SystemChild[] = [];
  readonly #pipes = new Map<Outputs, Pipes>();
  readonly #fifos = new Fifos();
  readonly #buffer = new Uint8Array(65_536); // for all: a read is over when the next one begins
  readonly #custody: Custody;
  readonly #sockets: Sockets;
  #execute: Execute | undefined;
  readonly #unpiped: (reason: string) => void;
  #isUnpiped = false;
  #isBusy = false;

  /** `unpiped` is told why processes get Node's pipes for now, once. */
  constructor(custody: Custody, unpiped: (reason: string) => void) {
    this.#custody = custody;
    this.#unpiped = unpiped;
    this.#sockets = new Sockets(custody);
  }

  spawn(command: Command, events: ChildEvents, outputs: Outputs): Child {
    const { socket } = command;
    const child = new SystemChild(
      command,
      events,
      this.#pipesOf(outputs),
      () => {
        if (socket) return this.#sockets.descriptor(socket);
        return (command.fifo && this.#fifos.take()) || "pipe";
      },
      this.#custody,
      this.#clock,
    );
    const go = () => {
      this.#waiting.push(child);
      this.#next();
    };
    // who waits for a socket is passed by the others
    if (socket)
      this.#sockets.open(socket, outputs).then(go, ({ message }) => child.giveUp(message));
    else go();
    return child;
  }

  rest(outputs: Outputs): void {
    this.#pipes.get(outputs)?.rest();
  }

  release(outputs: Outputs): void {
    this.#sockets.release(outputs);
    this.#pipes.get(outputs)?.close();
    this.#pipes.delete(outputs);
    if (this.#pipes.size > 0) return;
    this.#fifos.close();
    this.#custody.close();
  }

  #pipesOf(outputs: Outputs): Pipes {
    let pipes = this.#pipes.get(outputs);
    if (!pipes) {
      pipes = new Pipes(outputs, {
        fifos: this.#fifos,
        clock: this.#clock,
        buffer: this.#buffer,
        wakeUps,
      });
      this.#pipes.set(outputs, pipes);
    }
    return pipes;
  }

  /** For those who wait; settles with what has kept it from that. */
  async #makeFifos(): Promise<Error | undefined> {
    const counts = this.#waiting.map(({ needed }) => needed).filter((needed) => needed > 0);
    const [least] = counts;
    if (least === undefined) return undefined;
    try {
      await this.#fifos.make(
        counts.reduce((sum, count) => sum + count, 0),
        least,
      );
      this.#isUnpiped = false;
      return undefined;
    } catch (error) {
      if (!isShortage(error) && !this.#isUnpiped) {
        this.#isUnpiped = true;
        this.#unpiped((error as Error).message);
      }
      return error as Error;
    }
  }

  #next(): void {
    if (this.#isBusy) return;
    while (this.#waiting[0]?.isCancelled) this.#waiting.shift(); // they would have a turn each
    const [child] = this.#waiting;
    if (!child) return this.#fifos.close(); // those of who did not start after all
    this.#isBusy = true;
    const lacks = this.#fifos.canMake && this.#fifos.ready < child.needed;
    if (this.#execute && !lacks) this.#start(this.#execute);
    else void this.#prepare();
  }

  /** Starts the next; `lack` is why there are no FIFOs, where there should be. */
  #start(execute: Execute, lack?: Error): void {
    const next = () => {
      this.#isBusy = false;
      this.#next();
    };
    this.#clock.setTimeout(next, 0, true);
    const child = this.#waiting.shift();
    // one more would take what the host needs itself
    const isRefused = lack && isShortage(lack) && child && child.needed > this.#fifos.ready;
    if (isRefused) child.fail(lack);
    else child?.start(execute);
  }

  /** execa comes with the first child, and not with the package: it is the slowest of its imports. */
  async #prepare(): Promise<void> {
    try {
      const making = this.#makeFifos();
      this.#execute ??= executor(await loadExeca());
      const lack = await making;
      if (this.#pipes.size === 0) this.#fifos.close(); // all were released meanwhile
      this.#start(this.#execute, lack);
    } catch (error) {
      const reason = `couldn't load execa: ${(error as Error).message}`;
      for (const child of this.#waiting.splice(0)) {
        if (isShortage(error)) child.fail(error as Error);
        else child.giveUp(reason);
      }
      this.#isBusy = false;
    }
  }
}

/**
 * Node 20 and 22 remember for ever that an import has failed, of execa or of any of its modules, but not
 * that `require()` has. And that reads one file at a time, where an import opens a hundred at once.
 * @throws what is lacking, where a later attempt may succeed
 */
export async function loadExeca(): Promise<Execa> {
  needDescriptors(1); // a package.json that cannot be opened is remembered as missing
  try {
    return (createRequire(import.meta.url)("execa") as typeof import("execa")).execa;
  } catch (error) {
    if (isShortage(error)) throw error;
    return (await import("execa")).execa; // in a bundle, or where require() takes no ES modules
  }
}

function executor(execa: Execa): Execute {
  return (launch, stdio) => {
    const { file, args, argv0, cwd, env, uid, gid } = launch;
    needPipes(stdio.filter((end) => end === "pipe").length);
    if (cwd === undefined) return executeInPlace(launch, stdio);
    let run: ReturnType<Execa>;
    let born: ChildProcess | undefined;
    const note = (message: unknown) => (born = (message as { process: ChildProcess }).process);
    births.subscribe(note);
    try {
      run = execa(file, args, {
        argv0,
        cwd,
        env,
        uid,
        gid,
        extendEnv: false,
        detached: !isWindows, // its own session and process group
        stdio,
        buffer: false,
        reject: false,
        cleanup: false,
        verbose: "none",
      } as object) as ReturnType<Execa>;
    } catch (error) {
      // execa has failed after the start, as it does with --frozen-intrinsics: what we need of it is done
      if (born?.pid !== undefined) return { process: born };
      // without file descriptors for the pipes execa drops the child, whose `error` would end the host
      let cause = error as Error;
      born?.on("error", (told) => (cause = told));
      return { failing: nextTurn().then(() => cause) };
    } finally {
      births.unsubscribe(note);
    }
    // execa 10, execa 9
    const process = ("nodeChildProcess" in run ? run.nodeChildProcess : run) as ChildProcess;
    if (process.pid !== undefined) return { process };
    // not the `error` event: execa keeps some failures to its promise
    return { failing: run.then((result) => result as unknown as Error, asError) };
  };
}

/** execa always enters a directory, and this one cannot be entered again. */
const executeInPlace: Execute = ({ file, args, argv0, env, uid, gid }, stdio) => {
  const isOther = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
  const options = { env, detached: true, stdio: [...stdio], ...isOther };
  try {
    const process = spawn(file, args, { ...options, ...(argv0 !== undefined && { argv0 }) });
    if (process.pid !== undefined) return { process };
    return { failing: once(process, "error").then(([error]) => error as Error) };
  } catch (error) {
    return { failing: Promise.resolve(error as Error) };
  }
};

/** execa may fail at telling what failed: in a directory that was removed, say. */
function asError(error: unknown): Error {
  return error as Error;
}
