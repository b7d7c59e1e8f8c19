/** Signals to the command itself, beside what was seen of supervisord. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { readCommandTable, readTable } from "../deviations.ts";
import { descendants, within } from "../real/room.ts";
import { RealStage } from "../real/stage.ts";
import { confOf, fixtures } from "./conf.ts";
import { Daemon, ours } from "./daemon.ts";

/** Takes its time to end. */
const settings = {
  "program:p": {
    command: `/bin/sh -c 'trap "sleep 0.5; exit 0" TERM; while :; do sleep 0.1; done'`,
    startsecs: "0",
  },
};

interface Scene {
  readonly daemon: Daemon;
  /** How often the log says that. */
  readonly said: (words: string | RegExp) => number;
  /** The serial numbers that the listener was given, in order. */
  readonly serials: () => number[];
  readonly until: (condition: () => boolean) => Promise<void>;
}

/** With a program that runs; at the end nobody and nothing is left. */
async function scene(act: (scene: Scene) => Promise<void>): Promise<void> {
  await within({ files: {}, user: undefined }, async (dir) => {
    const stage = new RealStage(dir);
    const [notes, log] = [path.join(dir, "notes"), path.join(dir, "supervisord.log")];
    copyFileSync(path.join(fixtures, "envelopes.mjs"), path.join(dir, "envelopes.mjs"));
    writeFileSync(path.join(dir, "c.conf"), confOf(settings, dir, { notes, lingers: false }));
    const text = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
    const said: Scene["said"] = (words) => text(log).split(words).length - 1;
    const serials = () => [...text(notes).matchAll(/"serial":"(\d+)"/g)].map(([, n]) => Number(n));
    const until: Scene["until"] = async (condition) => {
      assert.ok(await stage.wait(condition, 20), `${condition.toString()}\n${text(log)}`);
    };
    const daemon = new Daemon(ours, dir, {});
    try {
      await until(() => said("success: p entered RUNNING") === 1 && serials().length > 3);
      await act({ daemon, said, serials, until });
      await until(() => daemon.ending !== undefined);
      await until(() => descendants(dir).length === 0);
      for (const file of ["s", "supervisord.pid"].map((name) => path.join(dir, name)))
        assert.ok(await stage.wait(() => !existsSync(file), 20), `${file} is left`);
    } finally {
      daemon.signal("KILL");
    }
  });
}

describe("libsupervisor, sent signals", { concurrency: 4 }, () => {
  for (const [first, second] of [
    ["HUP", "TERM"],
    ["TERM", "HUP"],
    ["TERM", "TERM"],
    ["INT", "QUIT"],
  ] as const) {
    it(`SIG${first}, then SIG${second}: ends once, with 0, when its program has ended`, async () => {
      await scene(async ({ daemon, said, until }) => {
        daemon.signal(first);
        await until(() => said(`received SIG${first}`) === 1);
        daemon.signal(second);
        await until(() => daemon.ending !== undefined);
        assert.deepEqual(daemon.ending, { status: 0, signal: null });
        assert.equal(said("stopped: p (exit status 0)"), 1);
        assert.equal(said("spawned: 'p'"), 1);
      });
    });
  }

  for (const signal of ["PIPE", "WINCH", "USR1"]) {
    it(`SIG${signal}: goes on`, async () => {
      await scene(async ({ daemon, said, until }) => {
        daemon.signal(signal);
        daemon.signal("USR2");
        await until(() => said("received SIGUSR2 indicating log reopen request") === 1);
        daemon.signal("TERM");
        await until(() => daemon.ending?.status === 0);
      });
    });
  }

  for (const signal of ["KILL", "ALRM"]) {
    it(`SIG${signal}: dies, and leaves neither programs nor files behind`, async () => {
      await scene(async ({ daemon, until }) => {
        daemon.signal(signal);
        await until(() => daemon.ending?.signal === `SIG${signal}`);
      });
    });
  }

  it("SIGHUP: begins a new life in the same process, with new serial numbers", async () => {
    await scene(async ({ daemon, said, serials, until }) => {
      daemon.signal("HUP");
      await until(() => said("success: p entered RUNNING") === 2);
      await until(() => serials().filter((serial) => serial === 0).length === 2);
      assert.equal(said(`supervisord started with pid ${daemon.pid}`), 2);
      daemon.signal("TERM");
      await until(() => daemon.ending?.status === 0);
    });
  });

  it("shows the deviations of the command that no recording shows", () => {
    const library = new Set(readTable().map(({ id }) => id));
    const marked = readCommandTable().filter(
      ({ id, recordings }) => recordings === "none" && !library.has(id),
    );
    assert.deepEqual(
      marked.map(({ id }) => id),
      ["killed", "debugger", "serials", "version", "signal-names", "profiler"], // the next two: side by side
    );
  });
});
