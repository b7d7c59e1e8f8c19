import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import path from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { ActivityLog, SettingsError, SupervisorError } from "../../src/index.ts";
import { Stage } from "../support/helpers.ts";
import { needsRoot, root, scratch } from "../support/processes.ts";

const LINE = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} ([A-Z]{4}) (.*)$/;

/** The lines of a file, without their times. */
function linesOf(file: string): string[] {
  const lines = fs.readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [, level, message] = LINE.exec(line) ?? [];
    assert.ok(level !== undefined, `not a line of a log: ${line}`);
    return `${level} ${message}`;
  });
}

/** A host with a log on its standard output, a pipe. */
function hostOf(t: TestContext, code: string) {
  const library = pathToFileURL(path.join(root, "dist/index.js")).href;
  const source = `
    import { ActivityLog } from ${JSON.stringify(library)};
    import { setTimeout as turn } from "node:timers/promises";
    const log = new ActivityLog({ silent: false });
    ${code}
    process.disconnect();`;
  const host = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  t.after(() => host.kill("SIGKILL"));
  return host as ChildProcess & { readonly stdout: Readable };
}

describe("ActivityLog", () => {
  it("that is closed writes nothing more, and opens no file again", (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile });
    const stage = new Stage({ programs: { a: { command: "a" } } });
    log.listen(stage.supervisor); // nobody stops it
    log.write("INFO", "one");
    log.close();
    fs.rmSync(logfile);
    log.write("INFO", "two");
    void stage.supervisor.start().catch(() => {});
    assert.equal(stage.spawner.children.length, 1);
    assert.ok(!fs.existsSync(logfile));
  });

  it("writes the life of a process as supervisord does", async (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile });
    t.after(() => log.close());
    const stage = new Stage({ programs: { a: { command: "a", startretries: 0 } } });
    log.listen(stage.supervisor);
    await stage.up();
    stage.spawner.last.exit(1);
    stage.clock.advance(0);
    stage.spawner.last.exit(0);
    stage.clock.advance(0);
    await log.tail();
    const told = linesOf(logfile).map((line) => line.replace(/pid \d+/, "pid N"));
    assert.deepEqual(told, [
      "INFO spawned: 'a' with pid N",
      "INFO success: a entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
      "WARN exited: a (exit status 1; not expected)",
      "INFO spawned: 'a' with pid N",
      "WARN exited: a (exit status 0; not expected)",
      "INFO gave up: a entered FATAL state, too many start retries too quickly",
    ]);
  });

  it("has at debug level what processes write, as Python shows it, each chunk once", async (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile, loglevel: "debug" });
    t.after(() => log.close());
    const brief = { startsecs: 0, autorestart: false };
    const stage = new Stage({
      programs: {
        a: { command: "a", ...brief, redirect_stderr: true },
        el: { command: "el", ...brief, events: ["TICK_5"] },
      },
    });
    log.listen(stage.supervisor);
    await stage.up();
    stage.supervisor.add("b", { command: "b", ...brief });
    const [a, b] = [stage.spawner.of("a"), stage.spawner.of("b")];
    a.print("größe\n");
    await stage.pass(0);
    b.print(Uint8Array.of(0x88, 0x0a), "stderr");
    await stage.pass(0);
    stage.spawner.of("el").print("READY\n");
    await stage.pass(0);
    await log.tail();
    const all = fs.readFileSync(logfile, "utf8").split(/^\d{4}-\d\d-\d\d \S+ /m);
    assert.deepEqual(
      all.filter((line) => line.includes("output:")),
      [
        "DEBG 'a' stdout output:\ngröße\n\n",
        "DEBG 'b' stderr output:\nUndecodable: b'\\x88\\n'\n",
        "DEBG 'el' stdout output:\nb'READY\\n'\n",
      ],
    );
    await stage.supervisor.shutdown();
  });

  it("goes on copying what a program writes that was changed by an update", async (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile, loglevel: "debug" });
    t.after(() => log.close());
    const stage = new Stage({ programs: { a: { command: "a", startsecs: 0 } } });
    log.listen(stage.supervisor);
    await stage.up();
    await stage.supervisor.update({ programs: { a: { command: "a", startsecs: 0, priority: 3 } } });
    await stage.pass(0);
    stage.spawner.last.print("after\n");
    await stage.pass(0);
    await log.tail();
    assert.match(fs.readFileSync(logfile, "utf8"), /DEBG 'a' stdout output:\nafter\n/);
    await stage.supervisor.shutdown();
  });

  it("leaves out what is not grave enough", async (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile, loglevel: "WARN" });
    t.after(() => log.close());
    for (const level of ["CRIT", "ERRO", "WARN", "INFO", "DEBG", "TRAC", "BLAT"] as const)
      log.write(level, "x");
    await log.tail(); // on a slow disk it is written a little later
    assert.deepEqual(linesOf(logfile), ["CRIT x", "ERRO x", "WARN x"]);
  });

  it("is turned over when full", async (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile, logfile_maxbytes: 100, logfile_backups: 1 });
    t.after(() => log.close());
    log.write("INFO", "x".repeat(100));
    log.write("INFO", "last");
    await log.tail();
    assert.deepEqual(linesOf(logfile), ["INFO last"]);
    assert.equal(linesOf(`${logfile}.1`).length, 1);
    assert.ok(!fs.existsSync(`${logfile}.2`));
  });

  it("can be read, emptied and opened anew", async (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile });
    t.after(() => log.close());
    log.write("INFO", "one");
    assert.match((await log.read(-4, 0)).toString(), /^one\n$/);
    await assert.rejects(log.read(-4, 1), { code: "BAD_ARGUMENTS" });
    log.clear();
    assert.equal(fs.statSync(logfile).size, 0);
    fs.renameSync(logfile, `${logfile}.old`);
    log.reopen();
    log.write("INFO", "two");
    await log.tail();
    assert.deepEqual(linesOf(logfile), ["INFO two"]);
  });

  it("without a file says so", async () => {
    const log = new ActivityLog();
    assert.equal(log.file, "");
    const isNoFile = (error: unknown) =>
      error instanceof SupervisorError && error.code === "NO_FILE";
    await assert.rejects(log.read(0, 0), isNoFile);
    assert.throws(() => log.clear(), isNoFile);
    assert.throws(() => log.follow(), isNoFile);
  });

  it("hears nothing more when it was told to stop listening", async (t) => {
    const logfile = path.join(scratch(t), "log");
    const log = new ActivityLog({ logfile });
    t.after(() => log.close());
    const stage = new Stage({ programs: { a: { command: "a" } } });
    const others: string[] = [];
    stage.supervisor.on("ACTIVITY", ({ message }) => others.push(message));
    log.listen(stage.supervisor)();
    await stage.up();
    assert.equal(fs.readFileSync(logfile, "utf8"), "");
    assert.equal(others.length, 2);
  });

  it("says what is wrong with its settings", () => {
    const wrong = { loglevel: "loud", logfile_maxbytes: -1 } as never;
    assert.throws(
      () => new ActivityLog(wrong),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.deepEqual(
          error.issues.map(({ path: [key] }) => key),
          ["logfile_maxbytes", "loglevel"],
        );
        return true;
      },
    );
  });

  it("says what was probably meant", () => {
    assert.throws(() => new ActivityLog({ logfil: "x" } as never), {
      name: "SettingsError",
      message: /there is no setting "logfil"; did you mean "logfile"\?/,
    });
  });

  it("goes on when nobody reads the standard output any more", async (t) => {
    const host = hostOf(t, 'for (let i = 0; i < 5; i++) log.write("INFO", i), await turn(1);');
    host.stdout.destroy();
    assert.deepEqual(await once(host, "exit"), [0, null]);
  });

  it("keeps no lines without end for an output that nobody reads", async (t) => {
    const host = hostOf(
      t,
      `for (let i = 0; i < 10_000; i++) log.write("INFO", "x".repeat(1000));
      process.send(process.stdout.writableLength);`,
    );
    const [kept] = (await once(host, "message")) as [number];
    assert.ok(kept < 2_000_000, `${kept} bytes`);
    const said = await text(host.stdout);
    assert.ok(said.length < 2_000_000, `${said.length} bytes`);
  });

  it("does not write through a link that somebody else has laid", { skip: needsRoot }, (t) => {
    const directory = scratch(t);
    const target = path.join(directory, "target");
    const logfile = path.join(directory, "log");
    fs.writeFileSync(target, "precious");
    fs.symlinkSync(target, logfile);
    fs.lchownSync(logfile, 65_534, 65_534);
    const warned: string[] = [];
    t.mock.method(process, "emitWarning", (message: string) => warned.push(message));
    const log = new ActivityLog({ logfile });
    log.write("INFO", "x");
    assert.equal(fs.readFileSync(target, "utf8"), "precious");
    assert.match(warned.join("\n"), /a symbolic link that belongs to uid 65534/);
    fs.unlinkSync(logfile);
    log.close();
  });
});
