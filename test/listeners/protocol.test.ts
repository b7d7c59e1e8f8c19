import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { ListenerProtocol, type ListenerState, type Answer } from "../../src/listeners/protocol.ts";
import { chunked, wordy } from "../support/chunks.ts";

/** A listener in that state, at the beginning of what it may say there. */
function talkIn(state: ListenerState): ListenerProtocol {
  const talk = new ListenerProtocol();
  if (state === "UNKNOWN") talk.push(Buffer.from("wrong!"));
  if (state === "READY" || state === "BUSY") talk.push(Buffer.from("READY\n"));
  if (state === "BUSY") talk.give();
  assert.equal(talk.state, state);
  return talk;
}

/** What it says, in short: `ready`, `ok`, `refused`, `broken from BUSY: <line>`. */
function short(said: readonly Answer[]): string[] {
  return said.map((one) => {
    if (one.type === "ready") return "ready";
    if (one.type === "result") return one.isOk ? "ok" : "refused";
    const line = one.line ? `: ${Buffer.from(one.line).toString("latin1")}` : "";
    return `broken from ${one.from}${line}`;
  });
}

const table: readonly [from: ListenerState, text: string, said: string[], to: ListenerState][] = [
  ["ACKNOWLEDGED", "READY\n", ["ready"], "READY"],
  ["ACKNOWLEDGED", "READY", [], "ACKNOWLEDGED"],
  ["ACKNOWLEDGED", "hi", [], "ACKNOWLEDGED"],
  ["ACKNOWLEDGED", "hello!", ["broken from ACKNOWLEDGED"], "UNKNOWN"],
  ["ACKNOWLEDGED", "READY\r\n", ["broken from ACKNOWLEDGED"], "UNKNOWN"],
  ["ACKNOWLEDGED", "RESULT 2\nOK", ["broken from ACKNOWLEDGED"], "UNKNOWN"],
  ["ACKNOWLEDGED", "READY\nx", ["ready", "broken from READY"], "UNKNOWN"],
  ["ACKNOWLEDGED", "READY\nREADY\n", ["ready", "broken from READY"], "UNKNOWN"],
  ["READY", "x", ["broken from READY"], "UNKNOWN"],
  ["READY", "\n", ["broken from READY"], "UNKNOWN"],
  ["BUSY", "RESULT 2\nOK", ["ok"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 4\nFAIL", ["refused"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 5\nMAYBE", ["refused"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 2\nok", ["refused"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 0\n", ["refused"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 3\nOK\n", ["refused"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 2\nOKREADY\n", ["ok", "ready"], "READY"],
  ["BUSY", "RESULT 4\nFAILREADY\n", ["refused", "ready"], "READY"],
  ["BUSY", "RESULT 2\nOKREADY\nboo", ["ok", "ready", "broken from READY"], "UNKNOWN"],
  ["BUSY", "RESULT 2\nOK\n", ["ok"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 2\nOK\nREADY\n", ["ok", "broken from ACKNOWLEDGED"], "UNKNOWN"],
  ["BUSY", "RESULT 2", [], "BUSY"],
  ["BUSY", "RESULT 2\nO", [], "BUSY"],
  ["BUSY", "ANYTHING 2\nOK", ["broken from BUSY: ANYTHING 2"], "UNKNOWN"],

  ["BUSY", "RESULT  2 \nOK", ["ok"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT 2\r\nOK", ["ok"], "ACKNOWLEDGED"],
  ["BUSY", "RESULT +2\nOK", ["ok"], "ACKNOWLEDGED"],
  ["BUSY", "HELLO THERE\n", ["broken from BUSY: HELLO THERE"], "UNKNOWN"],
  ["BUSY", "RESULT -2\nOK", ["broken from BUSY: RESULT -2"], "UNKNOWN"],
  ["BUSY", "RESULT 2.0\nOK", ["broken from BUSY: RESULT 2.0"], "UNKNOWN"],
  ["BUSY", "RESULT\n", ["broken from BUSY: RESULT"], "UNKNOWN"],
  ["BUSY", "\n", ["broken from BUSY: "], "UNKNOWN"],
  ["BUSY", "RESULT 1048577\n", ["broken from BUSY: RESULT 1048577"], "UNKNOWN"],
  ["UNKNOWN", "READY\n", [], "UNKNOWN"],
];

describe("ListenerProtocol", () => {
  for (const [from, text, said, to] of table) {
    it(`${from}: ${JSON.stringify(text)} makes it ${to}`, () => {
      const talk = talkIn(from);
      assert.deepEqual(short(talk.push(Buffer.from(text))), said);
      assert.equal(talk.state, to);
    });
  }

  it("takes the longest result that is allowed, and the next word after it", () => {
    const talk = talkIn("BUSY");
    assert.deepEqual(talk.push(Buffer.from("RESULT 1048576\n")), []);
    assert.deepEqual(talk.push(Buffer.alloc(1_048_575)), []);
    assert.deepEqual(short(talk.push(Buffer.from("\0READY\n"))), ["refused", "ready"]);
  });

  it("does not wait for ever for the end of a line", () => {
    const talk = talkIn("BUSY");
    assert.deepEqual(talk.push(Buffer.alloc(1024, "x")), []);
    const [said] = talk.push(Buffer.from("y"));
    assert.deepEqual(said, { type: "broken", from: "BUSY", line: Buffer.alloc(1024, "x") });
  });

  it("is READY again when the event never got there", () => {
    const talk = talkIn("BUSY");
    talk.takeBack();
    assert.equal(talk.state, "READY");
    talk.give();
    assert.deepEqual(short(talk.push(Buffer.from("RESULT 2\nOK"))), ["ok"]);
  });

  it("refuses an event that nobody has asked for", () => {
    assert.throws(() => talkIn("ACKNOWLEDGED").give(), /not READY/);
    assert.throws(() => talkIn("READY").takeBack(), /not BUSY/);
  });

  const words = ["READY\n", "RESULT 2\nOK", "RESULT 4\nFAIL", "RESULT ", "\n", "12", "OK", "0\n"];

  it("hears the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<ListenerState>("ACKNOWLEDGED", "READY", "BUSY"),
        chunked(wordy(words)),
        (state, { whole, chunks }) => {
          const [once, often] = [talkIn(state), talkIn(state)];
          const expected = once.push(whole);
          assert.deepEqual(
            chunks.flatMap((chunk) => often.push(chunk)),
            expected,
          );
          assert.equal(often.state, once.state);
        },
      ),
    );
  });

  it("throws at nothing that a listener may write", () => {
    const step = fc.oneof(fc.uint8Array({ maxLength: 3000 }), wordy(words));
    fc.assert(
      fc.property(fc.array(step), (chunks) => {
        const talk = new ListenerProtocol();
        for (const chunk of chunks) {
          if (talk.state === "READY") talk.give();
          const before = talk.state;
          const said = talk.push(chunk);
          if (before === "UNKNOWN") assert.deepEqual(said, []);
        }
      }),
    );
  });

  it("keeps no chunk that was only lent", () => {
    const talk = talkIn("BUSY");
    const lent = Buffer.from("RESULT 2\nO");
    talk.push(lent);
    lent.fill("x");
    assert.deepEqual(short(talk.push(Buffer.from("K"))), ["ok"]);
  });
});
