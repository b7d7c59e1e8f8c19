import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { describe, it } from "node:test";
import { StreamDestination } from "../../src/output/destination.ts";
import { bytes } from "../support/writing.ts";
import { turn } from "../support/helpers.ts";

type Take = (chunk: Buffer, done: (error?: Error) => void) => void;

function rig(take: Take, options: object = {}) {
  const told: string[] = [];
  const stream = new Writable({ ...options, write: (chunk: Buffer, _, done) => take(chunk, done) });
  const destination = new StreamDestination(stream, {
    failed: ({ code, message }) => told.push(`failed ${code ?? message}`),
    recovered: (lost) => told.push(`recovered ${lost}`),
  });
  return { told, stream, destination };
}

describe("StreamDestination", () => {
  it("survives a stream that throws, tells it once, and writes nothing more to it", async () => {
    let calls = 0;
    const { told, destination } = rig(() => {
      calls++;
      throw new Error("no JSON");
    });
    for (let i = 0; i < 5; i++) assert.equal(destination.write(Buffer.alloc(50_000)), undefined);
    await destination.settled();
    assert.equal(calls, 1);
    assert.deepEqual(told, ["failed no JSON"]);
    assert.equal(destination.behind, 0);
  });

  it("survives a stream that fails, though nobody listens to its errors", async () => {
    const { told, stream, destination } = rig((_, done) => done(new Error("disk")));
    for (let i = 0; i < 5; i++) {
      await destination.write(bytes("x"));
      await turn();
    }
    assert.ok(stream.destroyed);
    assert.deepEqual(told, ["failed disk"]);
  });

  it("leaves a host's own listener what it has", async () => {
    const { stream, destination } = rig((_, done) => done(new Error("disk")));
    const heard: string[] = [];
    stream.on("error", ({ message }) => heard.push(message));
    void destination.write(bytes("x"));
    await turn();
    assert.deepEqual(heard, ["disk"]);
    assert.equal(stream.listenerCount("error"), 1);
  });

  it("tells when a stream that goes on takes bytes again, and what was lost", async () => {
    let isFull = true;
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    // as Node's own standard output, which cannot be destroyed
    const destroy = (error: Error | null, done: (error: Error | null) => void) => {
      done(error);
      const undestroy: unknown = Reflect.get(stream, "_undestroy");
      if (typeof undestroy === "function") undestroy.call(stream);
    };
    const { told, stream, destination } = rig((_, done) => done(isFull ? full : undefined), {
      destroy,
    });
    const write = async (text: string) => {
      await destination.write(bytes(text));
      await turn();
    };
    await write("four");
    await write("five5");
    assert.deepEqual(told, ["failed ENOSPC"]);
    isFull = false;
    await write("x");
    await write("y");
    assert.deepEqual(told, ["failed ENOSPC", "recovered 9"]);
  });

  it("tells once of a stream that was ended, and one that was destroyed", () => {
    for (const end of ["end", "destroy"] as const) {
      const { told, stream, destination } = rig((_, done) => done());
      stream[end]();
      for (let i = 0; i < 3; i++) assert.equal(destination.write(bytes("x")), undefined);
      assert.deepEqual(told, ["failed ERR_STREAM_WRITE_AFTER_END"]);
    }
  });

  it("waits for one that stalls, until it drains, ends, fails or is destroyed", async () => {
    const ways: Record<string, (stream: Writable, done: (error?: Error) => void) => void> = {
      drain: (_, done) => done(),
      end: (stream, done) => {
        stream.end();
        done();
      },
      fail: (_, done) => done(new Error("disk")),
      destroy: (stream) => stream.destroy(),
    };
    for (const [name, way] of Object.entries(ways)) {
      let done: (error?: Error) => void = () => {};
      const { stream, destination } = rig((_, taken) => (done = taken), { emitClose: false });
      const before = stream.eventNames().length;
      let isSettled = false;
      const write = async () => destination.write(Buffer.alloc(20_000));
      const busy = Promise.all(Array.from({ length: 20 }, write)).then(() => (isSettled = true));
      await turn();
      assert.ok(!isSettled, name);
      // of twenty who wait there is one that listens: Node warns of more than ten
      assert.ok(stream.listenerCount("drain") <= 1);
      stream.on("error", () => {});
      for (let i = 0; i < 20; i++) {
        way(stream, done);
        await turn();
      }
      if (name === "destroy") stream.emit("close");
      await busy;
      assert.equal(stream.listenerCount("drain") + before, 0, name);
    }
  });
});
