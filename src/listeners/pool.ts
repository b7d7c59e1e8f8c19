import { isUtf8 } from "node:buffer";
import { envelope, undecodable, type Heading } from "./envelope.ts";
import { ListenerTalk, pauseAfter, type Said } from "./protocol.ts";
import type { StateName } from "../lifecycle/state.ts";
import type { ActivityLevel } from "../events/levels.ts";
import type { Clock } from "../ports/clock.ts";

/** An event for listeners: its heading, but for what each pool adds, and its payload. */
export interface Post extends Pick<Heading, "server" | "serial" | "eventname"> {
  readonly payload: Uint8Array;
}

/** A process that is an event listener. */
export interface Listener {
  readonly name: string;
  readonly group: string;
  readonly state: StateName;
  /** Writes to its standard input; `failed` is called if that cannot be. */
  hand(chunk: Uint8Array, failed: () => void): void;
}

/** An event as it is sent. */
interface Parcel {
  readonly serial: number;
  readonly bytes: Uint8Array;
  /** How many times it was rejected. */
  readonly rejections: number;
  /** When it may be sent: the instant at which its pause ends. */
  readonly due: number;
}

/** What a pool works with. */
export interface PoolIo {
  readonly clock: Clock;
  /** Its processes, in their order. */
  readonly members: () => readonly Listener[];
  /** How many events may wait. */
  readonly bufferSize: () => number;
  /** Whether every well-formed result accepts the event, and not `OK` alone. */
  readonly acceptsAll: () => boolean;
  readonly activity: (level: ActivityLevel, message: string) => void;
}

/** A listener from one start of its process to the next. */
interface Life {
  readonly talk: ListenerTalk;
  parcel?: Parcel | undefined;
  /** It does not read any more. */
  isDeaf?: true;
}

/** The events that wait for the listeners of one program, and who has which. */
export class Pool {
  readonly name: string;
  readonly #io: PoolIo;
  readonly #lives = new WeakMap<Listener, Life>();
  readonly #waiting: Parcel[] = [];
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

  /** Takes an event, once for each of its subscriptions, and hands it out if somebody is ready. */
  accept({ payload, ...heading }: Post, times: number): void {
    const poolserial = ++this.#serial;
    const bytes = envelope({ ...heading, pool: this.name, poolserial }, payload);
    const parcel = { serial: heading.serial, bytes, rejections: 0, due: -Infinity };
    for (let i = 0; i < times; i++) {
      if (i > 0) this.#rebuffered(parcel);
      this.#push(parcel);
    }
    this.#dispatch();
  }

  /** A process of the pool has entered a state. */
  changed(process: Listener): void {
    const { state } = process;
    const life = this.#lives.get(process);
    if (state === "RUNNING") this.#dispatch();
    else if (state !== "STOPPING" && state !== "UNKNOWN" && life) {
      this.#lives.delete(process);
      this.#giveBack(life);
    }
  }

  /** Takes what a listener has written; the chunk is only lent. */
  heard(process: Listener, chunk: Uint8Array): void {
    if (this.#isClosed) return;
    const life = this.#lifeOf(process);
    for (const said of life.talk.push(chunk)) this.#answer(process.name, life, said);
    this.#dispatch();
  }

  /** Forgets everything. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.length = 0;
    this.#io.clock.clearTimeout(this.#pause);
    this.#io.clock.clearTimeout(this.#retry);
  }

  #answer(name: string, life: Life, said: Said): void {
    const { activity } = this.#io;
    if (said.type === "ready") {
      activity("DEBG", `${name}: ACKNOWLEDGED -> READY`);
    } else if (said.type === "result") {
      const isOk = said.isOk || this.#io.acceptsAll();
      if (isOk) activity("DEBG", `${name}: event was processed`);
      else activity("WARN", `${name}: event was rejected`);
      activity("DEBG", `${name}: BUSY -> ACKNOWLEDGED`);
      if (isOk) life.parcel = undefined;
      else this.#reject(life);
    } else {
      if (said.line) activity("WARN", `${name}: bad result line: '${readable(said.line)}'`);
      activity("DEBG", `${name}: ${said.from} -> UNKNOWN`);
      activity(
        "WARN",
        `${name}: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol`,
      );
      this.#giveBack(life);
    }
  }

  /** Its event is the first again, once the pause of an event that was rejected so often is over. */
  #reject(life: Life): void {
    const { parcel } = life;
    if (!parcel) return;
    const rejections = parcel.rejections + 1;
    const due = this.#io.clock.now() + pauseAfter(rejections);
    life.parcel = { ...parcel, rejections, due };
    this.#giveBack(life);
    this.#retryLater();
  }

  /** Its event is the first again. */
  #giveBack(life: Life): void {
    const { parcel } = life;
    if (!parcel || this.#isClosed) return;
    life.parcel = undefined;
    this.#rebuffered(parcel);
    this.#push(parcel, "first");
    this.#rest();
  }

  #push(parcel: Parcel, place?: "first"): void {
    const size = this.#io.bufferSize();
    while (this.#waiting.length >= size) {
      const oldest = this.#waiting.shift();
      const message = `pool ${this.name} event buffer overflowed, discarding event ${oldest?.serial}`;
      this.#io.activity("ERRO", message);
    }
    if (place === "first") this.#waiting.unshift(parcel);
    else this.#waiting.push(parcel);
  }

  #rebuffered({ serial }: Parcel): void {
    const { length } = this.#waiting;
    const sizes = `(buf size=${length}, max=${this.#io.bufferSize()})`;
    this.#io.activity("DEBG", `rebuffering event ${serial} for pool ${this.name} ${sizes}`);
  }

  /**
   * What was given back goes out on a later turn of the loop: a listener that refuses everything, at
   * once, would otherwise leave the host no time for anything else.
   */
  #rest(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    const over = () => {
      this.#isPaused = false;
      this.#dispatch();
    };
    this.#pause = this.#io.clock.setTimeout(over, 0, true); // or an idle loop would not turn
  }

  /** Sends the events again whose pauses are over, each at its time. */
  #retryLater(): void {
    const { clock } = this.#io;
    clock.clearTimeout(this.#retry);
    this.#retry = undefined;
    const now = clock.now();
    const next = Math.min(...this.#waiting.map(({ due }) => due).filter((due) => due > now));
    if (next === Infinity) return;
    const over = () => {
      this.#dispatch();
      this.#retryLater();
    };
    this.#retry = clock.setTimeout(over, next - now, false);
  }

  #dispatch(): void {
    if (this.#isPaused || this.#isDispatching) return; // whoever hears of it may raise an event
    this.#isDispatching = true;
    try {
      for (let parcel; (parcel = this.#takeFirstDue());) {
        if (this.#send(parcel)) continue;
        const place = this.#firstDue();
        this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, parcel);
        return;
      }
    } finally {
      this.#isDispatching = false;
    }
  }

  /** Events in a pause hold up no others. */
  #firstDue(): number {
    const now = this.#io.clock.now();
    return this.#waiting.findIndex(({ due }) => due <= now);
  }

  #takeFirstDue(): Parcel | undefined {
    const place = this.#firstDue();
    return place < 0 ? undefined : this.#waiting.splice(place, 1)[0];
  }

  /** Hands it to the first who is ready. */
  #send(parcel: Parcel): boolean {
    const { activity, members } = this.#io;
    for (const process of members()) {
      const life = this.#lives.get(process);
      if (process.state !== "RUNNING" || life?.talk.state !== "READY" || life.isDeaf) continue;
      life.talk.give();
      life.parcel = parcel;
      let isNow = true;
      process.hand(parcel.bytes, () => {
        if (life.parcel !== parcel) return; // it has answered all the same, or it is gone
        life.talk.takeBack();
        life.isDeaf = true;
        activity(
          "DEBG",
          `epipe occurred while sending event ${parcel.serial} to listener ${process.name}, listener state unchanged`,
        );
        if (isNow) life.parcel = undefined;
        else this.#giveBack(life);
      });
      isNow = false;
      if (life.parcel !== parcel) continue;
      activity("DEBG", `event ${parcel.serial} sent to listener ${process.name}`);
      return true;
    }
    return false;
  }

  #lifeOf(process: Listener): Life {
    let life = this.#lives.get(process);
    if (!life) {
      life = { talk: new ListenerTalk() };
      this.#lives.set(process, life);
    }
    return life;
  }
}

function readable(line: Uint8Array): string {
  const text = Buffer.from(line);
  return isUtf8(text) ? text.toString() : undecodable(line);
}
