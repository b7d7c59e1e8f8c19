/** Web servers, run from files as people have them. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { Daemon, ask, copyOfConf, descendants, lacks } from "../support/daemon.ts";
import { needsRoot } from "../support/processes.ts";

const phpFpm = ["php-fpm", "php-fpm8.2", "php-fpm8.3", "php-fpm8.4"].find((name) => !lacks(name));

describe("files of web servers", { concurrency: 2 }, () => {
  const noPhp = lacks("nginx") || (phpFpm === undefined && "not installed: php-fpm");
  it("php-nginx.conf: nginx answers by php-fpm", { skip: noPhp }, async (t) => {
    const directory = copyOfConf(t);
    const run = (name: string) => path.join(directory, "run", name);
    const daemon = new Daemon(t, path.join(directory, "php-nginx.conf"), {
      environment: { PHP_FPM: phpFpm ?? "" },
    });
    const web = { socketPath: run("web.sock") };
    assert.equal(await daemon.get({ ...web, path: "/shop?a=1" }), "php answers /shop?a=1");
    await daemon.heard(/^.*"GET \/shop\?a=1 HTTP\/1\.1" 200/m); // nginx, by /dev/stdout
    await daemon.heard(/seen by php/); // php-fpm, for a worker, by /proc/self/fd/2
    await daemon.heard(/fpm is running, pid \d+/);
    await daemon.heard(/INFO success: php-fpm entered RUNNING state/);
    await daemon.heard(/INFO success: nginx entered RUNNING state/);
    assert.equal(readFileSync(run("supervisord.pid"), "utf8"), `${daemon.pid}\n`);
    assert.equal(statSync(run("supervisor.sock")).mode & 0o777, 0o700);
    const control = { socketPath: run("supervisor.sock") };
    assert.match(await daemon.call(control, "supervisor.getState"), /RUNNING/);

    const first = Number(await daemon.heard(/spawned: 'nginx' with pid (\d+)/));
    process.kill(first, "SIGQUIT"); // it ends well, and is wanted back
    await daemon.heard(/INFO exited: nginx \(exit status 0; expected\)/);
    await daemon.heard(/spawned: 'nginx' with pid (?!.*'nginx')[^]*spawned: 'nginx' with pid \d+/);
    assert.equal(await daemon.get({ ...web, path: "/again" }), "php answers /again");

    await daemon.stop();
    assert.match(daemon.output, /WARN received SIGTERM indicating exit request/);
    assert.match(daemon.output, /stopped: nginx \(exit status 0\)[^]*stopped: php-fpm \(exit/);
    await assert.rejects(ask(web), { code: /ECONNREFUSED|ENOENT/ });
    assert.throws(() => statSync(run("supervisord.pid")), { code: "ENOENT" });
    assert.throws(() => statSync(run("supervisor.sock")), { code: "ENOENT" });
  });

  it(
    "gunicorn.conf: it serves as its user",
    { skip: lacks("gunicorn") || needsRoot },
    async (t) => {
      const directory = copyOfConf(t);
      const log = path.join(directory, "log/gunicorn.log");
      const daemon = new Daemon(t, path.join(directory, "gunicorn.conf"));
      const web = { socketPath: path.join(directory, "run/www/gunicorn.sock") };
      assert.equal(await daemon.get(web), "uid 33 C.UTF-8");
      await daemon.heard(/success: gunicorn entered RUNNING/);
      assert.equal(descendants(daemon.pid).length >= 3, true); // itself and two workers
      await daemon.stop();
      const written = readFileSync(log, "utf8");
      assert.match(written, /Booting worker/);
      assert.match(written, /"GET \/ HTTP\/1\.1" 200/);
      assert.match(written, /Shutting down: Master/);
      assert.equal(statSync(log).uid, 0);
      assert.match(daemon.output, /stopped: gunicorn \(exit status 0\)/);
    },
  );

  it("sshd.conf: a shell with quotes in it, and whatever lies where the file says nothing", async (t) => {
    const directory = copyOfConf(t);
    const daemon = new Daemon(t, path.join(directory, "sshd.conf"), {
      environment: { SUFFIX: "-1" },
    });
    await daemon.heard(/success: sshd entered RUNNING/);
    await daemon.heard(/success: apache2 entered RUNNING/);
    assert.equal(
      readFileSync(path.join(directory, "log/apache2.log"), "utf8"),
      "-DFOREGROUND www-data /var/lock/apache2-1\n",
    );
    assert.equal(readFileSync(path.join(directory, "supervisord.pid"), "utf8"), `${daemon.pid}\n`);
    await daemon.stop();
    assert.match(daemon.output, /stopped: apache2 \(terminated by SIGTERM\)/);
    assert.match(daemon.output, /stopped: sshd \(exit status 255\)/);
    // what the command says is in its log, too
    const log = readFileSync(path.join(directory, "supervisord.log"), "utf8");
    assert.match(log, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO spawned: 'sshd' with pid \d+$/m);
  });
});
