/** Daemons of Debian, run from files as people have them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { Daemon, copyOfConf, lacks } from "../support/daemon.ts";
import { needsRoot } from "../support/processes.ts";

/** cron has its tables, its lock and its memory of the last start in places that are not ours. */
const apart = `set -e
mount --bind "$ROOT/crontabs" /var/spool/cron/crontabs
mount --bind "$ROOT/cron.d" /etc/cron.d
mount -t tmpfs none /run
exec "$@"`;
const noCron =
  lacks("cron", "unshare") ||
  needsRoot ||
  (spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status !== 0 &&
    "nothing may be mounted here");

describe("files of daemons", { concurrency: 2 }, () => {
  it("cron.conf: it runs a job, whose words are on the output", { skip: noCron }, async (t) => {
    const directory = copyOfConf(t);
    for (const name of ["crontabs", "cron.d"]) mkdirSync(path.join(directory, name));
    const job = `@reboot root echo "cron has run as $(id -un)" >>${directory}/run/cron.log\n`;
    writeFileSync(path.join(directory, "cron.d/job"), job, { mode: 0o644 });
    const daemon = new Daemon(t, path.join(directory, "cron.conf"), {
      wrapper: ["unshare", "--mount", "sh", "-c", apart, "sh"],
    });
    await daemon.heard(/^cron has run as root$/m);
    await daemon.heard(/success: cron entered RUNNING/);
    await daemon.stop();
    assert.match(daemon.output, /stopped: cron \(/);
    assert.match(daemon.output, /stopped: cron-log \(/);
  });

  it(
    "debian.conf: Redis and who counts in it, from conf.d",
    { skip: lacks("redis-server") },
    async (t) => {
      const directory = copyOfConf(t);
      const at = (name: string) => path.join(directory, name);
      const daemon = new Daemon(t, at("debian.conf"));
      await daemon.heard(/INFO Included extra file ".*\/conf\.d\/10-redis\.conf" during parsing/);
      await daemon.heard(/INFO Included extra file ".*\/conf\.d\/20-app\.conf" during parsing/);
      await daemon.heard(/success: redis entered RUNNING/);
      await daemon.heard(/success: app entered RUNNING/);
      const redis = () => ping(at("run/redis.sock")).catch(() => null); // it may not listen yet
      assert.equal(await daemon.patiently(redis, "answer of redis"), "+PONG\r\n");
      const app = { socketPath: at("run/app.sock") };
      assert.equal(await daemon.get(app), ":1");
      assert.equal(await daemon.get(app), ":2");

      const control = { socketPath: at("run/supervisor.sock") };
      assert.equal(statSync(control.socketPath).mode & 0o777, 0o700);
      const all = await daemon.call(control, "supervisor.getAllProcessInfo");
      assert.deepEqual(
        [...all.matchAll(/<name>(statename|group)<\/name>\s*<value><string>(\w+)</g)]
          .map(([, , value]) => String(value))
          .toSorted(),
        ["RUNNING", "RUNNING", "STOPPED", "redis", "shop", "shop"],
      );
      // redis names no log: it has one of its own, which nobody else reads
      const logs = readdirSync(at("log")).filter((name) => name.startsWith("redis-stdout---"));
      assert.equal(logs.length, 1);
      assert.equal(statSync(at(`log/${logs[0]}`)).mode & 0o777, 0o600);
      assert.match(readFileSync(at(`log/${logs[0]}`), "utf8"), /accept connections/);

      await daemon.stop();
      assert.match(daemon.output, /stopped: app [^]*stopped: redis \(exit status 0\)/);
      assert.equal(
        readFileSync(at("log/app.log"), "utf8"),
        "redis says PONG\nthe counter has ended well\n",
      );
      assert.ok(readFileSync(at("run/dump.rdb"), "latin1").startsWith("REDIS"));
      assert.ok(!existsSync(control.socketPath));
      assert.match(
        readFileSync(at("log/supervisord.log"), "utf8"),
        /INFO waiting for (app, redis|redis, app|redis|app) to die|INFO stopped: redis/,
      );
    },
  );
});

async function ping(socket: string): Promise<string> {
  const connection = createConnection(socket);
  connection.end("PING\r\nQUIT\r\n");
  return (await text(connection)).slice(0, 7);
}
