import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Followers } from "../../src/output/follow-buffer.ts";
import { bytes } from "../support/writing.ts";

async function textOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += chunk.toString("latin1");
  return text;
}

describe("Followers", () => {
  it("each gets the chunks from its beginning on, until its signal aborts", async () => {
    const followers = new Followers();
    const abort = new AbortController();
    let ends = 0;
    followers.push(bytes("before "));
    const chunks = followers.follow(abort.signal, () => ends++);
    const lent = bytes("one ");
    followers.push(lent);
    lent.fill(0);
    followers.push(bytes("two"));
    abort.abort();
    followers.push(bytes(" after"));
    assert.equal(await textOf(chunks), "one two");
    assert.ok(ends > 0);
  });

  it("end at once for a signal that was aborted before", async () => {
    const followers = new Followers();
    let isDone = false;
    const chunks = followers.follow(AbortSignal.abort(), () => (isDone = true));
    assert.ok(isDone);
    followers.push(bytes("never"));
    assert.equal(await textOf(chunks), "");
  });

  it("get a chunk, and first bytes, that exceed the limit alone", async () => {
    const followers = new Followers();
    const abort = new AbortController();
    const chunks = followers.follow(abort.signal, () => {}, Buffer.alloc(3 << 20, "a"));
    abort.abort();
    assert.equal((await textOf(chunks)).length, 3 << 20);
  });

  it("that do not read lose the oldest bytes", async () => {
    const followers = new Followers();
    const abort = new AbortController();
    const chunks = followers.follow(abort.signal, () => {});
    for (let i = 0; i < 40; i++) followers.push(Buffer.alloc(50_000, 65 + (i % 26)));
    abort.abort();
    const text = await textOf(chunks);
    assert.equal(text.length, 1_000_000);
    assert.equal(text.at(-1), "N");
  });
});
