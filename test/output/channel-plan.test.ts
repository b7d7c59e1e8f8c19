import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { routeOf, type ChannelPlan } from "../../src/output/channel-plan.ts";

const plan: ChannelPlan = {
  log: { type: "file", file: "/log" },
  rule: { maxbytes: 0, backups: 0 },
  capture: 0,
  events: false,
  stripAnsi: false,
};

describe("routeOf", () => {
  it("is direct where only a log takes the bytes that is never rotated", () => {
    assert.equal(routeOf(plan, plan.rule), "direct");
    assert.equal(routeOf({ ...plan, isListenerOutput: false }, plan.rule), "direct");
  });

  it("is through the host where the log is rotated", () => {
    assert.equal(routeOf(plan, { maxbytes: 1, backups: 0 }), "through host");
  });

  for (const reader of [
    { capture: 1 },
    { events: true },
    { stripAnsi: true },
    { isListenerOutput: true },
    { syslog: { identifier: "supervisor", prefix: "web" } },
  ])
    it(`is through the host with ${Object.keys(reader).join("")}`, () => {
      assert.equal(routeOf({ ...plan, ...reader }, plan.rule), "through host");
    });
});
