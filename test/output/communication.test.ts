import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Communication, type Piece } from "../../src/output/communication.ts";
import { chunked, shown, wordy } from "../support/chunks.ts";

const BEGIN = "<!--XSUPERVISOR:BEGIN-->";
const END = "<!--XSUPERVISOR:END-->";

interface Result {
  readonly plain: string;
  readonly captured: readonly string[];
}

function run(maxbytes: number, chunks: readonly Uint8Array[]): Result {
  const communication = new Communication(maxbytes);
  const pieces: Piece[] = [];
  for (const chunk of chunks) {
    const lent = new Uint8Array(chunk); // used again by whoever has read it
    const found = communication.push(lent);
    pieces.push(...found.map(({ type, data }) => ({ type, data: data.slice() })));
    lent.fill(0x21);
  }
  pieces.push(...communication.end());
  const of = (wanted: Piece["type"]) =>
    pieces.filter(({ type }) => type === wanted).map(({ data }) => data);
  return { plain: shown(...of("plain")), captured: of("captured").map((data) => shown(data)) };
}

/** The same over everything at once. */
function reference(maxbytes: number, text: string): Result {
  const captured: string[] = [];
  let plain = "";
  let rest = text;
  for (;;) {
    const begin = rest.indexOf(BEGIN);
    if (begin < 0) return { plain: plain + rest, captured };
    plain += rest.slice(0, begin);
    rest = rest.slice(begin + BEGIN.length);
    const end = rest.indexOf(END);
    const inner = end < 0 ? rest : rest.slice(0, end);
    if (end < 0) {
      // the last bytes of the text, and what could have become the end
      const held = Array.from({ length: END.length }, (_, n) => END.slice(0, n)).findLast((start) =>
        inner.endsWith(start),
      ) as string;
      const kept = inner.slice(0, inner.length - held.length).slice(-maxbytes);
      return { plain: plain + BEGIN + kept + held, captured };
    }
    captured.push(inner.slice(-maxbytes));
    rest = rest.slice(end + END.length);
  }
}

const run1 = (text: string, maxbytes = 100) => run(maxbytes, [Buffer.from(text, "latin1")]);

describe("Communication", () => {
  it("takes what stands between the tokens out of the output", () => {
    assert.deepEqual(run1(`a${BEGIN}one${END}b${BEGIN}${END}c`), {
      plain: "abc",
      captured: ["one", ""],
    });
  });

  it("does not nest: a second beginning is text", () => {
    assert.deepEqual(run1(`${BEGIN}a${BEGIN}b${END}c${END}`), {
      plain: `c${END}`,
      captured: [`a${BEGIN}b`],
    });
  });

  it("keeps the last bytes of a text that is too long", () => {
    assert.deepEqual(run1(`${BEGIN}0123456789${END}x`, 4).captured, ["6789"]);
  });

  it("gives short output at once, unless it could be the beginning of a token", () => {
    const communication = new Communication(100);
    const push = (text: string) =>
      communication.push(Buffer.from(text)).map(({ data }) => shown(data));
    assert.deepEqual(push("hi\n"), ["hi\n"]);
    assert.deepEqual(push("a<!--X"), ["a"]);
    assert.deepEqual(push("ML-->"), ["<!--XML-->"]);
  });

  it("loses nothing when the stream ends within a token or a text", () => {
    assert.deepEqual(run1("a<!--XSUPER"), { plain: "a<!--XSUPER", captured: [] });
    assert.deepEqual(run1(`a${BEGIN}half<!--`), { plain: `a${BEGIN}half<!--`, captured: [] });
  });

  it("begins anew after the end", () => {
    const communication = new Communication(100);
    communication.push(Buffer.from(BEGIN));
    communication.end();
    assert.deepEqual(communication.end(), []);
    assert.equal(
      shown(...communication.push(Buffer.from(`x${END}`)).map(({ data }) => data)),
      `x${END}`,
    );
  });

  it("gives the same texts and the same output, however the stream is cut", () => {
    const bytes = wordy([BEGIN, END, "<", "<!--XSUPERVISOR:", "BEGIN-->", "END-->", "text", "\0"]);
    fc.assert(
      fc.property(
        chunked(bytes),
        fc.integer({ min: 1, max: 40 }),
        ({ whole, chunks }, maxbytes) => {
          assert.deepEqual(run(maxbytes, chunks), reference(maxbytes, shown(whole)));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("stands 200 KB between the tokens, a byte at a time", () => {
    const communication = new Communication(10);
    const pieces: Piece[] = [...communication.push(Buffer.from(BEGIN))];
    for (let i = 0; i < 200_000; i++) pieces.push(...communication.push(Buffer.of(48 + (i % 10))));
    pieces.push(...communication.push(Buffer.from(END)));
    assert.deepEqual(
      pieces.map(({ type, data }) => `${type} ${shown(data)}`),
      ["captured 0123456789"],
    );
  });
});
