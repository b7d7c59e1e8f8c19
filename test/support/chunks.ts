import * as fc from "fast-check";

/** Bytes, and the same cut into chunks somehow, empty ones included. */
export function chunked(
  bytes: fc.Arbitrary<Uint8Array>,
): fc.Arbitrary<{ readonly whole: Uint8Array; readonly chunks: readonly Uint8Array[] }> {
  return fc.tuple(bytes, fc.array(fc.nat(), { maxLength: 12 })).map(([whole, places]) => {
    const cuts = places.map((place) => place % (whole.length + 1)).toSorted((a, b) => a - b);
    const ends = [...cuts, whole.length];
    return { whole, chunks: ends.map((end, i) => whole.subarray(i > 0 ? ends[i - 1] : 0, end)) };
  });
}

/** Bytes made of the given words and of others: what matters comes up often, whole and in part. */
export function wordy(words: readonly string[]): fc.Arbitrary<Uint8Array> {
  const word = fc.constantFrom(...words).map((text) => Buffer.from(text));
  const part = fc
    .tuple(word, fc.nat(30), fc.nat(30))
    .map(([bytes, from, to]) => bytes.subarray(from, Math.max(from, to)));
  const other = fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes));
  return fc
    .array(fc.oneof({ weight: 3, arbitrary: word }, part, other), { maxLength: 14 })
    .map((pieces) => new Uint8Array(Buffer.concat(pieces)));
}

/** Bytes as a string, one character each: a message shows what differs. */
export function shown(...chunks: readonly Uint8Array[]): string {
  return Buffer.concat(chunks).toString("latin1");
}
