import { Lines } from "./lines.ts";

/** The output of a process as it is written: chunks of bytes, or, with `lines()`, lines of text. */
export interface Follow extends AsyncIterable<Buffer> {
  /**
   * Returns the output as lines of text, without line ends. A last line without a line end comes at
   * the end, and before the output of a process that takes the place of this one. A line above 1
   * MiB is split.
   */
  lines(): AsyncIterable<string>;
}

/**
 * Reads chunks in both ways, of one source after another. When the sources have ended because of an
 * abort of the signal, the signal's reason is thrown.
 */
export function followOf(
  sources: Iterable<AsyncIterable<Buffer>>,
  signal: AbortSignal | undefined,
): Follow {
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const chunks of sources) yield* chunks;
    signal?.throwIfAborted();
  }
  async function* lines(): AsyncGenerator<string> {
    for (const chunks of sources) {
      const splitter = new Lines();
      for await (const chunk of chunks) yield* splitter.push(chunk);
      yield* splitter.end();
    }
    signal?.throwIfAborted();
  }
  return { [Symbol.asyncIterator]: bytes, lines };
}
