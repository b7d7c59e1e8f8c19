import assert from "node:assert/strict";
import { constants } from "node:os";
import { describe, it } from "node:test";
import { numberOf, RunMarker } from "../../src/cleanup/run-mark.ts";
import { FakeClock } from "../../src/testing/index.ts";

describe("the marks of runs", () => {
  it("number the runs, and name the stop signal", () => {
    const marker = new RunMarker(new Map(), new FakeClock());
    assert.match(marker.name, /^LIBSUPERVISOR_[\da-f]{16}$/);
    const { run, marks } = marker.mark("SIGTERM");
    assert.equal(run, 1);
    assert.equal(marks.tag, `${marker.name}=1-${constants.signals.SIGTERM}`);
    assert.equal(marker.mark(34).marks.tag, `${marker.name}=2-34`);
  });

  it("share what the supervisor knows, and no name with another supervisor", () => {
    const pgids = new Map([[7, 15]]);
    const marker = new RunMarker(pgids, new FakeClock());
    const first = marker.mark("SIGTERM").marks.supervisor;
    assert.equal(first, marker.mark("SIGTERM").marks.supervisor);
    assert.equal(first.pgids, pgids);
    assert.notEqual(new RunMarker(pgids, new FakeClock()).name, marker.name);
  });

  it("count the processes of the system again after a tenth of a second", () => {
    const clock = new FakeClock();
    const marker = new RunMarker(new Map(), clock);
    const { forks } = marker.mark("SIGTERM").marks;
    clock.advance(100);
    assert.equal(marker.mark("SIGTERM").marks.forks, forks);
    clock.advance(1);
    assert.ok(marker.mark("SIGTERM").marks.forks >= forks);
  });
});

describe("the number of a signal", () => {
  it("is that of its name, or itself", () => {
    assert.equal(numberOf("SIGKILL"), 9);
    assert.equal(numberOf(40), 40);
  });
});
