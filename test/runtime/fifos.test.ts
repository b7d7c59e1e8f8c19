import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { Fifos } from "../../src/runtime/fifos.ts";

const skip = process.platform === "win32" && "there are no FIFOs on Windows";

describe("Fifos", { skip }, () => {
  it("remove what a host that is gone has left, and nothing of others", async (t) => {
    const scratch = mkdtempSync(path.join(tmpdir(), "libsupervisor-test-"));
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = scratch;
    t.after(() => {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      rmSync(scratch, { recursive: true });
    });
    const { pid: dead } = spawnSync("true");
    const kept = [`libsupervisor-fifo-${process.ppid}-a`, `libsupervisor-${dead}`, "fifo"];
    for (const name of [...kept, `libsupervisor-fifo-${dead}-a`])
      mkdirSync(path.join(scratch, name));
    const fifos = new Fifos();
    await fifos.make(2);
    assert.equal(fifos.ready, 2);
    fifos.close();
    assert.deepEqual(readdirSync(scratch).toSorted(), kept.toSorted());
  });
});
