import assert from "node:assert/strict";
import { mkdirSync, readFileSync, realpathSync, renameSync, rmdirSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, it } from "node:test";
import {
  absolute,
  expandHome,
  temporaryDirectories,
  temporaryDirectory,
} from "../../src/system/directories.ts";
import { runHost } from "../support/host.ts";
import { needsRoot, root, scratch } from "../support/processes.ts";

const windows = process.platform === "win32" && "its own rules hold on Windows";
const places = path.join(root, "build/src/system/directories.js");

describe("the directory for temporary files", { skip: windows }, () => {
  const { TMPDIR, TEMP, TMP } = process.env;
  const former = Object.entries({ TMPDIR, TEMP, TMP });
  afterEach(() => {
    for (const [name, value] of former) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });
  it("is TMPDIR, TEMP or TMP, the first in which there can be files", (t) => {
    const directory = scratch(t);
    const gone = path.join(directory, "gone");
    Object.assign(process.env, { TMPDIR: directory, TEMP: gone, TMP: gone });
    assert.equal(temporaryDirectory(), directory);
    Object.assign(process.env, { TMPDIR: gone, TEMP: `${directory}/` });
    assert.equal(temporaryDirectory(), directory);
    Object.assign(process.env, { TEMP: "", TMP: path.relative(process.cwd(), directory) });
    assert.equal(temporaryDirectory(), realpathSync(directory));
  });

  it("is /tmp where they name nothing, or a file", () => {
    const file = import.meta.filename;
    Object.assign(process.env, { TMPDIR: "/gone", TEMP: file, TMP: "n".repeat(5000) });
    assert.equal(temporaryDirectory(), "/tmp");
  });

  const noTmpfs = !isTmpfs("/dev/shm") && "/dev/shm is not in memory";
  it("is one in memory for files of a moment, and the usual one next", { skip: noTmpfs }, (t) => {
    const [directory, runtime] = [scratch(t), process.env["XDG_RUNTIME_DIR"]];
    t.after(() => {
      if (runtime === undefined) delete process.env["XDG_RUNTIME_DIR"];
      else process.env["XDG_RUNTIME_DIR"] = runtime;
    });
    Object.assign(process.env, { TMPDIR: directory, XDG_RUNTIME_DIR: directory });
    const tried = [...temporaryDirectories()].filter((place) => place !== "/run");
    assert.deepEqual(tried.slice(0, 2), ["/dev/shm", directory]); // which is on a disk
    assert.equal(new Set(tried).size, tried.length);
  });

  it("is not one that may not be written", { skip: needsRoot }, async (t) => {
    const directory = scratch(t); // of root's, mode 755
    const { stdout, stderr } = await runHost(
      `import { temporaryDirectory } from ${JSON.stringify(places)};
      process.env.TMPDIR = ${JSON.stringify(directory)};
      process.setuid(43210);
      console.log(temporaryDirectory());`,
    );
    assert.equal(stdout, "/tmp\n", stderr);
  });
});

describe("a home", { skip: windows }, () => {
  it("is HOME of the environment, for ~ as the first part alone", () => {
    const env = { HOME: "/home/me" };
    assert.equal(expandHome("~/log", env), "/home/me/log");
    assert.equal(expandHome("~", env), "/home/me");
    assert.equal(expandHome("~me/log", env), "~me/log");
    assert.equal(expandHome("/a/~/log", env), "/a/~/log");
    assert.equal(expandHome("~/log", { HOME: "" }), "/log");
  });

  it("is none for a user that no database knows: ~ stays", { skip: needsRoot }, async () => {
    const { stdout, stderr } = await runHost(
      `import { expandHome } from ${JSON.stringify(places)};
      process.setuid(43210);
      delete process.env.HOME;
      console.log(expandHome("~/log", {}), expandHome("/log", {}));`,
    );
    assert.equal(stdout, "~/log /log\n", stderr);
  });
});

describe("the working directory", { skip: windows }, () => {
  it("is where relative paths begin", () => {
    assert.equal(absolute("a"), path.resolve("a"));
    assert.equal(absolute("/a/../b/"), "/b");
  });

  it("has a name where it was removed, and its new one where it was renamed", async (t) => {
    const isLinux = process.platform === "linux";
    const directory = path.join(scratch(t), "cwd");
    mkdirSync(directory);
    const { stdout, stderr } = await runHost(
      `import { workingDirectory } from ${JSON.stringify(places)};
      const say = () => console.log(workingDirectory());
      say();
      process.stdin.on("data", say);`,
      {
        cwd: directory,
        meanwhile: async (pid, tell, heard) => {
          await heard(/cwd\n/);
          renameSync(directory, `${directory}2`);
          tell("renamed");
          await heard(/(?:.*cwd.*\n){2}/);
          rmdirSync(`${directory}2`);
          tell("removed");
          await heard(/(?:.*cwd.*\n){3}/);
          process.kill(pid, "SIGKILL");
        },
      },
    );
    const [, renamed = "", removed = ""] = stdout.split("\n");
    assert.ok(removed.startsWith("/"), stderr);
    if (isLinux) assert.equal(renamed, `${realpathSync(path.dirname(directory))}/cwd2`);
  });
});

/** What mount(8) shows. */
function isTmpfs(place: string): boolean {
  if (process.platform !== "linux") return false;
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n");
  return mounts.some((line) => line.split(" ").slice(1, 3).join(" ") === `${place} tmpfs`);
}
