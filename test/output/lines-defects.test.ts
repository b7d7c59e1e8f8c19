import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Lines } from "../../src/output/lines.ts";

describe("Lines", () => {
  it(
    "cuts a line of 50 MB into lines of 1 MiB: the work grows with the bytes",
    { timeout: 5000 },
    () => {
      const lines = new Lines();
      const chunk = Buffer.alloc(65_536, "x");
      const lengths: number[] = [];
      for (let i = 0; i < 800; i++) lengths.push(...lines.push(chunk).map(({ length }) => length));
      lengths.push(...lines.push(Buffer.from("\n")).map(({ length }) => length));
      assert.deepEqual(
        lengths,
        Array.from({ length: 50 }, () => 1 << 20),
      );
    },
  );
});
