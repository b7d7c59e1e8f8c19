import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { ProgramSettings } from "../../src/index.ts";
import { LineChannel } from "../support/line-channel.ts";
import { needsRoot, root, scratch } from "../support/processes.ts";
import { supervise } from "../support/real-supervisor.ts";

/** What a child says of itself: see the fixture. */
interface Facts {
  readonly pid: number;
  readonly pgrp: number;
  readonly session: number;
  readonly cwd: string;
  readonly umask: number;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly blocked: string;
}

const fixture = path.join(root, "test/fixtures/facts.mjs");

async function factsOf(
  t: TestContext,
  settings: Partial<ProgramSettings> = {},
  args: readonly string[] = [],
): Promise<Facts> {
  const { supervisor, channel } = supervise(t, {
    web: { command: [process.execPath, fixture, ...args], startsecs: 0, ...settings },
  });
  await supervisor.start();
  const facts = JSON.parse(await readAll(channel)) as Facts;
  assert.equal(facts.pid, supervisor.status()[0]?.pid);
  return facts;
}

/** A pipe takes 4 KiB in one piece: the fixture says where it has written the rest. */
async function readAll(channel: LineChannel): Promise<string> {
  return readFileSync(await channel.hear(/^facts in (.*)$/), "utf8");
}

const awkward = [
  "",
  " ",
  "two words",
  "'",
  '"',
  `a'b"c`,
  "$HOME `id` $(id)",
  "\\",
  "-x",
  "--",
  "line\nbreak",
  "*",
  "é€😀",
  "%d",
];

describe("what a real child gets", () => {
  it("process group: its own, and its own session", async (t) => {
    const { pid, pgrp, session } = await factsOf(t);
    assert.equal(pgrp, pid);
    assert.equal(session, pid);
  });

  it("environment: that of the host, the supervisor's, the program's, and who it is", async (t) => {
    process.env["LIBSUPERVISOR_HOST"] = "host";
    t.after(() => {
      delete process.env["LIBSUPERVISOR_HOST"];
    });
    const { env } = await factsOf(t, {
      process_name: "own",
      environment: { OWN: "a\nb='c'", "odd.name": "1", EMPTY: "" },
    });
    assert.equal(env["LIBSUPERVISOR_HOST"], "host");
    assert.equal(env["OWN"], "a\nb='c'");
    assert.equal(env["odd.name"], "1");
    assert.equal(env["EMPTY"], "");
    assert.ok(env["CHANNEL"]);
    assert.equal(env["SUPERVISOR_ENABLED"], "1");
    assert.equal(env["SUPERVISOR_PROCESS_NAME"], "own");
    assert.equal(env["SUPERVISOR_GROUP_NAME"], "web");
    assert.equal(env["PATH"], process.env["PATH"]);
  });

  it("signals: none is blocked or ignored", async (t) => {
    assert.deepEqual((await factsOf(t)).blocked.split(" "), ["0000000000000000"]);
  });

  it("directory: the host's, or the one that was set, where the command is looked up", async (t) => {
    assert.equal((await factsOf(t)).cwd, process.cwd());
    const directory = realpathSync(scratch(t));
    assert.equal((await factsOf(t, { directory })).cwd, directory);
    symlinkSync(process.execPath, path.join(directory, "own-node"));
    const { cwd } = await factsOf(t, { directory, command: ["./own-node", fixture] });
    assert.equal(cwd, directory);
  });

  for (const umask of ["077", "0", 0o027, "0o002"]) {
    it(`umask ${umask}: is the child's alone`, async (t) => {
      const before = process.umask();
      const facts = await factsOf(t, { umask });
      assert.equal(
        facts.umask,
        typeof umask === "string" ? Number.parseInt(umask.replace("0o", ""), 8) : umask,
      );
      assert.equal(process.umask(), before);
      assert.equal(facts.pgrp, facts.pid);
    });
  }

  it("umask: the environment and the directory are the same as without", async (t) => {
    const directory = realpathSync(scratch(t));
    const environment = { "odd.name": "1", "with-dash": "2", OWN: "a\nb" };
    const plain = await factsOf(t, { directory, environment });
    const masked = await factsOf(t, { directory, environment, umask: "022" });
    // what a shell keeps for itself, and what differs between two tests
    const own = new Set(["PWD", "OLDPWD", "SHLVL", "_", "CHANNEL"]);
    const comparable = ({ env }: Facts) =>
      Object.fromEntries(
        Object.entries(env).filter(
          ([name]) => !own.has(name) && !name.startsWith("LIBSUPERVISOR_"),
        ),
      );
    assert.deepEqual(comparable(masked), comparable(plain));
    assert.equal(masked.cwd, directory);
  });

  const ways: readonly { readonly title: string; readonly settings: Partial<ProgramSettings> }[] = [
    { title: "as it is", settings: {} },
    { title: "with umask", settings: { umask: "022" } },
    { title: "with user", settings: { user: "nobody" } },
    { title: "with umask and user", settings: { umask: "022", user: "nobody" } },
  ];
  for (const { title, settings } of ways) {
    it(
      `arguments ${title}: arrive untouched`,
      { skip: settings.user !== undefined && needsRoot },
      async (t) => {
        const copy = readable(t);
        const facts = await factsOf(t, {
          command: [copy.node, copy.fixture, ...awkward],
          ...settings,
        });
        assert.deepEqual(facts.argv, awkward);
      },
    );
  }
});

describe("the user of a real child", { skip: needsRoot }, () => {
  const name = `lsvc${process.pid}`;
  const extra = [`${name}a`, `${name}b`];
  const run = (...words: [string, ...string[]]) =>
    execFileSync(words[0], words.slice(1), {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const withUser = (t: TestContext) => {
    for (const group of extra) run("groupadd", group);
    run("useradd", "--no-create-home", "--groups", extra.join(","), name);
    t.after(() => {
      run("userdel", "--force", name);
      for (const group of extra) run("groupdel", group);
    });
    const ids = run("id", "-G", name).trim().split(" ").map(Number);
    return { uid: Number(run("id", "-u", name)), gid: Number(run("id", "-g", name)), ids };
  };
  const sorted = (ids: readonly number[]) => [...new Set(ids)].toSorted((a, b) => a - b);

  it("user: uid, gid and supplementary groups, by name and by uid, with umask too", async (t) => {
    const { uid, gid, ids } = withUser(t);
    assert.equal(ids.length, 3);
    const { node, fixture: script } = readable(t);
    for (const user of [name, uid]) {
      for (const umask of [undefined, "077"]) {
        const facts = await factsOf(t, {
          command: [node, script],
          user,
          ...(umask !== undefined && { umask }),
        });
        assert.equal(facts.uid, uid);
        assert.equal(facts.gid, gid);
        assert.deepEqual(sorted([facts.gid, ...facts.groups]), sorted(ids));
        if (umask !== undefined) assert.equal(facts.umask, 0o077);
        assert.equal(facts.pgrp, facts.pid);
        assert.equal(facts.env["HOME"], process.env["HOME"]);
      }
    }
  });

  it("user: the host's own changes nothing", async (t) => {
    const facts = await factsOf(t, { user: "root" });
    assert.deepEqual(facts.groups, process.getgroups?.());
  });

  it("user: a child of another user is stopped and swept", async (t) => {
    const { supervisor, channel } = supervise(t, {
      web: {
        command: ["/bin/sh", "-c", "sleep 1000 & echo up $$ >$CHANNEL; wait"],
        user: "nobody",
        startsecs: 0,
      },
    });
    await supervisor.start();
    await channel.pid("up");
    await supervisor.stop("web");
  });
});

/** Node and the fixture where any user can read them, which the home of somebody may not be. */
function readable(t: TestContext): { node: string; fixture: string } {
  const directory = scratch(t);
  const copy = path.join(directory, "facts.mjs");
  execFileSync("cp", [fixture, copy]);
  chmodSync(copy, 0o644);
  return { node: process.execPath, fixture: copy };
}
