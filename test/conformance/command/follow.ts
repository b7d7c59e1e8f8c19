/** One recording, played against the command from its start to its end. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { amended, readCommandTable } from "../deviations.ts";
import { descendants, within } from "../real/room.ts";
import { load } from "../scenario.ts";
import { commandAmendments } from "./amendments.ts";
import { commandDifferences } from "./compare.ts";
import { debian, ours } from "./daemon.ts";
import { play } from "./player.ts";

/** On a busy machine everything may be late, and so the listener's ear. */
const SLACK = { early: 0.15, late: 1.5 };
/** Set, the player is tried: against Debian's supervisord, which differs from itself in nothing but luck. */
export const isTrial = process.env["CONFORMANCE_OF"] === "debian";
const table = isTrial ? [] : readCommandTable();

/** Fails with all differences from the recording, and if anybody or anything is left. */
export async function follow(name: string): Promise<void> {
  const expected = amended(load(name), table, commandAmendments);
  await within(expected, async (dir) => {
    const seen = await play(expected, isTrial ? debian : ours, dir);
    assert.deepEqual(commandDifferences(expected, seen, SLACK), []);
    if (isTrial) return;
    assert.deepEqual(descendants(dir, seen.pids), [], "processes are left");
    const files = ["s", "supervisord.pid", "f.sock"].map((file) => path.join(dir, file));
    assert.deepEqual(files.filter(existsSync), [], "files are left");
  });
}
