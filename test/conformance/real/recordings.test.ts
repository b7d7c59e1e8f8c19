/** The recordings with real processes, each in a host of its own, side by side. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { differences } from "../compare.ts";
import { amended, readTable, type Deviation } from "../deviations.ts";
import { missing } from "../missing.ts";
import type { Observed } from "../player.ts";
import { load, recordings, type Scenario } from "../scenario.ts";
import { NOBODY } from "../../support/public.ts";
import { BASE, descendants, longestFirst, within } from "./room.ts";

const table = readTable();
const host = path.join(import.meta.dirname, "host.js");
/** On a busy machine everything may be late, and so the ear for what came before: exact times are the fakes'. */
const SLACK = { early: 0.15, late: 0.8 };

describe(
  "Supervisor with real processes, beside the recordings of supervisord",
  { concurrency: 8 },
  () => {
    for (const name of longestFirst(recordings)) {
      const why = missing(load(name), true);
      it(`follows ${name}`, { skip: why ?? false }, () => follow(name, table, true));
      if (!name.startsWith("grandchild")) continue;
      const withoutSweep = table.filter(({ id }) => id !== "sweep");
      it(`follows ${name} with sweep: false`, () => follow(name, withoutSweep, false));
    }
  },
);

async function follow(name: string, rows: readonly Deviation[], sweep: boolean): Promise<void> {
  const expected = amended(load(name), rows);
  await within(expected, async (dir) => {
    const seen = await playIn(dir, expected, sweep);
    const left = descendants(dir, seen.pids);
    assert.deepEqual(differences(expected, seen, SLACK), []);
    if (sweep) assert.deepEqual(left, [], "processes are left");
  });
}

async function playIn(dir: string, scenario: Scenario, sweep: boolean): Promise<Observed> {
  const child = spawn(process.execPath, ["--enable-source-maps", host], {
    cwd: dir,
    env: { ...BASE, ...scenario.env },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const uid = scenario.user === undefined ? {} : { uid: NOBODY };
  child.stdin.end(JSON.stringify({ scenario, sweep, ...uid }));
  const told = text(child.stdio[3] as Readable);
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  assert.equal(errors, "");
  const { facts, ...rest } = JSON.parse(await told) as Observed;
  const isOut = (i: number) => scenario.steps[i]?.verb === "gotstdout";
  return { ...rest, facts: facts.map((fact, i) => (isOut(i) ? { text: out } : fact)) };
}
