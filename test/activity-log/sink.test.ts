import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Sink } from "../../src/activity-log/sink.ts";
import { FakeClock } from "../../src/testing/index.ts";

describe("Sink", () => {
  it("says how many lines it has lost, once there is room again", () => {
    const lines: string[] = [];
    let behind = 2_000_000;
    const output = { behind: () => behind, put: (line: string) => lines.push(line), isDated: true };
    const sink = new Sink(output, new FakeClock());
    for (let i = 0; i < 3; i++) sink.write("INFO", "lost");
    behind = 0;
    for (let i = 0; i < 2; i++) sink.write("INFO", "kept");
    assert.deepEqual(lines, [
      "WARN 3 lines are lost here: they came faster than they were written",
      "INFO kept",
      "INFO kept",
    ]);
  });

  it("writes the time of its clock before each line, as Python does", () => {
    const lines: string[] = [];
    const clock = new FakeClock();
    const sink = new Sink({ behind: () => 0, put: (line) => lines.push(line) }, clock);
    sink.write("INFO", "one");
    clock.advance(1234);
    sink.write("CRIT", "two");
    const time = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),(\d{3}) (INFO one|CRIT two)\n$/;
    const [first, second] = lines.map((line) => {
      const [, seconds = "", milliseconds] = time.exec(line) ?? [];
      return Date.parse(seconds) + Number(milliseconds);
    });
    assert.equal((second ?? 0) - (first ?? 0), 1234);
    assert.equal(first, clock.date() - 1234);
  });
});
