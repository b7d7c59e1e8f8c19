import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Lines } from "../../src/core/lines.ts";
import { chunked, wordy } from "../support/chunks.ts";

function split(chunks: readonly Uint8Array[]): string[] {
  const lines = new Lines();
  return [...chunks.flatMap((chunk) => lines.push(chunk)), ...lines.end()];
}

describe("Lines", () => {
  it("ends a line at \\n and at \\r\\n, and nowhere else", () => {
    assert.deepEqual(split([Buffer.from("a\nb\r\n\nc\rd\u2028e\n")]), [
      "a",
      "b",
      "",
      "c\rd\u2028e",
    ]);
  });

  it("gives the last line without an end, once", () => {
    const lines = new Lines();
    assert.deepEqual(lines.push(Buffer.from("a\nb")), ["a"]);
    assert.deepEqual(lines.end(), ["b"]);
    assert.deepEqual(lines.end(), []);
    assert.deepEqual(lines.push(Buffer.from("c\n")), ["c"]);
  });

  it("puts characters together that were cut, and shows what is none", () => {
    const [a, b] = [Buffer.from("é€😀\n").subarray(0, 3), Buffer.from("é€😀\n").subarray(3)];
    assert.deepEqual(split([a, b]), ["é€😀"]);
    assert.deepEqual(split([Buffer.of(0x61, 0xff, 0x62, 0x0a, 0xc3)]), ["a\uFFFDb", "\uFFFD"]);
  });

  it("gives the same lines, however the stream is cut", () => {
    const bytes = wordy(["line", "\n", "\r\n", "\r", "é", "€", "😀", "\0"]);
    fc.assert(
      fc.property(chunked(bytes), ({ whole, chunks }) => {
        const text = new TextDecoder().decode(whole);
        const expected = text
          .split("\n")
          .map((line, i, all) => (i < all.length - 1 ? line.replace(/\r$/, "") : line));
        if (expected.at(-1) === "") expected.pop();
        assert.deepEqual(split(chunks), expected);
      }),
      { numRuns: 1000 },
    );
  });
});
