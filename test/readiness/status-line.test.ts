import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { StatusLine } from "../../src/readiness/status-line.ts";

/** What it makes of the chunks, up to its first answer. */
function read(...chunks: readonly string[]): number | string | undefined {
  const line = new StatusLine();
  for (const chunk of chunks) {
    const status = line.push(Buffer.from(chunk, "latin1"));
    if (status !== undefined) return status;
  }
  return undefined;
}

const cases: readonly [answer: string, status: number | string | undefined][] = [
  ["HTTP/1.1 200 OK\r\n", 200],
  ["HTTP/1.0 503 Service Unavailable\r\nA: b\r\n\r\nbody", 503],
  ["HTTP/1.1 404\r\n", 404],
  ["HTTP/1.1 404 \r\n", 404],
  ["HTTP/1.1 204\n", 204],
  ["HTTP/2 200\r\n", 200],
  ["\r\n\r\nHTTP/1.1 200 OK\r\n", 200],
  ["HTTP/1.1 200 gr\u00fc\u00df\r\n", 200],
  ["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n", 200],
  [
    "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 401 No\r\n",
    401,
  ],
  ["HTTP/1.1 100 Continue\n\nHTTP/1.1 500 No\n", 500],
  ["HTTP/1.1 101 Switching Protocols\r\n\r\n", 101],
  ["HTTP/1.1 100 Continue\r\nA: b\r\n", undefined],
  ["HTTP/1.1 200 OK", undefined],
  ["HTT", undefined],
  ["", undefined],
  ["SSH-2.0-OpenSSH_9.6\r\n", "the answer is not HTTP"],
  ["S", "the answer is not HTTP"],
  ["\u0015\u0003\u0001\u0000\u0002\u0002", "the answer is not HTTP"],
  ["HTTP/1.1 2000 OK\r\n", "the answer is not HTTP"],
  ["HTTP/1.1 20 OK\r\n", "the answer is not HTTP"],
  ["HTTP/1.1 OK\r\n", "the answer is not HTTP"],
  ["HTTPS\r\n", "the answer is not HTTP"],
];

describe("the status line", () => {
  for (const [answer, status] of cases) {
    it(`${JSON.stringify(answer)}: ${status}`, () => {
      assert.equal(read(answer), status);
    });
  }

  it("a line without an end, and heads without an answer, are read up to 16 KiB", () => {
    const kib = "x".repeat(1024);
    const limit = "no HTTP status in 16384 bytes";
    assert.equal(read("HTTP/1.1 200 ", ...Array<string>(15).fill(kib)), undefined);
    assert.equal(read("HTTP/1.1 200 ", ...Array<string>(16).fill(kib)), limit);
    const interim = "HTTP/1.1 102 Processing\r\n\r\n";
    assert.equal(read(...Array<string>(700).fill(interim)), limit);
  });

  it("a status is found in front of any body", () => {
    assert.equal(read(`HTTP/1.1 200 OK\r\n\r\n${"x".repeat(100_000)}`), 200);
  });

  it("property: the borders of chunks make no difference", () => {
    const answer = fc.constantFrom(...cases.map(([text]) => text));
    const cuts = fc.array(fc.nat(80));
    fc.assert(
      fc.property(answer, cuts, (text, places) => {
        const at = [0, ...places.toSorted((a, b) => a - b), text.length];
        const chunks = at.slice(1).map((end, i) => text.slice(at[i], end));
        assert.equal(read(...chunks), read(text));
      }),
    );
  });

  it("property: no bytes make it throw", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), fc.boolean(), (chunks, hasBegin) => {
        const line = new StatusLine();
        if (hasBegin) line.push(Buffer.from("HTTP/1.1 "));
        for (const chunk of chunks) line.push(Buffer.from(chunk));
      }),
    );
  });
});
