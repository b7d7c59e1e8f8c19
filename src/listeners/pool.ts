import { isUtf8 } from "node:buffer";
import { envelope, undecodable, type Heading } from "./envelope.ts";
import { MessageQueue, type Message } from "./message-queue.ts";
import { ListenerProtocol, pauseAfter, type Answer } from "./protocol.ts";
import type { StateName } from "../lifecycle/state.ts";
import type { ActivityLevel } from "../events/levels.ts";
import type { Clock } from "../ports/clock.ts";

/** An event for all pools: its payload, and the header without the fields that each pool adds. */
export interface Envelope extends Pick<Heading, "server" | "serial" | "eventname"> {
  readonly payload: Uint8Array;
}

/** A process that is an event listener. */
export interface Listener {
  readonly name: string;
  readonly group: string;
  readonly state: StateName;
  /** Writes to the standard input of the process. Calls `failed` if that is not possible. */
  hand(chunk: Uint8Array, failed: () => void): void;
}

/** The functions that a pool uses. */
export interface PoolIo {
  readonly clock: Clock;
  /** The processes of the pool, in their order. */
  readonly members: () => readonly Listener[];
  /** How many events may wait. */
  readonly bufferSize: () => number;
  /** Whether every well-formed result accepts the event, and not `OK` alone. */
  readonly acceptsAll: () => boolean;
  readonly activity: (level: ActivityLevel, message: string) => void;
}

/** The session of a listener, from one start of its process to the next. */
interface Session {
  readonly protocol: ListenerProtocol;
  message?: Message | undefined;
  /** Whether writing to the standard input of the listener has failed. */
  isNotReading?: true;
}

/** The events that wait for the listeners of one program, and the event that each listener has. */
export class Pool {
  readonly name: string;
  readonly #io: PoolIo;
  readonly #sessions = new WeakMap<Listener, Session>();
  readonly #queue = new MessageQueue();
  #serial = -1;
  #pause: unknown;
  #retry: unknown;
  #isPaused = false;
  #isDispatching = false;
  #isClosed = false;

  constructor(name: string, io: PoolIo) {
    this.name = name;
    this.#io = io;
  }

  /** Takes an event, once for each matching subscription; sends it if a listener is ready. */
  accept({ payload, ...heading }: Envelope, times: number): void {
    const poolserial = ++this.#serial;
    const bytes = envelope({ ...heading, pool: this.name, poolserial }, payload);
    const message = { serial: heading.serial, bytes, rejections: 0, due: -Infinity };
    for (let i = 0; i < times; i++) {
      if (i > 0) this.#rebuffered(message);
      this.#push(message, "last");
    }
    this.#dispatch();
  }

  /** A process of the pool has entered a state. */
  changed(process: Listener): void {
    const { state } = process;
    const session = this.#sessions.get(process);
    if (state === "RUNNING") this.#dispatch();
    else if (state !== "STOPPING" && state !== "UNKNOWN" && session) {
      this.#sessions.delete(process);
      this.#giveBack(session);
    }
  }

  /** Takes the output of a listener. The caller may reuse the chunk afterwards. */
  heard(process: Listener, chunk: Uint8Array): void {
    if (this.#isClosed) return;
    const session = this.#sessionOf(process);
    for (const answer of session.protocol.push(chunk))
      this.#answered(process.name, session, answer);
    this.#dispatch();
  }

  /** Drops all events. */
  close(): void {
    this.#isClosed = true;
    this.#queue.clear();
    this.#io.clock.clearTimeout(this.#pause);
    this.#io.clock.clearTimeout(this.#retry);
  }

  #answered(name: string, session: Session, answer: Answer): void {
    const { activity } = this.#io;
    if (answer.type === "ready") {
      activity("DEBG", `${name}: ACKNOWLEDGED -> READY`);
    } else if (answer.type === "result") {
      const isOk = answer.isOk || this.#io.acceptsAll();
      if (isOk) activity("DEBG", `${name}: event was processed`);
      else activity("WARN", `${name}: event was rejected`);
      activity("DEBG", `${name}: BUSY -> ACKNOWLEDGED`);
      if (isOk) session.message = undefined;
      else this.#reject(session);
    } else {
      if (answer.line) activity("WARN", `${name}: bad result line: '${readable(answer.line)}'`);
      activity("DEBG", `${name}: ${answer.from} -> UNKNOWN`);
      activity(
        "WARN",
        `${name}: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol`,
      );
      this.#giveBack(session);
    }
  }

  /** Puts the event of a listener first again, after the pause for that many rejections. */
  #reject(session: Session): void {
    const { message } = session;
    if (!message) return;
    const rejections = message.rejections + 1;
    const due = this.#io.clock.now() + pauseAfter(rejections);
    session.message = { ...message, rejections, due };
    this.#giveBack(session);
    this.#retryLater();
  }

  /** Puts the event of a listener first again. */
  #giveBack(session: Session): void {
    const { message } = session;
    if (!message || this.#isClosed) return;
    session.message = undefined;
    this.#rebuffered(message);
    this.#push(message, "first");
    this.#rest();
  }

  #push(message: Message, place: "first" | "last"): void {
    const size = this.#io.bufferSize();
    for (let oldest; (oldest = this.#queue.dropOldest(size));) {
      const text = `pool ${this.name} event buffer overflowed, discarding event ${oldest.serial}`;
      this.#io.activity("ERRO", text);
    }
    this.#queue.push(message, place);
  }

  #rebuffered({ serial }: Message): void {
    const { length } = this.#queue;
    const sizes = `(buf size=${length}, max=${this.#io.bufferSize()})`;
    this.#io.activity("DEBG", `rebuffering event ${serial} for pool ${this.name} ${sizes}`);
  }

  /**
   * Sends events that were given back on a later turn of the event loop: a listener that rejects
   * each event at once would otherwise block the event loop.
   */
  #rest(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    const over = () => {
      this.#isPaused = false;
      this.#dispatch();
    };
    this.#pause = this.#io.clock.setTimeout(over, 0, true); // an idle event loop turns only for a timer that has a reference
  }

  /** Sends each event again when its pause ends. */
  #retryLater(): void {
    const { clock } = this.#io;
    clock.clearTimeout(this.#retry);
    this.#retry = undefined;
    const now = clock.now();
    const next = this.#queue.nextDue(now);
    if (next === Infinity) return;
    const over = () => {
      this.#dispatch();
      this.#retryLater();
    };
    this.#retry = clock.setTimeout(over, next - now, false);
  }

  #dispatch(): void {
    if (this.#isPaused || this.#isDispatching) return; // a handler of an activity line may raise an event
    this.#isDispatching = true;
    try {
      for (let message; (message = this.#queue.takeDue(this.#io.clock.now()));) {
        if (this.#send(message)) continue;
        this.#queue.putBack(message, this.#io.clock.now());
        return;
      }
    } finally {
      this.#isDispatching = false;
    }
  }

  /** Sends a message to the first listener that is ready. */
  #send(message: Message): boolean {
    const { activity, members } = this.#io;
    for (const process of members()) {
      const session = this.#sessions.get(process);
      if (
        process.state !== "RUNNING" ||
        session?.protocol.state !== "READY" ||
        session.isNotReading
      )
        continue;
      session.protocol.give();
      session.message = message;
      let isNow = true;
      process.hand(message.bytes, () => {
        if (session.message !== message) return; // the listener has answered nevertheless, or has exited
        session.protocol.takeBack();
        session.isNotReading = true;
        activity(
          "DEBG",
          `epipe occurred while sending event ${message.serial} to listener ${process.name}, listener state unchanged`,
        );
        if (isNow) session.message = undefined;
        else this.#giveBack(session);
      });
      isNow = false;
      if (session.message !== message) continue;
      activity("DEBG", `event ${message.serial} sent to listener ${process.name}`);
      return true;
    }
    return false;
  }

  #sessionOf(process: Listener): Session {
    let session = this.#sessions.get(process);
    if (!session) {
      session = { protocol: new ListenerProtocol() };
      this.#sessions.set(process, session);
    }
    return session;
  }
}

function readable(line: Uint8Array): string {
  const text = Buffer.from(line);
  return isUtf8(text) ? text.toString() : undecodable(line);
}
