import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Tail } from "../../src/output/tail.ts";
import { shown } from "../support/chunks.ts";

describe("the ring of Tail", () => {
  it("holds the last bytes of what was pushed since it was cleared, at every moment", () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc.integer({ min: 200, max: 1500 }).map((n) => Uint8Array.from({ length: n }, (_, i) => i)),
    );
    const step = fc.oneof({ weight: 9, arbitrary: chunk }, fc.constant("clear" as const));
    const limits = fc.oneof(fc.nat(40), fc.integer({ min: 250, max: 1100 }));
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        limits,
        fc.nat(1200),
        (steps, limit, bytes) => {
          const tail = new Tail(limit);
          let all = Buffer.alloc(0);
          for (const each of steps) {
            if (each === "clear") tail.clear();
            else tail.push(each);
            all = each === "clear" ? Buffer.alloc(0) : Buffer.concat([all, each]);
            const kept = all.subarray(Math.max(0, all.length - limit));
            assert.equal(shown(tail.last()), shown(kept));
            assert.equal(
              shown(tail.last(bytes)),
              shown(kept.subarray(Math.max(0, kept.length - bytes))),
            );
          }
        },
      ),
    );
  });

  it("gives copies", () => {
    const tail = new Tail(4);
    const chunk = Buffer.from("abcdef");
    tail.push(chunk);
    chunk.fill(0);
    tail.last().fill(0);
    assert.equal(shown(tail.last()), "cdef");
  });

  it("gives nothing for 0 bytes, or fewer", () => {
    const tail = new Tail(4);
    tail.push(Buffer.from("ab"));
    assert.deepEqual([tail.last(0).length, tail.last(-1).length], [0, 0]);
  });
});
