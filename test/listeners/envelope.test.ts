import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodable, envelope, undecodable } from "../../src/listeners/envelope.ts";
import { askPython, noPython } from "../support/python.ts";

const heading = {
  server: "supervisor",
  serial: 21,
  pool: "listener",
  poolserial: 10,
  eventname: "PROCESS_COMMUNICATION_STDOUT",
};

describe("envelope", () => {
  it("has supervisord's tokens in their order, and then the payload", () => {
    assert.equal(
      envelope(heading, Buffer.from("a b")).toString(),
      "ver:3.0 server:supervisor serial:21 pool:listener poolserial:10 eventname:PROCESS_COMMUNICATION_STDOUT len:3\na b",
    );
  });

  it("counts characters, not bytes", () => {
    assert.match(envelope(heading, Buffer.from("aéé")).toString(), / len:3\naéé$/);
    assert.match(envelope(heading, new Uint8Array()).toString(), / len:0\n$/);
  });

  it("counts characters as Python does", { skip: noPython }, () => {
    const questions = ["", "größe", "€", "😀😀", "e\u0301", "\uFEFFmark", "\0", "\u{10FFFF}\r\n"];
    const answers = askPython("def answer(q): return len(q)", questions);
    const counted = questions.map((text) =>
      Number(/ len:(\d+)\n/.exec(envelope(heading, Buffer.from(text)).toString())?.[1]),
    );
    assert.deepEqual(counted, answers);
  });
});

describe("decodable", () => {
  it("leaves text alone, whatever is in it", () => {
    for (const text of ["", "plain\n", "aéé", "\uFEFFmark", "nul\0", "😀"])
      assert.equal(Buffer.from(decodable(Buffer.from(text))).toString(), text);
  });

  it("says of other bytes what they are", () => {
    const half = Buffer.from("caf\xe9\n", "latin1");
    assert.equal(Buffer.from(decodable(half)).toString(), "Undecodable: b'caf\\xe9\\n'");
  });

  it("shows bytes as Python does", { skip: noPython }, () => {
    const every = Array.from({ length: 256 }, (_, i) => [i]);
    const questions = [...every, [0x27], [0x22], [0x27, 0x22], [0x5c, 0x27, 0xff], []];
    const answers = askPython("def answer(q): return 'Undecodable: %r' % bytes(q)", questions);
    assert.deepEqual(
      questions.map((bytes) => undecodable(Uint8Array.from(bytes))),
      answers,
    );
  });
});
