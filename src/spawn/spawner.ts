import { WakeUps } from "./pace.ts";
import { SystemChild } from "./child.ts";
import { executor, loadExeca, type Execute } from "./execute.ts";
import type { HostExit } from "../cleanup/host-exit.ts";
import { Fifos } from "./fifos.ts";
import { Pipes } from "./pipes.ts";
import type { Child, ChildEvents, Spawner } from "../ports/child.ts";
import type { Outputs } from "../ports/streams.ts";
import type { Command } from "../ports/command.ts";
import type { Clock } from "../ports/clock.ts";
import { isShortage } from "../system/shortage.ts";
import { Sockets } from "../sockets/sockets.ts";

/** The reads of the host, shared by all supervisors in it. */
const wakeUps = new WakeUps();

/** The parts that a spawner uses. */
export interface SpawnerIo {
  readonly clock: Clock;
  readonly hostExit: HostExit;
  /** Called once with the reason why processes get Node's pipes for now. */
  readonly unpiped: (reason: string) => void;
  /** Called when the channel of a process was closed, because it sent something that is no message. */
  readonly garbled: (name: string, problem: string) => void;
}

/**
 * Starts real processes. A start holds the event loop for a millisecond or two (fork, and the wait
 * until the child has exec'd), so there is one start in each turn of the loop, however many are
 * requested.
 */
export class SystemSpawner implements Spawner {
  readonly #clock: Clock;
  readonly #waiting: SystemChild[] = [];
  readonly #pipes = new Map<Outputs, Pipes>();
  readonly #fifos = new Fifos();
  readonly #buffer = new Uint8Array(65_536); // shared: a read is over when the next read begins
  readonly #hostExit: HostExit;
  readonly #sockets: Sockets;
  #execute: Execute | undefined;
  readonly #unpiped: (reason: string) => void;
  readonly #garbled: SpawnerIo["garbled"];
  #isUnpiped = false;
  #isBusy = false;

  constructor({ clock, hostExit, unpiped, garbled }: SpawnerIo) {
    this.#clock = clock;
    this.#hostExit = hostExit;
    this.#unpiped = unpiped;
    this.#garbled = garbled;
    this.#sockets = new Sockets(hostExit);
  }

  spawn(command: Command, events: ChildEvents, outputs: Outputs): Child {
    const { socket } = command;
    const child = new SystemChild({
      command,
      events,
      pipes: this.#pipesOf(outputs),
      stdin: () => {
        if (socket) return this.#sockets.descriptor(socket);
        return (command.fifo && this.#fifos.take()) || "pipe";
      },
      garbled: (problem) => this.#garbled(command.name, problem),
      hostExit: this.#hostExit,
      clock: this.#clock,
    });
    const enqueue = () => {
      this.#waiting.push(child);
      this.#next();
    };
    // other children overtake a child that waits for a socket
    if (socket)
      this.#sockets.open(socket, outputs).then(enqueue, ({ message }) => child.giveUp(message));
    else enqueue();
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
    this.#hostExit.close();
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

  /** Makes FIFOs for the children that wait; settles with the reason if that failed. */
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
    while (this.#waiting[0]?.isCancelled) this.#waiting.shift(); // each cancelled start would take a turn
    const [child] = this.#waiting;
    if (!child) return this.#fifos.close(); // FIFOs of children that did not start after all
    this.#isBusy = true;
    const lacks = this.#fifos.canMake && this.#fifos.ready < child.needed;
    if (this.#execute && !lacks) this.#start(this.#execute);
    else void this.#prepare();
  }

  /** Starts the next child. `lack` is the reason why there are no FIFOs, if there should be. */
  #start(execute: Execute, lack?: Error): void {
    const next = () => {
      this.#isBusy = false;
      this.#next();
    };
    this.#clock.setTimeout(next, 0, true);
    const child = this.#waiting.shift();
    // one more descriptor would be lacking for the host itself
    const isRefused = lack && isShortage(lack) && child && child.needed > this.#fifos.ready;
    if (isRefused) child.fail(lack);
    else child?.start(execute);
  }

  /** execa is loaded with the first child, and not with the package: it is the slowest import. */
  async #prepare(): Promise<void> {
    try {
      const making = this.#makeFifos();
      this.#execute ??= executor(await loadExeca());
      const lack = await making;
      if (this.#pipes.size === 0) this.#fifos.close(); // all pipes were released meanwhile
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
