import { Lines } from "./lines.ts";

/** What a process writes, as it comes: chunks of bytes, or, by `lines()`, lines of text. */
export interface Follow extends AsyncIterable<Buffer> {
  /**
   * The same as text, cut at line ends, which are left out; a last line without one comes at the end.
   * A line above 1 MiB goes on as the next line.
   */
  lines(): AsyncIterable<string>;
}

/** Reads chunks in both ways. Once they have ended, an abort of the signal is thrown, by its reason. */
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
