import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { activityLogSettings } from "../../src/activity-log/options.ts";
import {
  describe as describeOptions,
  fallback,
  filterOptions,
  option,
  options,
} from "../../src/schema/option.ts";
import { groupSettings } from "../../src/settings/group.ts";
import { priorityOptions } from "../../src/settings/priority.ts";
import { programSettings } from "../../src/settings/program.ts";
import { supervisorSettings } from "../../src/settings/supervisor.ts";
import { socketOptions } from "../../src/sockets/options.ts";

describe("an option", () => {
  for (const [section, { shape }] of Object.entries({
    program: programSettings,
    group: groupSettings,
    supervisor: supervisorSettings,
    log: activityLogSettings,
  })) {
    it(`of a ${section} has a syntax, and words for the documents`, () => {
      const described = describeOptions(shape);
      assert.deepEqual(
        described.map(([name]) => name),
        Object.keys(shape),
      );
      for (const [name, { syntax, summary, expected }] of described)
        assert.ok(syntax && summary && expected, name);
    });
  }

  it("takes what its values are, and their unit, from its syntax", () => {
    const schema = option({ syntax: "seconds", summary: "A time." }, (seconds) =>
      seconds.default(2),
    );
    const { expected, unit } = options.get(schema) ?? {};
    assert.deepEqual([expected, unit], ["a number of seconds, 0 or more", "s"]);
    assert.equal(schema.parse(undefined), 2);
    const { error } = schema.safeParse("3");
    assert.equal(error?.issues[0]?.message, `expected a number of seconds, 0 or more, got "3"`);
  });

  it("may have better words than its syntax", () => {
    const schema = option({ syntax: "integer", expected: "a port" }, (integer) => integer);
    assert.equal(schema.safeParse("x").error?.issues[0]?.message, `expected a port, got "x"`);
  });
});

describe("fallback()", () => {
  it("is the value that holds while an option is not set, as its schema reads it", () => {
    assert.equal(fallback(priorityOptions.priority), 999);
    assert.equal(fallback(socketOptions.socket_mode), 0o700);
    assert.equal(programSettings.parse({ command: "x" }).priority, undefined);
  });
});

describe("filterOptions()", () => {
  it("keeps the order, and the options whose meta meets the rule", () => {
    const kept = filterOptions(programSettings.shape, ({ section }) => section === "eventlistener");
    assert.deepEqual(Object.keys(kept), ["events", "buffer_size", "result_handler"]);
  });
});
