/** The recordings once more: against the command, from outside, by its file, its signals and its server. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { concerns, readCommandTable, readTable } from "../deviations.ts";
import { missing } from "../missing.ts";
import { closeInherited } from "../real/inherited.ts";
import { longestFirst } from "../real/room.ts";
import { allRecordings, load } from "../scenario.ts";
import { commandAmendments } from "./amendments.ts";
import { follow } from "./follow.ts";

/** What a log file does when it is full is no matter of the command. */
const played = allRecordings.filter((name) => !name.startsWith("rotate-"));

closeInherited(2);

describe("libsupervisor, beside the recordings of supervisord", { concurrency: 8 }, () => {
  for (const name of longestFirst(played)) {
    const why = missing(load(name), true);
    it(`follows ${name}`, { skip: why ?? false, timeout: 90_000 }, () => follow(name));
  }
});

describe("docs/deviations.md, of the command", () => {
  const known = new Set(readTable());
  const own = readCommandTable().filter(({ id }) => [...known].every((row) => row.id !== id));

  it("names recordings that exist", () => {
    const named = own.flatMap(({ recordings }) =>
      typeof recordings === "string" ? [] : recordings,
    );
    assert.deepEqual(
      named.filter((name) => !allRecordings.includes(name)),
      [],
    );
  });

  for (const { id } of own.filter(({ recordings }) => recordings === "all")) {
    it(`has recordings that show "${id}", which is listed for all`, () => {
      assert.ok(allRecordings.some((name) => concerns(id, load(name), commandAmendments)));
    });
  }
});
