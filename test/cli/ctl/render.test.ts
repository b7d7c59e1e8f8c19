import assert from "node:assert/strict";
import { FAULTS } from "../../../src/control/index.ts";
import { describe, it } from "node:test";
import {
  availLine,
  changeLines,
  columns,
  isStopped,
  partsOf,
  quoted,
  resultLine,
  statusLines,
} from "../../../src/cli/ctl/render.ts";
import type { ProcessInfo, Verb } from "../../../src/cli/ctl/render.ts";

const info = (group: string, name: string, more: Partial<ProcessInfo> = {}): ProcessInfo => ({
  group,
  name,
  state: 20,
  statename: "RUNNING",
  description: "pid 7, uptime 0:00:01",
  pid: 7,
  ...more,
});

describe("the lines of ctl", () => {
  it("status: names are padded to 33 columns, states to 10", () => {
    assert.deepEqual(statusLines([info("a", "a"), info("g", "x")]), [
      "a                                RUNNING   pid 7, uptime 0:00:01",
      "g:x                              RUNNING   pid 7, uptime 0:00:01",
    ]);
  });

  it("status: a long name moves all lines", () => {
    const long = "n".repeat(31);
    const [first, second] = statusLines([info("a", "a"), info(long, long)]);
    assert.equal(first, `a${" ".repeat(33)}RUNNING   pid 7, uptime 0:00:01`);
    assert.equal(second, `${long}   RUNNING   pid 7, uptime 0:00:01`);
  });

  it("status: nothing gives nothing", () => {
    assert.deepEqual(statusLines([]), []);
  });

  it("stopped is what is STOPPED, EXITED, FATAL or UNKNOWN", () => {
    const stopped = [0, 10, 20, 30, 40, 100, 200, 1000].filter((state) =>
      isStopped(info("a", "a", { state })),
    );
    assert.deepEqual(stopped, [0, 100, 200, 1000]);
  });

  it("names: a group and a process, or all of a group", () => {
    assert.deepEqual(partsOf("a"), { group: "a", process: "a" });
    assert.deepEqual(partsOf("g:x"), { group: "g", process: "x" });
    assert.deepEqual(partsOf("g:x:y"), { group: "g", process: "x:y" });
    assert.deepEqual(partsOf("g:*"), { group: "g", process: undefined });
    assert.deepEqual(partsOf("g:"), { group: "g", process: undefined });
    assert.deepEqual(partsOf("*"), { group: "*", process: "*" });
  });

  const results: readonly [Verb, number, string | undefined][] = [
    ["started", FAULTS.SUCCESS, "g:x: started"],
    ["started", FAULTS.BAD_NAME, "g:x: ERROR (no such process)"],
    ["started", FAULTS.NO_FILE, "g:x: ERROR (no such file)"],
    ["started", FAULTS.NOT_EXECUTABLE, "g:x: ERROR (file is not executable)"],
    ["started", FAULTS.ALREADY_STARTED, "g:x: ERROR (already started)"],
    ["started", FAULTS.SPAWN_ERROR, "g:x: ERROR (spawn error)"],
    ["started", FAULTS.ABNORMAL_TERMINATION, "g:x: ERROR (abnormal termination)"],
    ["started", FAULTS.FAILED, undefined],
    ["stopped", FAULTS.SUCCESS, "g:x: stopped"],
    ["stopped", FAULTS.NOT_RUNNING, "g:x: ERROR (not running)"],
    ["stopped", FAULTS.FAILED, "the reason"],
    ["stopped", FAULTS.SPAWN_ERROR, undefined],
    ["signalled", FAULTS.SUCCESS, "g:x: signalled"],
    ["signalled", FAULTS.BAD_SIGNAL, "g:x: ERROR (bad signal name)"],
    ["signalled", FAULTS.BAD_NAME, "g:x: ERROR (no such process)"],
    ["cleared", FAULTS.SUCCESS, "g:x: cleared"],
    ["cleared", FAULTS.BAD_NAME, "g:x: ERROR (no such process)"],
    ["cleared", FAULTS.FAILED, "g:x: ERROR (failed)"],
    ["cleared", FAULTS.NOT_RUNNING, undefined],
  ];
  for (const [verb, status, line] of results) {
    it(`results: ${verb} with ${status} is ${line ?? "unknown"}`, () => {
      const result = { name: "x", group: "g", status, description: "the reason" };
      assert.equal(resultLine(verb, result), line);
    });
  }

  it("avail: four columns", () => {
    const config = { name: "x", group: "g", group_prio: 999, process_prio: 1 };
    assert.equal(
      availLine({ ...config, inuse: true, autostart: false, description: "" } as never),
      "g:x                              in use    manual    999:1",
    );
    assert.equal(
      availLine({ ...config, inuse: false, autostart: true, description: "" } as never),
      "g:x                              avail     auto      999:1",
    );
  });

  it("reread: sorted by name, one word for each", () => {
    assert.deepEqual(changeLines(["c"], ["b"], ["a"]), [
      "a: disappeared",
      "b: changed",
      "c: available",
    ]);
    assert.deepEqual(changeLines([], [], []), ["No config updates to processes"]);
  });

  it("a text is quoted as Python does", () => {
    assert.equal(quoted("stdin"), "'stdin'");
    assert.equal(quoted("it's"), `"it's"`);
    assert.equal(quoted(`it's "it"`), `'it\\'s "it"'`);
  });

  it("words in columns are read downwards", () => {
    assert.deepEqual(columns(["aaaa", "b", "cc", "d", "e"], 9), ["aaaa  d", "b     e", "cc  "]);
    assert.deepEqual(columns(["a", "b"], 80), ["a  b"]);
    assert.deepEqual(columns(["aaa", "bbb"], 2), ["aaa", "bbb"]);
  });
});
