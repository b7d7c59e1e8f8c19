import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Supervisor } from "../../src/index.ts";
import { Fifos } from "../../src/runtime/fifos.ts";

const noProc = !existsSync("/proc/self/fd") && "there is no /proc";
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

  it(
    "are closed when the supervisor has shut down while they were made",
    { skip: noProc },
    async () => {
      const fds = () => readdirSync("/proc/self/fd").length;
      const round = async () => {
        const program = { command: "sleep 1000", numprocs: 5, process_name: "%(process_num)d" };
        const supervisor = new Supervisor({ programs: { first: { command: "cat" }, program } });
        const begun = new Promise((resolve) => supervisor.on("ACTIVITY", resolve));
        const started = supervisor.start().catch(() => {});
        await begun; // the others wait for theirs
        await supervisor.shutdown();
        await started;
        await pause(50); // mkfifo has ended, and nobody tells of it
      };
      await round();
      const before = fds();
      for (let i = 0; i < 5; i++) await round();
      assert.ok(fds() < before + 5, `${before} descriptors, then ${fds()}`);
    },
  );
});
