import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isWritten, levels, logLevels } from "../../src/events/levels.ts";

describe("the levels of the activity log", () => {
  it("are in order, the gravest first", () => {
    const weights = logLevels.map((level) => levels[level].weight);
    assert.deepEqual(weights, [50, 40, 30, 20, 10, 5, 3]);
  });

  it("a line is written if it is as grave as the loglevel, or graver", () => {
    for (const [i, loglevel] of logLevels.entries())
      for (const [j, level] of logLevels.entries())
        assert.equal(isWritten(levels[level].label, loglevel), j <= i, `${level} with ${loglevel}`);
  });
});
