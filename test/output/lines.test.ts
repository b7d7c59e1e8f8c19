import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Lines } from "../../src/output/lines.ts";
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

  it("cuts a line at its bound, between characters, and goes on with the next one", () => {
    const words = fc
      .array(fc.constantFrom("x", "yy", "\n", "é", "€", "😀"), { maxLength: 60 })
      .map((all) => new Uint8Array(Buffer.from(all.join(""))));
    fc.assert(
      fc.property(chunked(words), fc.integer({ min: 4, max: 20 }), ({ whole, chunks }, limit) => {
        const lines = new Lines(limit);
        const all = [...chunks.flatMap((chunk) => lines.push(chunk)), ...lines.end()];
        const text = new TextDecoder().decode(whole);
        assert.equal(all.join(""), text.replaceAll("\n", ""), "no character is lost, or cut");
        for (const line of all) assert.ok(Buffer.byteLength(line) <= limit + 3, line);
        const natural = text.split("\n").filter((line) => Buffer.byteLength(line) <= limit);
        for (const line of natural) assert.ok(line === "" || all.includes(line), "left whole");
      }),
      { numRuns: 1000 },
    );
  });

  it("bounds a line at 1 MiB, in whatever chunks it comes", () => {
    const size = 1 << 20;
    for (const chunk of [1000, 65_536, 5 * size]) {
      const lines = new Lines();
      const lengths: number[] = [];
      for (let left = 2.5 * size; left > 0; left -= chunk) {
        for (const { length } of lines.push(Buffer.alloc(Math.min(left, chunk), "x")))
          lengths.push(length);
      }
      for (const { length } of lines.push(Buffer.from("\nnext\n"))) lengths.push(length);
      assert.deepEqual(lengths, [size, size, size / 2, 4]);
    }
  });

  it("takes a chunk of a million empty lines", () => {
    assert.equal(new Lines().push(Buffer.alloc(1_000_000, "\n")).length, 1_000_000);
    assert.equal(new Lines().push(Buffer.alloc(2_500_000, "\n")).length, 2_500_000);
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
