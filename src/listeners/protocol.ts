/** The state of the session with an event listener, in supervisord's words. */
export type ListenerState = "ACKNOWLEDGED" | "READY" | "BUSY" | "UNKNOWN";

/** The meaning of a listener's output. */
export type Answer =
  /** The listener asks for an event: ACKNOWLEDGED -> READY. */
  | { readonly type: "ready" }
  /** The listener's result for the event that it has: BUSY -> ACKNOWLEDGED. */
  | { readonly type: "result"; readonly isOk: boolean }
  /**
   * The listener broke the protocol: -> UNKNOWN. `line` is the text where a result was expected.
   */
  | { readonly type: "broken"; readonly from: ListenerState; readonly line?: Uint8Array };

const READY = Buffer.from("READY\n");
const OK = Buffer.from("OK");
const LF = 10;
/** The length of `RESULT `, which supervisord does not compare. */
const WORD_LENGTH = 7;
/** A longer line is not a result line. */
const LINE_LIMIT = 1024;
/** A longer result is not accepted: its sender would be BUSY for too long. */
const RESULT_LIMIT = 1 << 20;
const NOTHING: Uint8Array = new Uint8Array();
/** The pause before the second retry of an event. Each further pause is twice as long. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** Returns how long an event that was rejected this many times waits before it is sent again. */
export function pauseAfter(rejections: number): number {
  if (rejections < 2) return 0; // the first retry is at once, as in supervisord
  return Math.min(FIRST_PAUSE_MS * 2 ** (rejections - 2), LONGEST_PAUSE_MS);
}

/**
 * The protocol of supervisord's event listeners, on the side of the supervisor: `READY\n` asks for
 * an event, and `RESULT 2\nOK` answers it. Chunks may be cut anywhere; of a result, only as many
 * bytes are kept as are needed to see whether it is `OK`. One object serves for one run of the
 * process.
 */
export class ListenerProtocol {
  #state: ListenerState = "ACKNOWLEDGED";
  #held = NOTHING; // the beginning of a line, or of a result
  #missing: number | undefined; // bytes of the result that have not been received yet
  #isOk = true;

  get state(): ListenerState {
    return this.#state;
  }

  /** Marks that an event was sent to the listener. */
  give(): void {
    this.#expect("READY");
    this.#state = "BUSY";
  }

  /** Marks that the event did not arrive: the state is as if no event had been sent. */
  takeBack(): void {
    this.#expect("BUSY");
    this.#state = "READY";
    this.#forget();
  }

  /** Takes the output of the listener. The caller may reuse the chunk afterwards. */
  push(chunk: Uint8Array): Answer[] {
    const answers: Answer[] = [];
    let rest = chunk;
    while (rest.length > 0 && this.#state !== "UNKNOWN") rest = this.#take(rest, answers);
    return answers;
  }

  /** Takes a part of the bytes, at least one byte, and returns the other bytes. */
  #take(data: Uint8Array, answers: Answer[]): Uint8Array {
    if (this.#state === "READY") return this.#fail(answers); // no event was sent to it
    if (this.#state === "ACKNOWLEDGED") return this.#takeReady(data, answers);
    return this.#missing === undefined
      ? this.#takeLine(data, answers)
      : this.#takeResult(data, answers);
  }

  #takeReady(data: Uint8Array, answers: Answer[]): Uint8Array {
    const lacking = READY.length - this.#held.length;
    this.#hold(data.subarray(0, lacking));
    if (this.#held.length < READY.length) return NOTHING;
    if (!READY.equals(this.#held)) return this.#fail(answers);
    this.#forget();
    this.#state = "READY";
    answers.push({ type: "ready" });
    return data.subarray(lacking);
  }

  #takeLine(data: Uint8Array, answers: Answer[]): Uint8Array {
    const end = data.indexOf(LF);
    this.#hold(end < 0 ? data.subarray(0, LINE_LIMIT + 1) : data.subarray(0, end));
    if (this.#held.length > LINE_LIMIT) {
      return this.#fail(answers, this.#held.subarray(0, LINE_LIMIT));
    }
    if (end < 0) return NOTHING;
    const line = this.#held;
    const length = lengthIn(line.subarray(WORD_LENGTH));
    if (length === undefined) return this.#fail(answers, line);
    this.#held = NOTHING;
    this.#missing = length;
    this.#isOk = length === OK.length;
    if (length === 0) this.#finish(answers);
    return data.subarray(end + 1);
  }

  #takeResult(data: Uint8Array, answers: Answer[]): Uint8Array {
    const missing = this.#missing ?? 0;
    const part = data.subarray(0, missing);
    if (this.#isOk) {
      this.#hold(part);
      this.#isOk = OK.subarray(0, this.#held.length).equals(this.#held);
    }
    this.#missing = missing - part.length;
    if (this.#missing === 0) this.#finish(answers);
    return data.subarray(part.length);
  }

  #finish(answers: Answer[]): void {
    answers.push({ type: "result", isOk: this.#isOk });
    this.#state = "ACKNOWLEDGED";
    this.#forget();
  }

  #fail(answers: Answer[], line?: Uint8Array): Uint8Array {
    answers.push({ type: "broken", from: this.#state, ...(line && { line }) });
    this.#state = "UNKNOWN";
    this.#forget();
    return NOTHING;
  }

  #hold(part: Uint8Array): void {
    this.#held = Buffer.concat([this.#held, part]);
  }

  #forget(): void {
    this.#held = NOTHING;
    this.#missing = undefined;
  }

  #expect(state: ListenerState): void {
    if (this.#state !== state)
      throw new Error(
        `The listener is ${this.#state}, not ${state}. This is a bug in libsupervisor`,
      );
  }
}

/** Parses the number in the rest of a result line, by Python's rules for whole numbers. */
function lengthIn(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes).toString("latin1").trim();
  if (!/^\+?\d+(?:_\d+)*$/.test(text)) return undefined;
  const length = Number(text.replaceAll("_", ""));
  return length <= RESULT_LIMIT ? length : undefined;
}
