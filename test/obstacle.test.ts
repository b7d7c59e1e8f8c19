import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Supervisor, type ProgramSettings } from "../src/index.ts";

const windows = process.platform === "win32" && "the words are those of POSIX";

function obstacle(settings: ProgramSettings): string | undefined {
  const supervisor = new Supervisor({ programs: { a: settings } });
  return supervisor.process("a")?.obstacle();
}

describe("what would keep a process from being started", { skip: windows }, () => {
  it("is nothing, its directory, or its command", () => {
    assert.equal(obstacle({ command: "/bin/sh" }), undefined);
    const directory = "couldn't chdir to /nope: ENOENT";
    assert.equal(obstacle({ command: "/bin/sh", directory: "/nope" }), directory);
    assert.equal(obstacle({ command: "/nope/a" }), "can't find command '/nope/a'");
  });

  it("is a user that only root can become", (t) => {
    if (process.geteuid?.() === 0) {
      process.seteuid?.(65_534);
      t.after(() => process.seteuid?.(0));
    }
    const user = "couldn't setuid to 0: Can't drop privilege as nonroot user";
    assert.equal(obstacle({ command: "/bin/sh", user: "root", directory: "/" }), user);
  });
});
