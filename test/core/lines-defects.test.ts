import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lines } from "../../src/core/lines.ts";

describe("Lines", () => {
  it(
    "stands a line of 50 MB in small chunks: the work grows with the bytes",
    { timeout: 5000 },
    () => {
      const lines = new Lines();
      const chunk = Buffer.alloc(65_536, "x");
      for (let i = 0; i < 800; i++) assert.deepEqual(lines.push(chunk), []);
      assert.deepEqual(
        lines.push(Buffer.from("\n")).map(({ length }) => length),
        [800 * 65_536],
      );
    },
  );
});
