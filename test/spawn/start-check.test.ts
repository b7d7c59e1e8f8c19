import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { Supervisor, type ProgramSettings } from "../../src/index.ts";
import { scratch } from "../support/processes.ts";
import { NOBODY } from "../support/public.ts";

const windows = process.platform === "win32" && "the words are those of POSIX";

function obstacle(settings: ProgramSettings): string | undefined {
  const supervisor = new Supervisor({ programs: { a: settings } });
  return supervisor.process("a")?.obstacle();
}

/** Root may do what others may not. */
function beNobody(t: TestContext): void {
  if (process.geteuid?.() !== 0) return;
  process.seteuid?.(NOBODY);
  t.after(() => process.seteuid?.(0));
}

describe("what would keep a process from being started", { skip: windows }, () => {
  it("is nothing, its directory, or its command", () => {
    assert.equal(obstacle({ command: "/bin/sh" }), undefined);
    const directory = "couldn't chdir to /nope: ENOENT";
    assert.equal(obstacle({ command: "/bin/sh", directory: "/nope" }), directory);
    assert.equal(obstacle({ command: "/nope/a" }), "can't find command '/nope/a'");
  });

  it("is not a directory of PATH that may not be searched, as root's for another user", (t) => {
    beNobody(t);
    const closed = path.join(scratch(t), "bin");
    mkdirSync(closed, 0o000);
    const environment = { PATH: `${closed}:/bin` };
    const settings = { environment, directory: "/" };
    assert.equal(obstacle({ ...settings, command: "sh" }), undefined);
    assert.equal(obstacle({ ...settings, command: "no-such" }), "can't find command 'no-such'");
    const named = `${closed}/no-such`;
    assert.equal(
      obstacle({ ...settings, command: named }),
      `no permission to run command '${named}'`,
    );
  });

  it("is a user that only root can become", (t) => {
    beNobody(t);
    const user = "couldn't setuid to 0: Can't drop privilege as nonroot user";
    assert.equal(obstacle({ command: "/bin/sh", user: "root", directory: "/" }), user);
  });
});
