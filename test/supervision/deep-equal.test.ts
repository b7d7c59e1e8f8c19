import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Writable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { isEqual } from "../../src/supervision/deep-equal.ts";

describe("isEqual", () => {
  const data = fc.jsonValue({ maxDepth: 3 });

  it("agrees with Node on plain data, whichever comes first", () => {
    fc.assert(
      fc.property(data, data, (a, b) => {
        assert.equal(isEqual(a, b), isDeepStrictEqual(a, b));
        assert.equal(isEqual(b, a), isEqual(a, b));
      }),
    );
  });

  it("finds a copy the same, and one with a change in it not", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), data, { minKeys: 1 }), (a) => {
        assert.ok(isEqual(a, structuredClone(a)));
        const [key = ""] = Object.keys(a);
        assert.ok(!isEqual(a, { ...a, [key]: { changed: a[key] } }));
        assert.ok(!isEqual(a, { ...a, [`${Object.keys(a).join("")}+`]: undefined }));
      }),
    );
  });

  const same = new Writable();
  const cases: readonly [title: string, a: unknown, b: unknown, expected: boolean][] = [
    ["one stream and itself", { log: same }, { log: same }, true],
    ["two streams", { log: new Writable() }, { log: new Writable() }, false],
    ["two dates", new Date(0), new Date(0), false],
    ["NaN and NaN", { a: Number.NaN }, { a: Number.NaN }, true],
    [
      "an object without prototype and one with",
      Object.assign(Object.create(null), { a: 1 }),
      { a: 1 },
      true,
    ],
    ["undefined and nothing", { a: undefined }, {}, false],
    ["undefined and another nothing", { a: undefined }, { b: undefined }, false],
    ["keys in another order", { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ["an array and an object", [1], { 0: 1 }, false],
    ["arrays, one longer", [1], [1, 2], false],
    ["null and an object", null, {}, false],
    ["an inherited name", { toString: undefined }, { constructor: undefined }, false],
  ];
  for (const [title, a, b, expected] of cases) {
    it(`says ${expected} of ${title}`, () => {
      assert.equal(isEqual(a, b), expected);
    });
  }
});
