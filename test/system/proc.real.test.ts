import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, it } from "node:test";
import {
  canSeeProcesses,
  childrenOf,
  environmentOf,
  identityOf,
  isAlive,
  membersOf,
  processIds,
  statOf,
} from "../../src/system/proc.ts";
import { noPython } from "../support/python.ts";
import { sleeper } from "../support/run-marks.ts";

describe(
  "what /proc shows of a process",
  { skip: process.platform === "linux" ? false : "no /proc" },
  () => {
    it("is its name, its group, its session, its parent and its environment", async (t) => {
      assert.ok(canSeeProcesses());
      const { pid = 0 } = await sleeper(t, { NAME: "value" });
      const stat = statOf(pid);
      assert.ok(stat);
      const { name, pgid, session, parent } = stat;
      assert.deepEqual([name, pgid, session, parent], ["sleep", pid, pid, process.pid]);
      assert.equal(environmentOf(pid)?.toString(), "NAME=value\0");
      assert.ok(childrenOf(process.pid).includes(pid));
      assert.ok(processIds().includes(pid));
      assert.deepEqual(
        (await membersOf(pid)).map((one) => one.pid),
        [pid],
      );
    });

    it("is nothing of one that is not there", () => {
      const none = 2 ** 30;
      assert.deepEqual([statOf(none), identityOf(none)], [undefined, undefined]);
      assert.deepEqual([environmentOf(none), childrenOf(none)], [undefined, []]);
    });

    it("tells it from one of that number that began at another time", async (t) => {
      const { pid = 0 } = await sleeper(t);
      const identity = identityOf(pid);
      assert.ok(identity);
      assert.ok(isAlive(identity));
      assert.ok(!isAlive({ ...identity, began: `${Number(identity.began) - 1}` }));
    });

    it(
      "lives while one of its threads does, though the first has ended",
      {
        skip: noPython,
      },
      async (t) => {
        const script = `
import ctypes, os, threading, time
def stay():
    while open("/proc/self/stat").read().rsplit(")", 1)[1].split()[0] != "Z": time.sleep(0.001)
    os.write(1, b"ready")
    time.sleep(1000)
threading.Thread(target=stay).start()
ctypes.CDLL(None).pthread_exit(None)`;
        const child = spawn("python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
        const exit = once(child, "exit");
        t.after(async () => {
          child.kill("SIGKILL");
          await exit;
          assert.equal(identityOf(child.pid ?? 0), undefined);
        });
        assert.equal(String((await once(child.stdout, "data"))[0]), "ready");
        const identity = identityOf(child.pid ?? 0);
        assert.ok(identity && isAlive(identity));
      },
    );
  },
);
