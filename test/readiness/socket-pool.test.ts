import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { SocketPool } from "../../src/readiness/socket-pool.ts";

describe("the pool of sockets", () => {
  it("begins at once while there are free ones, then in the order of requests", () => {
    const pool = new SocketPool(3);
    const begun: string[] = [];
    const [a, b, c, d] = (["a2", "b1", "c2", "d1"] as const).map((name) =>
      pool.take(Number(name[1]), () => begun.push(name)),
    );
    assert.deepEqual(begun, ["a2", "b1"]);
    b?.(); // c stands before d, and needs two
    assert.deepEqual(begun, ["a2", "b1"]);
    a?.();
    assert.deepEqual(begun, ["a2", "b1", "c2", "d1"]);
    c?.();
    d?.();
  });

  it("giving back twice counts once", () => {
    const pool = new SocketPool(1);
    const begun: number[] = [];
    const giveBack = pool.take(1, () => begun.push(1));
    giveBack();
    giveBack();
    pool.take(1, () => begun.push(2));
    pool.take(1, () => begun.push(3));
    assert.deepEqual(begun, [1, 2]);
  });

  it("a request that is withdrawn lets the next ones pass", () => {
    const pool = new SocketPool(2);
    const begun: number[] = [];
    pool.take(1, () => begun.push(1));
    const withdraw = pool.take(2, () => begun.push(2));
    pool.take(1, () => begun.push(3));
    withdraw();
    assert.deepEqual(begun, [1, 3]);
  });

  it("a request for more than there are gets all", () => {
    const pool = new SocketPool(2);
    const begun: number[] = [];
    pool.take(5, () => begun.push(1))();
    pool.take(2, () => begun.push(2));
    assert.deepEqual(begun, [1, 2]);
  });

  it("property: never more than there are, always in order, and all are served", () => {
    const request = fc.record({ count: fc.integer({ min: 1, max: 6 }), isWithdrawn: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(request), (size, requests) => {
        const pool = new SocketPool(size);
        const begun: number[] = [];
        let used = 0;
        const ends = requests.map(({ count }, index) => {
          const taken = Math.min(count, size);
          const end = pool.take(count, () => {
            begun.push(index);
            used += taken;
            assert.ok(used <= size);
          });
          return () => {
            if (begun.includes(index)) used -= taken;
            end();
          };
        });
        const isEnded = new Set<number>();
        for (const [index, { isWithdrawn }] of requests.entries()) {
          if (!isWithdrawn) continue;
          isEnded.add(index);
          ends[index]?.();
        }
        for (const index of requests.keys()) if (!isEnded.has(index)) ends[index]?.();
        assert.deepEqual(
          begun,
          begun.toSorted((a, b) => a - b),
        );
        for (const [index, { isWithdrawn }] of requests.entries())
          if (!isWithdrawn) assert.ok(begun.includes(index));
        assert.equal(used, 0);
      }),
    );
  });
});
