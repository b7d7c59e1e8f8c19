import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hasStatus, parseStatuses } from "../../src/readiness/statuses.ts";

const problem = (part: string) => ({
  problem: `expected HTTP statuses from 100 to 599, as in "200-399, 401", got "${part}"`,
});

describe("the statuses that count", () => {
  it("text: ranges and single statuses", () => {
    assert.deepEqual(parseStatuses("200-399, 401"), [
      [200, 399],
      [401, 401],
    ]);
    assert.deepEqual(parseStatuses(" 200 - 204,503 "), [
      [200, 204],
      [503, 503],
    ]);
    assert.deepEqual(parseStatuses("100-599"), [[100, 599]]);
  });

  it("a list: single statuses", () => {
    assert.deepEqual(parseStatuses([200, 401]), [
      [200, 200],
      [401, 401],
    ]);
  });

  for (const [text, part] of [
    ["", ""],
    ["200,", ""],
    ["200,,401", ""],
    ["99", "99"],
    ["600", "600"],
    ["200-600", "200-600"],
    ["399-200", "399-200"],
    ["200, 2xx", "2xx"],
    ["200-", "200-"],
    ["200-300-400", "200-300-400"],
    ["200 201", "200 201"],
    ["-200", "-200"],
    ["0200", "0200"],
  ] as const) {
    it(`${JSON.stringify(text)} is refused`, () => {
      assert.deepEqual(parseStatuses(text), problem(part));
    });
  }

  for (const [list, part] of [
    [[], ""],
    [[200, 99], "99"],
    [[200.5], "200.5"],
    [[Number.NaN], "NaN"],
    [[-200], "-200"],
  ] as const) {
    it(`[${list.join()}] is refused`, () => {
      assert.deepEqual(parseStatuses(list), problem(part));
    });
  }

  it("a range has both its ends", () => {
    const ranges = parseStatuses("200-399, 401");
    assert.ok(!("problem" in ranges));
    const counts = [199, 200, 399, 400, 401, 402].map((status) => hasStatus(ranges, status));
    assert.deepEqual(counts, [false, true, true, false, true, false]);
  });

  const range = fc
    .tuple(fc.integer({ min: 100, max: 599 }), fc.integer({ min: 100, max: 599 }))
    .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);

  it("property: ranges that are written are read, and have what is between their ends", () => {
    const ranges = fc.array(range, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(ranges, fc.integer({ min: 0, max: 999 }), (written, status) => {
        const text = written.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(", ");
        const read = parseStatuses(text);
        assert.deepEqual(read, written);
        const isIn = written.some(([from, to]) => status >= from && status <= to);
        assert.equal(hasStatus(written, status), isIn);
      }),
    );
  });

  it("property: no text and no list makes it throw", () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9, -]*$/));
    fc.assert(
      fc.property(fc.oneof(text, fc.array(fc.oneof(fc.integer(), fc.double()))), (given) => {
        const read = parseStatuses(given);
        if ("problem" in read) assert.match(read.problem, /^expected HTTP statuses .*, got "/s);
        else for (const [from, to] of read) assert.ok(from >= 100 && from <= to && to <= 599);
      }),
    );
  });
});
