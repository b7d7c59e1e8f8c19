import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { setImmediate as turn } from "node:timers/promises";
import { Stage } from "../support/helpers.ts";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    await turn();
    gc();
  }
  return process.memoryUsage().arrayBuffers;
}

describe("follow", () => {
  it("lets go of whoever never looked, once the signal has ended it", async () => {
    const stage = new Stage({ programs: { web: { command: "w" } } });
    await stage.up();
    const before = await heldBytes();
    const [child, text] = [stage.spawner.of("web"), "x".repeat(1 << 20)];
    for (let i = 0; i < 32; i++) {
      const gone = new AbortController();
      stage.supervisor.follow("web", "stdout", { signal: gone.signal });
      child.print(text);
      gone.abort();
    }
    const grown = (await heldBytes()) - before;
    assert.ok(grown < 4 << 20, `${grown} bytes`);
  });
});
