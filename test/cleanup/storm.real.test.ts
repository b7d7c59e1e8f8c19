import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, it } from "node:test";
import { root } from "../support/processes.ts";

/** What the storm prints, and how it has ended. */
function storm(file: string, ...args: string[]): Promise<{ failed: boolean; text: string }> {
  return new Promise((resolve) => {
    const words = [path.join(root, "test/storm", file), ...args];
    execFile(process.execPath, words, (error, stdout, stderr) => {
      resolve({ failed: error !== null, text: stderr + stdout });
    });
  });
}

// the large ones: npm run storm, npm run storm:alive, npm run storm:shortage
describe(
  "a small storm",
  { concurrency: true, skip: process.platform === "linux" ? false : "there is no /proc" },
  () => {
    it("leaves nobody behind, however the host ends", async () => {
      const { failed, text } = await storm("storm.mjs", "--hosts", "24");
      assert.match(text, /: 24 hosts, \d+ processes, 0 survivors/);
      assert.ok(!failed, text);
    });

    it("leaves nobody behind while the host lives, and touches no stranger", async () => {
      const { failed, text } = await storm("alive.mjs", "--orders", "24");
      assert.match(text, /: 24 orders, \d+ processes, 0 survivors, 0 of 24 decoys touched/);
      assert.ok(!failed, text);
    });

    it("of shortages leaves nobody behind, and all runs when it is over", async () => {
      const { failed, text } = await storm("shortage.mjs", "--hosts", "10");
      assert.match(text, /: 10 hosts, \d+ programs, 0 survivors, 0 wrong/);
      assert.ok(!failed, text);
    });
  },
);
