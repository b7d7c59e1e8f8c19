import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { listenerOf } from "../../src/listeners/options.ts";

const HANDLER = "supervisor.dispatchers:default_handler";

function plan(events: readonly string[] | undefined, result_handler = HANDLER) {
  const refused: unknown[] = [];
  const refuse = (...what: unknown[]) => refused.push(what);
  return { plan: listenerOf({ events, buffer_size: 3, result_handler }, { refuse }), refused };
}

describe("listenerOf()", () => {
  it("plans nothing for a program without events", () => {
    assert.deepEqual(plan(undefined), { plan: undefined, refused: [] });
  });

  it("has each event once, in supervisord's spelling", () => {
    assert.deepEqual(plan(["tick_5", "TICK_5", "EVENT"]).plan, {
      events: ["EVENT", "TICK_5"],
      bufferSize: 3,
      acceptsAll: false,
    });
  });

  it("refuses an unknown event, with its place", () => {
    const { refused } = plan(["EVENT", "TICK_6"]);
    const message = 'there is no event type "TICK_6"; did you mean "TICK_5"?';
    assert.deepEqual(refused, [["events", message, 1]]);
  });

  it("accepts every result where the handler is another function", () => {
    assert.equal(plan(["EVENT"], "mine:judge").plan?.acceptsAll, true);
  });
});
