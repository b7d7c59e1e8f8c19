/** Files that do not outlive the host. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { describe, it } from "node:test";
import { Supervisor, SupervisorError } from "../../src/index.ts";
import { FakeClock, FakeSpawner } from "../../src/testing/index.ts";
import { death, guardiansOf, isLinux, until } from "../support/guards.ts";
import { runHost } from "../support/host.ts";
import { scratch } from "../support/processes.ts";

const odd = [
  "plain.pid",
  "with  two blanks ",
  "quo'te\"s $HOME `id` \\0101",
  "line\nend\n",
  "ünï ☂",
];

/** A host that owns a file of each name, and has let one go. */
const owner = (directory: string, settings = "{}") => `
  const { writeFileSync } = await import("node:fs");
  const supervisor = new Supervisor(${settings});
  const own = (name) => {
    const file = ${JSON.stringify(directory)} + "/" + name;
    writeFileSync(file, String(process.pid));
    return supervisor.ownFile(file);
  };
  own("taken"); // first to be looked at
  own("let go")();
  for (const name of ${JSON.stringify(odd)}) own(name);
  supervisor.on("GUARDIAN_LOST", () => setImmediate(() => console.log("again")));
  console.log("owned");
`;

/** Puts another file where one of the host's was. */
function take(directory: string): void {
  const file = path.join(directory, "taken");
  writeFileSync(`${file}.new`, "somebody else's");
  renameSync(`${file}.new`, file); // not removed first: the inode would be free for it
}

const stays = ["let go", "taken"];

describe("a file that the supervisor owns", { skip: isLinux ? false : "there is no /proc" }, () => {
  it("is gone after the host was killed, unless it is another one by then", async (t) => {
    const directory = scratch(t);
    const { stderr } = await death(t, owner(directory), async (pid, _ear, heard) => {
      await heard(/owned/);
      assert.equal(guardiansOf(pid).length, 1);
      take(directory);
    });
    await until(() => readdirSync(directory).length === stays.length);
    assert.deepEqual(readdirSync(directory).toSorted(), stays);
    assert.equal(readFileSync(path.join(directory, "taken"), "utf8"), "somebody else's");
    assert.equal(stderr, "");
  });

  it("is in the care of the next guardian when the first was killed", async (t) => {
    const directory = scratch(t);
    await death(t, owner(directory), async (pid, _ear, heard) => {
      await heard(/owned/);
      const [first = 0] = guardiansOf(pid);
      process.kill(first, "SIGKILL");
      await heard(/again/); // by then the next one knows of the files
      assert.ok(guardiansOf(pid).some((guardian) => guardian !== first));
    });
    await until(() => !existsSync(path.join(directory, "taken")));
    await until(() => readdirSync(directory).length === 1);
  });

  for (const settings of ["{}", "{ guardian: false }", "{ guardian_waitsecs: 5 }"]) {
    it(`is gone when the host exits: ${settings}`, async (t) => {
      const directory = scratch(t);
      const { status } = await runHost(
        `${owner(directory, settings)}
         process.stdin.once("data", () => process.exit(3));`,
        {
          meanwhile: async (_pid, tell, heard) => {
            await heard(/owned/);
            take(directory);
            tell("exit");
          },
        },
      );
      assert.equal(status, 3);
      assert.deepEqual(readdirSync(directory).toSorted(), stays);
    });
  }

  it("does not keep the host, and no guardian stays when all were let go", async (t) => {
    const directory = scratch(t);
    const end = await runHost(
      `const before = process.listenerCount("exit");
       ${owner(directory)}
       console.log(process.listenerCount("exit") - before);`,
    );
    assert.deepEqual([end.status, end.stdout], [0, "owned\n1\n"]);
    await death(
      t,
      `const { writeFileSync } = await import("node:fs");
       const file = ${JSON.stringify(path.join(directory, "one"))};
       writeFileSync(file, "");
       const release = new Supervisor().ownFile(file);
       process.on("SIGUSR1", () => {
         const before = process.listenerCount("exit");
         release();
         release();
         console.log("released", process.listenerCount("exit") - before);
       });
       console.log("owned");`,
      async (pid, _ear, heard) => {
        await heard(/owned/);
        process.kill(pid, "SIGUSR1");
        await heard(/released -1/);
        await until(() => guardiansOf(pid).length === 0);
      },
    );
    assert.ok(existsSync(path.join(directory, "one")));
  });

  it("may be a socket; must be there, and no directory", async (t) => {
    const directory = scratch(t);
    const supervisor = new Supervisor({}, { clock: new FakeClock(), spawner: new FakeSpawner() });
    const file = path.join(directory, "x.sock");
    const refused = (name: string) =>
      assert.throws(
        () => supervisor.ownFile(name),
        (error) => error instanceof SupervisorError && error.code === "NO_FILE",
      );
    refused(file);
    refused(directory);
    const server = createServer();
    await new Promise((resolve) => server.listen(file, () => resolve(undefined)));
    const before = process.listenerCount("exit");
    const release = supervisor.ownFile(file);
    assert.equal(process.listenerCount("exit"), before + 1);
    assert.deepEqual(guardiansOf(process.pid), []); // who starts nothing needs no guardian
    release();
    assert.equal(process.listenerCount("exit"), before);
    server.close();
  });
});
