import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import {
  emptyFile,
  identitiesOf,
  isNamedPipe,
  openToAppend,
  openToRead,
} from "../../src/output/open-file.ts";
import { needsRoot, scratch } from "../support/processes.ts";
import { NOBODY } from "../support/privileged-files.ts";

/** A directory with a file of ours, `precious`. */
function place(t: TestContext) {
  const directory = scratch(t);
  const at = (name: string) => path.join(directory, name);
  fs.writeFileSync(at("precious"), "precious\n", { mode: 0o600 });
  return at;
}

/** Makes a named pipe. */
function pipe(file: string): string {
  execFileSync("mkfifo", [file]);
  return file;
}

/** What becomes of a log of that name: what was opened, or the code of the error. */
function outcomes(file: string): Record<string, string | undefined> {
  const outcome = (work: () => string | undefined) => {
    try {
      return work();
    } catch (error) {
      return (error as NodeJS.ErrnoException).code;
    }
  };
  const kept = (opened: { readonly fd: number } | undefined) => {
    if (opened) fs.closeSync(opened.fd);
    return opened ? "opened" : undefined;
  };
  return {
    append: outcome(() => kept(openToAppend(file))),
    read: outcome(() => kept(openToRead(file))),
    empty: outcome(() => {
      emptyFile(file);
      return "done";
    }),
  };
}

describe("a log that is opened", () => {
  it(
    "by way of a link of somebody else is refused, however many links lead there",
    {
      skip: needsRoot,
    },
    (t) => {
      const at = place(t);
      fs.symlinkSync("precious", at("theirs"));
      fs.lchownSync(at("theirs"), NOBODY, NOBODY);
      fs.symlinkSync("theirs", at("ours"));
      for (const name of ["theirs", "ours"]) {
        const refused = { append: "EPERM", read: "EPERM", empty: "EPERM" };
        assert.deepEqual(outcomes(at(name)), refused);
      }
      assert.equal(fs.readFileSync(at("precious"), "utf8"), "precious\n");
    },
  );

  it("by way of links of ours is what they lead to, also where it has still to be made", (t) => {
    const at = place(t);
    fs.mkdirSync(at("real"));
    fs.mkdirSync(at("real/deep"));
    fs.symlinkSync("real/deep", at("alias"));
    fs.symlinkSync("../new", at("real/deep/link")); // up from where the directory really is
    const { fd } = openToAppend(at("alias/link"));
    fs.writeSync(fd, "x");
    fs.closeSync(fd);
    assert.equal(fs.readFileSync(at("real/new"), "utf8"), "x");
    assert.ok(fs.lstatSync(at("real/deep/link")).isSymbolicLink());
  });

  it("by way of a link to itself is an error, and takes no time", (t) => {
    const at = place(t);
    fs.symlinkSync("loop", at("loop"));
    assert.deepEqual(outcomes(at("loop")), { append: "ELOOP", read: "ELOOP", empty: "ELOOP" });
    assert.equal(isNamedPipe(at("loop")), false);
    assert.deepEqual(identitiesOf(at("loop")), []);
  });

  it("and is a named pipe waits for nobody, and is not read", (t) => {
    const at = place(t);
    pipe(at("pipe"));
    fs.symlinkSync("pipe", at("link"));
    for (const name of ["pipe", "link"]) {
      assert.equal(isNamedPipe(at(name)), true);
      assert.deepEqual(outcomes(at(name)), { append: "opened", read: undefined, empty: "done" });
    }
  });

  it("and is a named pipe of somebody else is refused", { skip: needsRoot }, (t) => {
    const at = place(t);
    fs.chownSync(pipe(at("pipe")), NOBODY, NOBODY);
    fs.symlinkSync("pipe", at("link"));
    for (const name of ["pipe", "link"]) {
      assert.equal(isNamedPipe(at(name)), false);
      assert.deepEqual(outcomes(at(name)), { append: "EPERM", read: "EPERM", empty: "EPERM" });
    }
  });

  it("and cannot be looked at is an error, and nothing worse", () => {
    for (const name of [
      `/tmp/${"n".repeat(300)}`,
      "/dev/null/log",
      `/tmp/a${String.fromCodePoint(0)}b`,
    ]) {
      assert.equal(isNamedPipe(name), false);
      assert.doesNotThrow(() => identitiesOf(name));
      assert.throws(() => openToAppend(name));
    }
  });

  it("and is a device takes what is written, and has nothing to read", () => {
    const expected = { append: "opened", read: undefined, empty: "done" };
    assert.deepEqual(outcomes("/dev/null"), expected);
  });

  it("and is missing is made with the mode that it had, whatever the umask", (t) => {
    const at = place(t);
    fs.writeFileSync(at("former"), "");
    fs.chmodSync(at("former"), 0o664);
    const mask = process.umask(0o077);
    t.after(() => process.umask(mask));
    const { fd, stat } = openToAppend(at("log"), fs.statSync(at("former")));
    fs.closeSync(fd);
    assert.equal(stat.mode & 0o777, 0o664);
    assert.equal(fs.statSync(at("log")).mode & 0o777, 0o664);
  });

  it("and is missing is made with owner and group that it had", { skip: needsRoot }, (t) => {
    const at = place(t);
    fs.writeFileSync(at("former"), "", { mode: 0o640 });
    fs.chownSync(at("former"), NOBODY, 4);
    fs.closeSync(openToAppend(at("log"), fs.statSync(at("former"))).fd);
    const { uid, gid, mode } = fs.statSync(at("log"));
    assert.deepEqual([uid, gid, mode & 0o777], [NOBODY, 4, 0o640]);
  });

  it("and is there keeps its mode, whatever another one had", (t) => {
    const at = place(t);
    const like = fs.statSync(at("precious"));
    fs.writeFileSync(at("log"), "");
    fs.chmodSync(at("log"), 0o604);
    fs.closeSync(openToAppend(at("log"), like).fd);
    assert.equal(fs.statSync(at("log")).mode & 0o777, 0o604);
  });
});

describe("identitiesOf", () => {
  it("is the same for all names of a file, there or not", (t) => {
    const at = place(t);
    fs.mkdirSync(at("real"));
    fs.symlinkSync("real", at("alias"));
    fs.symlinkSync("real/log", at("link"));
    const common = (a: string, b: string) =>
      identitiesOf(at(a)).some((each) => identitiesOf(at(b)).includes(each));
    assert.ok(common("real/log", "alias/log"));
    assert.ok(common("real/log", "link"));
    assert.ok(!common("real/log", "log"));
    fs.writeFileSync(at("real/log"), "");
    assert.ok(common("real/log", "alias/log"));
    fs.linkSync(at("real/log"), at("hard"));
    assert.ok(common("hard", "alias/log"));
  });
});
