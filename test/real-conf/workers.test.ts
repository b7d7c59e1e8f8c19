/** Workers of queues and the like, run from files as people have them. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { Daemon, copyOfConf, descendants, isOurs, lacks } from "../support/daemon.ts";
import { alive, needsRoot } from "../support/processes.ts";

describe("files of workers", { concurrency: 2 }, () => {
  it("celery.conf: a worker and its beat, with logs of their own", async (t) => {
    const directory = copyOfConf(t);
    const at = (name: string) => path.join(directory, name);
    const daemon = new Daemon(t, at("celery.conf"));
    await daemon.heard(/success: celery entered RUNNING/);
    await daemon.heard(/success: celerybeat entered RUNNING/);
    assert.ok(existsSync(at("run/celerybeat-schedule.pid")));
    await daemon.stop();
    assert.match(daemon.output, /stopped: celerybeat \(exit status 0\)/);
    assert.match(daemon.output, /stopped: celery \(exit status 0\)/);
    assert.match(
      readFileSync(at("log/celery_worker.log"), "utf8"),
      /^celery@\S+ ready in app\nworker: Warm shutdown \(MainProcess\)\n$/,
    );
    assert.equal(readFileSync(at("log/celery_worker.err"), "utf8"), "");
    assert.equal(readFileSync(at("log/celery_beat.err"), "utf8"), "beat: Starting...\n");
    assert.ok(!existsSync(at("run/celerybeat-schedule.pid")));
  });

  const notOurs = !isOurs && "supervisord leaves its programs";
  it("celery.conf: killed, the command leaves nothing", { skip: notOurs }, async (t) => {
    const directory = copyOfConf(t);
    const daemon = new Daemon(t, path.join(directory, "celery.conf"));
    await daemon.heard(/success: celery entered RUNNING/);
    await daemon.heard(/success: celerybeat entered RUNNING/);
    assert.deepEqual(await daemon.end("SIGKILL"), { status: null, signal: "SIGKILL" });
    const pidfile = path.join(directory, "run/supervisord.pid");
    await daemon.patiently(() => !existsSync(pidfile), "end of the pid file");
  });

  const noPhp = lacks("php") || needsRoot;
  it("laravel.conf: four workers share the jobs and a log", { skip: noPhp }, async (t) => {
    const directory = copyOfConf(t);
    const at = (name: string) => path.join(directory, name);
    const log = () => readFileSync(at("log/worker.log"), "utf8");
    const daemon = new Daemon(t, at("laravel.conf"));
    for (const number of ["00", "01", "02", "03"])
      await daemon.heard(new RegExp(`success: laravel-worker_${number} entered RUNNING`));
    await daemon.heard(/success: laravel-schedule entered RUNNING/);
    const jobs = Array.from({ length: 20 }, (_, index) => `${index}.job`);
    for (const job of jobs) writeFileSync(at(`run/www/${job}`), "");
    await daemon.patiently(() => log().match(/DONE/g)?.length === jobs.length, "20 jobs");
    await daemon.stop();
    const lines = log().trim().split("\n").toSorted();
    const done = jobs.map((job) => `${job} DONE by uid 33`);
    const ends = Array.from({ length: 4 }, () => "queue:work has ended well");
    assert.deepEqual(lines, [...done, ...ends].toSorted());
    assert.match(daemon.output, /stopped: laravel-worker_03 \(exit status 0\)/);
    assert.match(readFileSync(at("log/schedule.log"), "utf8"), /started\nschedule:work has ended/);
  });

  it(
    "wrappers.conf: what a script and npm have started ends with them",
    { skip: lacks("bash", "npm") },
    async (t) => {
      const daemon = new Daemon(t, path.join(copyOfConf(t), "wrappers.conf"));
      const script = Number(await daemon.heard(/^script (\d+)$/m));
      const npm = Number(await daemon.heard(/^npm production (\d+)$/m));
      await daemon.heard(/success: script entered RUNNING/);
      await daemon.heard(/success: npm entered RUNNING/);
      const tree = descendants(daemon.pid);
      assert.ok(tree.includes(script) && tree.includes(npm));
      await daemon.stop();
      assert.ok(!alive(script) && !alive(npm));
      assert.match(daemon.output, /stopped: script \(terminated by SIGTERM\)/);
      assert.match(daemon.output, /stopped: npm \(/);
    },
  );
});
