/** The recordings in virtual time, with children that end as supervisord's did. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, describe, it } from "node:test";
import { differences } from "./compare.ts";
import { amended, concerns, readTable } from "./deviations.ts";
import { missing } from "./missing.ts";
import { play } from "./player.ts";
import { allRecordings, load, recordings, type RecordedEvent } from "./scenario.ts";
import { VirtualStage } from "./virtual.ts";

const table = readTable();
const dir = mkdtempSync(path.join(tmpdir(), "virtual-"));
for (const name of ["auto", "logs"]) mkdirSync(path.join(dir, name));
after(() => rmSync(dir, { recursive: true }));
process.env["LAB_INHERITED"] = "yes"; // some settings name a variable of the host
/** Whose subject is the operating system, or a listener: what the events come from is not in the recording. */
const UNTOLD = new Set(["stdin-never-read", "listener-dies-busy"]);
/** Virtual time comes in steps of a millisecond; recorded times are rounded. */
const SLACK = { early: 0.02, late: 0.02 };

describe("Supervisor in virtual time, beside the recordings of supervisord", () => {
  for (const name of recordings) {
    if (UNTOLD.has(name)) continue;
    it(`follows ${name}`, { skip: missing(load(name), false) ?? false }, async () => {
      const whole = amended(load(name), table);
      // these children do not write
      const isWritten = ({ event }: RecordedEvent) => /^PROCESS_(?:LOG|COMMUNICATION)/.test(event);
      const expected = { ...whole, events: whole.events.filter((event) => !isWritten(event)) };
      const stage = new VirtualStage(expected, dir);
      const seen = await play(expected, stage, true);
      assert.deepEqual(differences(expected, seen, SLACK), []);
      assert.equal(stage.clock.pending, 0, "a timer is left");
    });
  }
});

describe("docs/deviations.md", () => {
  it("names recordings that exist", () => {
    const named = table.flatMap(({ recordings: names }) =>
      typeof names === "string" ? [] : names,
    );
    assert.deepEqual(
      named.filter((name) => !allRecordings.includes(name)),
      [],
    );
  });

  it("lists each deviation once", () => {
    const ids = table.map(({ id }) => id);
    assert.deepEqual(ids, [...new Set(ids)]);
  });

  for (const { id, recordings: where } of table.filter((row) => row.recordings === "all")) {
    it(`has recordings that show "${id}", which is listed for ${String(where)}`, () => {
      assert.ok(recordings.some((name) => concerns(id, load(name))));
    });
  }
});
