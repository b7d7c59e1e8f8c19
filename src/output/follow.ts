import { Lines } from "./lines.ts";

/** The output of a process as it is written: chunks of bytes, or, with `lines()`, lines of text. */
export interface Follow extends AsyncIterable<Buffer> {
  /**
   * Returns the output as lines of text, without line ends. A last line without a line end comes at
   * the end. A line above 1 MiB is split.
   */
  lines(): AsyncIterable<string>;
}

/**
 * Reads chunks in both ways. When the chunks have ended because of an abort of the signal, the
 * signal's reason is thrown.
 */
export function followOf(chunks: AsyncIterable<Buffer>, signal: AbortSignal | undefined): Follow {
  async function* bytes(): AsyncGenerator<Buffer> {
    yield* chunks;
    signal?.throwIfAborted();
  }
  async function* lines(): AsyncGenerator<string> {
    const splitter = new Lines();
    for await (const chunk of chunks) yield* splitter.push(chunk);
    yield* splitter.end();
    signal?.throwIfAborted();
  }
  return { [Symbol.asyncIterator]: bytes, lines };
}
