import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventMap } from "../../src/events/event-map.ts";
import type { EventType } from "../../src/events/event-table.ts";
import { eventNames, isKindOf, listenerEventNames, parentOf } from "../../src/events/hierarchy.ts";

/** The types of the table for which no interface is written. */
type WithoutInterface = {
  [T in EventType]: [EventMap[T]] extends [never] ? T : never;
}[EventType];

describe("the event table", () => {
  it("has an interface for every event type", () => {
    const missing: [WithoutInterface] extends [never] ? undefined : WithoutInterface = undefined;
    assert.equal(missing, undefined); // the compiler checks it
  });

  it("has only parents that are names of the table, without a circle", () => {
    for (const name of eventNames) {
      const parent = parentOf(name);
      assert.ok(parent === undefined || eventNames.includes(parent), name);
      let steps = 0;
      for (let one = parent; one !== undefined; one = parentOf(one)) assert.ok(steps++ < 10, name);
    }
  });

  it("has all under EVENT, except for ACTIVITY", () => {
    const tops = eventNames.filter((name) => parentOf(name) === undefined);
    assert.deepEqual(tops, ["ACTIVITY", "EVENT"]);
    assert.ok(isKindOf("TICK_5", "EVENT"));
    assert.ok(!isKindOf("TICK_5", "TICK_60"));
    assert.ok(!isKindOf("ACTIVITY", "EVENT"));
  });

  it("offers event listeners what supervisord has, and no extension", () => {
    const extensions = eventNames.filter((name) => !listenerEventNames.includes(name));
    assert.deepEqual(extensions, [
      "LOGFILE_FAILED",
      "LOGFILE_RECOVERED",
      "LOGFILE",
      "GUARDIAN_LOST",
      "GUARDIAN_FAILED",
      "CGROUP_FAILED",
      "GUARDIAN",
      "ACTIVITY",
    ]);
  });
});
