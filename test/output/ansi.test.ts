import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { AnsiStripper } from "../../src/output/ansi.ts";
import { chunked, shown, wordy } from "../support/chunks.ts";

function stripped(chunks: readonly Uint8Array[]): string {
  const stripper = new AnsiStripper();
  return shown(...chunks.map((chunk) => stripper.push(chunk).slice()), stripper.end());
}

/** supervisord's `stripEscapes`, over everything at once. */
function reference(text: string): string {
  let result = "";
  for (let at = 0; ;) {
    const begin = text.indexOf("\u001B[", at);
    if (begin < 0) return result + text.slice(at);
    result += text.slice(at, begin);
    const end = text.slice(begin + 2).search(/[HfABCDRsuJKhlpm]/);
    if (end < 0) return result;
    at = begin + 2 + end + 1;
  }
}

describe("AnsiStripper", () => {
  const cases: readonly [title: string, input: string, output: string][] = [
    ["colours", "\u001B[31mred\u001B[0m plain\u001B[1;32;40mx\u001B[m", "red plainx"],
    [
      "cursor movements and erasing",
      "\u001B[2J\u001B[10;5Ha\u001B[Kb\u001B[3Ac\u001B[s\u001B[u",
      "abc",
    ],
    ["modes", "\u001B[?25lhidden\u001B[?25h", "hidden"],
    ["all up to the next letter it knows", "\u001B[2Xab\u001B[0mc", "c"],
    ["no OSC sequence", "\u001B]0;title\u0007text", "\u001B]0;title\u0007text"],
    ["no lone ESC", "a\u001Bb\u001B\u001B[1mc\u001B", "a\u001Bb\u001Bc\u001B"],
    ["an unfinished sequence at the end", "a\u001B[31", "a"],
  ];
  for (const [title, input, output] of cases) {
    it(`drops ${title}`, () => {
      assert.equal(reference(input), output, "the reference");
      assert.equal(stripped([Buffer.from(input, "latin1")]), output);
    });
  }

  it("gives what supervisord gives, however the stream is cut", () => {
    const bytes = wordy([
      "\u001B",
      "[",
      "\u001B[31m",
      "\u001B[0",
      "m",
      "H",
      "text",
      "\u001B]",
      "é",
    ]);
    fc.assert(
      fc.property(chunked(bytes), ({ whole, chunks }) => {
        assert.equal(stripped(chunks), reference(shown(whole)));
      }),
      { numRuns: 1000 },
    );
  });

  it("begins anew after the end", () => {
    const stripper = new AnsiStripper();
    stripper.push(Buffer.from("a\u001B[3"));
    stripper.end();
    assert.equal(shown(stripper.push(Buffer.from("7mb"))), "7mb");
    stripper.push(Buffer.from("\u001B"));
    assert.equal(shown(stripper.end()), "\u001B");
    assert.equal(shown(stripper.push(Buffer.from("[3"))), "[3");
  });

  it("gives a chunk without ESC back as it is: nothing is copied", () => {
    const chunk = Buffer.from("plain");
    assert.equal(new AnsiStripper().push(chunk), chunk);
  });
});
