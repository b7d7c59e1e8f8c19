import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { splitWords } from "../../src/spawn/split-command.ts";
import { askPython, noPython } from "../support/python.ts";

const cases: readonly [text: string, words: readonly string[]][] = [
  ["", []],
  [" \t\r\n ", []],
  ["a", ["a"]],
  ["a b  c", ["a", "b", "c"]],
  [" a\tb\r\nc ", ["a", "b", "c"]],
  [`'a b' c`, ["a b", "c"]],
  [`"a b" c`, ["a b", "c"]],
  [`a"b c"d`, ["ab cd"]],
  [`a'b'"c"`, ["abc"]],
  [`''`, [""]],
  [`a "" b`, ["a", "", "b"]],
  [`""''`, [""]],
  [String.raw`a\ b`, ["a b"]],
  [String.raw`\a\"\'\\`, [`a"'\\`]],
  [String.raw`"\"" "\\" "\n" "\$"`, [`"`, "\\", "\\n", "\\$"]],
  [String.raw`'\' '\n'`, ["\\", "\\n"]],
  [`'"' "'"`, [`"`, "'"]],
  ["a # b", ["a", "#", "b"]],
  ["a;b | c && $D *.x ~", ["a;b", "|", "c", "&&", "$D", "*.x", "~"]],
  ["a\\\nb", ["a\nb"]],
  ["a\u00a0b\vc\f", ["a\u00a0b\vc\f"]],
  ["echo 😀 'ü'", ["echo", "😀", "ü"]],
];

describe("splitWords", () => {
  for (const [text, words] of cases) {
    it(`splits ${JSON.stringify(text)}`, () => {
      assert.deepEqual(splitWords(text), { words });
    });
  }

  for (const text of [`'`, `"`, `a "b`, `a 'b"`, `"a\\"`]) {
    it(`finds no end of the quotation in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(splitWords(text), { problem: "No closing quotation" });
    });
  }

  for (const text of ["\\", "a \\", `"\\`]) {
    it(`finds nothing after the backslash in ${JSON.stringify(text)}`, () => {
      assert.deepEqual(splitWords(text), { problem: "No escaped character" });
    });
  }

  it("splits as Python's shlex.split", { skip: noPython }, () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "b", " ", "\t", "\n", "\r", "'", '"', "\\", "#", "$", "é", "\v"),
      maxLength: 14,
    });
    fc.assert(
      fc.property(fc.array(text, { minLength: 300, maxLength: 300 }), (texts) => {
        const theirs = askPython(SPLIT, texts);
        assert.deepEqual(texts.map(splitWords), theirs);
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});

const SPLIT = `
import shlex
def answer(text):
    try:
        return {"words": shlex.split(text)}
    except ValueError as e:
        return {"problem": str(e)}
`;
