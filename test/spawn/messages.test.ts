import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { MessageReader, type Received } from "../../src/spawn/messages.ts";

/** All that is read from these chunks. */
function read(...chunks: readonly (string | Uint8Array)[]): Received[] {
  const reader = new MessageReader();
  return chunks.flatMap((chunk) => Array.from(reader.push(Buffer.from(chunk))));
}

describe("the reader of messages", () => {
  it("reads any messages, wherever the chunks end", () => {
    const values = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 });
    const cuts = fc.array(fc.nat(40), { maxLength: 20 });
    fc.assert(
      fc.property(values, cuts, (messages, lengths) => {
        const bytes = Buffer.from(messages.map((one) => `${JSON.stringify(one)}\n`).join(""));
        const chunks: Uint8Array[] = [];
        let from = 0;
        for (const length of lengths) chunks.push(bytes.subarray(from, (from += length)));
        const received = read(...chunks, bytes.subarray(from));
        assert.deepEqual(
          received.map((one) => ("value" in one ? one.value : one)),
          messages.map((one) => JSON.parse(JSON.stringify(one)) as unknown),
        );
      }),
    );
  });

  it("tells what is no message", () => {
    assert.deepEqual(read("1\nhe", "llo\n2\n"), [
      { value: 1 },
      { problem: 'text that is not JSON: "hello"' },
      { value: 2 },
    ]);
    assert.deepEqual(read("\n"), [{ problem: 'text that is not JSON: ""' }]);
    assert.deepEqual(read('"without an end"'), []);
  });

  it("gives up a message that would fill the memory", () => {
    const mebibyte = Buffer.alloc(1 << 20, "x");
    const reader = new MessageReader();
    for (let i = 0; i < 64; i++) assert.deepEqual([...reader.push(mebibyte)], []);
    const problem = "a message of more than 67108864 bytes";
    assert.deepEqual([...reader.push(Buffer.from("x"))], [{ problem }]);
  });

  it("keeps Node's own messages from the host, but for what comes with a handle", () => {
    const lines = [
      { cmd: "NODE_HANDLE", type: "net.Socket", msg: { a: 1 } },
      { cmd: "NODE_HANDLE_ACK" },
      { cmd: "mine" },
      { cmd: 5 },
      null,
    ];
    assert.deepEqual(read(lines.map((one) => `${JSON.stringify(one)}\n`).join("")), [
      { value: { a: 1 }, hasHandle: true },
      { value: { cmd: "mine" } },
      { value: { cmd: 5 } },
      { value: null },
    ]);
  });
});
