import type { WaitOptions } from "../lifecycle/wait.ts";
import type { OutputStream } from "../ports/streams.ts";
import { FollowBuffer, type ChunkSink } from "./follow-buffer.ts";
import { Lines } from "./lines.ts";

/** A line that a process wrote. */
export interface OutputLine {
  /** The full name of the process: `group:name`, or `name` alone where both are the same. */
  readonly namespec: string;
  /** The name of the process. */
  readonly processname: string;
  /** The name of its group. */
  readonly groupname: string;
  /** The stream that the process wrote to: `stdout` for both if the errors are redirected. */
  readonly stream: OutputStream;
  /** The text, without the line end. */
  readonly line: string;
  /** The time when the line, or its last part, was read, in milliseconds since 1970. */
  readonly at: number;
  /** Set for a line that has no end yet: its text so far. Only with the option `partial`. */
  readonly partial?: true;
}

/** The options of `lines()`. */
export interface LinesOptions extends WaitOptions {
  /**
   * Whether to yield a line also before its end is there: a prompt, for example. Its whole text so
   * far is yielded, with `partial`, after each read that ends inside the line; the complete line
   * follows when it has ended. A reader that is slow gets only the latest of these.
   */
  readonly partial?: boolean | undefined;
}

/** The process that writes the lines. */
export interface LineSource {
  readonly namespec: string;
  readonly name: string;
  readonly group: string;
  /** Returns the time, in milliseconds since 1970. */
  readonly date: () => number;
}

/** Reads the lines of several streams into one buffer, in the order of reading. */
export class LineReader {
  readonly buffer = new FollowBuffer<OutputLine>(({ line }) => line.length + OVERHEAD);
  readonly #partial: boolean;

  constructor({ partial = false }: LinesOptions) {
    this.#partial = partial;
  }

  /** Returns a sink for one stream of a process. */
  sink({ namespec, name, group, date }: LineSource, stream: OutputStream): ChunkSink {
    const lines = new Lines();
    const names = { namespec, processname: name, groupname: group, stream };
    let partial: OutputLine | undefined; // the last one, which the next one replaces
    const add = (line: string, mark: { readonly partial?: true } = {}) => {
      const former = partial;
      const item = { ...names, line, at: date(), ...mark };
      partial = mark.partial && item;
      this.buffer.push(item, former);
    };
    const finish = () => {
      for (const line of lines.end()) add(line);
    };
    return {
      push: (chunk) => {
        for (const line of lines.push(chunk)) add(line);
        if (this.#partial && lines.rest !== "") add(lines.rest, { partial: true });
      },
      flush: finish,
      end: finish,
      room: () => this.buffer.room(),
    };
  }
}

/** What an item takes besides its text, roughly: empty lines count, too. */
const OVERHEAD = 100;
