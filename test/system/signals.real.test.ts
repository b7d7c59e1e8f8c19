import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { isPidInUse, sendSignal } from "../../src/system/signals.ts";
import { sleeper } from "../support/run-marks.ts";

const skip = process.platform === "win32" && "there are no signals";

describe("a signal", { skip }, () => {
  it("reaches a process, or its whole group", async (t) => {
    for (const asGroup of [false, true]) {
      const child = await sleeper(t);
      const { pid = 0 } = child;
      assert.ok(isPidInUse(pid) && isPidInUse(-pid));
      const exit = once(child, "exit");
      sendSignal(pid, "SIGTERM", asGroup);
      assert.deepEqual(await exit, [null, "SIGTERM"]);
      assert.ok(!isPidInUse(pid));
      sendSignal(pid, "SIGTERM", asGroup); // gone already
    }
  });

  it("is not sent to the first process, nor to a group by mistake", () => {
    for (const pid of [1, 0, -1, -7, 1.5, Number.NaN])
      assert.throws(() => sendSignal(pid, 0, false), RangeError);
  });
});
