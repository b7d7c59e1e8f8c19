import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { freeNumber, isFull, rotationSteps, strictest } from "../../src/output/rotation.ts";

describe("isFull", () => {
  const cases: readonly [size: number, maxbytes: number, expected: boolean][] = [
    [999, 1000, false],
    [1000, 1000, true],
    [5000, 1000, true],
    [Infinity, 0, false],
    [-Infinity, 1, false],
  ];
  for (const [size, maxbytes, expected] of cases) {
    it(`says ${expected} of ${size} bytes where ${maxbytes} are the limit`, () => {
      assert.equal(isFull(size, { maxbytes, backups: 1 }), expected);
    });
  }
});

describe("rotationSteps", () => {
  it("leaves alone what is above a free number", () => {
    assert.deepEqual(rotationSteps("x", { maxbytes: 1, backups: 200_000 }, 1), [
      { do: "remove", file: "x.1" },
      { do: "rename", file: "x", to: "x.1" },
    ]);
  });

  it("makes way from the oldest on", () => {
    assert.deepEqual(rotationSteps("x", { maxbytes: 1, backups: 2 }), [
      { do: "remove", file: "x.2" },
      { do: "rename", file: "x.1", to: "x.2" },
      { do: "rename", file: "x", to: "x.1" },
    ]);
  });

  it("empties the file where none are kept", () => {
    assert.deepEqual(rotationSteps("x", { maxbytes: 1, backups: 0 }), [
      { do: "truncate", file: "x" },
    ]);
  });

  it("never renames onto a file that is there, and loses but the oldest", () => {
    const present = fc.uniqueArray(fc.nat(6));
    fc.assert(
      fc.property(present, fc.integer({ min: 1, max: 5 }), (numbers, backups) => {
        const nameOf = (n: number) => (n === 0 ? "x" : `x.${n}`);
        const files = new Map(numbers.map((n) => [nameOf(n), n]));
        for (const step of rotationSteps("x", { maxbytes: 1, backups })) {
          if (step.do === "remove") files.delete(step.file);
          if (step.do !== "rename" || !files.has(step.file)) continue;
          assert.ok(!files.has(step.to));
          files.set(step.to, files.get(step.file) as number);
          files.delete(step.file);
        }
        const moved = numbers.filter((n) => n < backups).map((n) => [nameOf(n + 1), n] as const);
        const others = numbers.filter((n) => n > backups).map((n) => [nameOf(n), n] as const);
        assert.deepEqual(files, new Map([...moved, ...others]));
      }),
    );
  });
});

describe("freeNumber", () => {
  it("is one that is free, above one that is taken; or the last", () => {
    const present = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { maxLength: 40 });
    fc.assert(
      fc.property(present, fc.integer({ min: 1, max: 30 }), (numbers, backups) => {
        const taken = new Set(numbers);
        const free = freeNumber((n) => taken.has(n), backups);
        assert.ok(free >= 1 && free <= backups);
        assert.ok(free === 1 || taken.has(free - 1));
        assert.ok(free === backups || !taken.has(free));
      }),
    );
  });

  it("is found in a few looks among 200,000", () => {
    for (const count of [0, 1, 7, 1000, 199_999, 200_000]) {
      let looks = 0;
      const isTaken = (n: number) => {
        looks++;
        return n <= count;
      };
      assert.equal(freeNumber(isTaken, 200_000), Math.min(count + 1, 200_000));
      assert.ok(looks < 40, `${looks} looks`);
    }
  });
});

describe("strictest", () => {
  it("takes the smallest limit that is one, and the most backups", () => {
    const rule = (maxbytes: number, backups: number) => ({ maxbytes, backups });
    assert.deepEqual(strictest([]), rule(0, 0));
    assert.deepEqual(strictest([rule(0, 3)]), rule(0, 3));
    assert.deepEqual(strictest([rule(0, 3), rule(500, 1), rule(200, 2)]), rule(200, 3));
  });
});
