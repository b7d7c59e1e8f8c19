import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { autostartOrder, startOrder, stopWaves } from "../../src/supervision/start-order.ts";
import { byText } from "../../src/schema/by-text.ts";

function one(label: string, group: string, groupPriority: number, priority = 999) {
  return { label, rank: { group, groupPriority, priority } };
}

const everyone = [
  one("a", "late", 999, 1),
  one("b", "late", 999, 5),
  one("c", "early", 1, 20),
  one("d", "early", 1, 10),
  one("e", "also", 999, 5),
];
const labels = (list: readonly { readonly label: string }[]) =>
  list.map(({ label }) => label).join("");

describe("autostartOrder", () => {
  it("goes by group priority, then group name, and leaves a group as it was configured", () => {
    assert.equal(labels(autostartOrder(everyone)), "cdeab");
  });
});

describe("startOrder", () => {
  it("goes by group priority, then group name, then the program's priority", () => {
    assert.equal(labels(startOrder(everyone)), "dceab");
  });
});

describe("stopWaves", () => {
  it("go down the numbers, those of equal numbers together", () => {
    assert.deepEqual(stopWaves(everyone).map(labels), ["be", "a", "c", "d"]);
  });

  it("of nobody are none", () => {
    assert.deepEqual(stopWaves([]), []);
  });

  it("hold everybody once, and never go up", () => {
    const rank = fc.record({
      group: fc.constantFrom("a", "b", "c"),
      groupPriority: fc.integer({ min: 0, max: 3 }),
      priority: fc.integer({ min: -2, max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(fc.record({ rank, label: fc.string() })), (processes) => {
        const waves = stopWaves(processes);
        assert.deepEqual(new Set(waves.flat()), new Set(processes));
        assert.equal(waves.flat().length, processes.length);
        const keys = waves.map((wave) => {
          const [first] = wave;
          assert.ok(first);
          const { groupPriority, priority } = first.rank;
          for (const { rank: other } of wave) {
            assert.equal(other.groupPriority, groupPriority);
            assert.equal(other.priority, priority);
          }
          return groupPriority * 100 + priority;
        });
        for (const [i, key] of keys.entries()) if (i > 0) assert.ok(key < (keys[i - 1] ?? 0));
      }),
    );
  });
});

describe("byText", () => {
  it("sorts by code units, whatever the locale", () => {
    assert.deepEqual(["n8", "n10", "ä", "Z", "a"].toSorted(byText), ["Z", "a", "n10", "n8", "ä"]);
    assert.equal(byText("a", "a"), 0);
  });
});
