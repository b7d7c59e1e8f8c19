/** The programs of containers, run from files as people have them. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { Daemon, ask, copyOfConf, isOurs, lacks } from "../support/daemon.ts";
import { freePort } from "../support/free-port.ts";
import { needsRoot, root, scratch } from "../support/processes.ts";

describe("files of containers", { concurrency: 3 }, () => {
  it("stdout.conf: what programs write is on the output, and nothing else", async (t) => {
    const daemon = new Daemon(t, path.join(copyOfConf(t), "stdout.conf"));
    const wanted = ["both 1", "both 2", "err 1", "itself 1", "itself 2"];
    for (const line of wanted) await daemon.heard(new RegExp(`^${line}$`, "m"));
    for (let i = 1; i <= 5; i++) wanted.push(`out ${i}`);
    await daemon.heard(/^out 5$/m);
    await daemon.stop();
    assert.deepEqual(daemon.output.trim().split("\n").toSorted(), wanted);
  });

  it("env.conf: the environment of the container is that of the program", async (t) => {
    const environment = { APP_ENV: "prod", DATABASE_URL: "pg://a:b@c/d?e=f,g", PORT: "8080" };
    const daemon = new Daemon(t, path.join(copyOfConf(t), "env.conf"), { environment });
    await daemon.heard(/^--port=8080 prod debug pg:\/\/a:b@c\/d\?e=f,g hello, 100% app app$/m);
    await daemon.stop();
  });

  it("env.conf: without a variable it does not start, and says which", async (t) => {
    const environment = { APP_ENV: "prod", PORT: "8080" };
    const daemon = new Daemon(t, path.join(copyOfConf(t), "env.conf"), { environment });
    assert.deepEqual(await daemon.end(), { status: 2, signal: null });
    assert.match(daemon.output, /ENV_DATABASE_URL/);
    assert.match(daemon.output, /program:app/);
  });

  it(
    "www-data.conf: a program is its user alone, and writes to the output",
    { skip: needsRoot },
    async (t) => {
      const directory = copyOfConf(t);
      const daemon = new Daemon(t, path.join(directory, "www-data.conf"));
      await daemon.heard(/^www-data:www-data \/var\/www www-data 0027$/m);
      await daemon.heard(/success: app entered RUNNING/);
      const { mode, uid } = statSync(path.join(directory, "run/www/mine"));
      assert.deepEqual([mode & 0o777, uid], [0o640, 33]);
      await daemon.stop();
    },
  );

  it("priority.conf: started in order, each when it has slept, and stopped the other way", async (t) => {
    const daemon = new Daemon(t, path.join(copyOfConf(t), "priority.conf"));
    await daemon.heard(/success: app entered RUNNING/);
    await daemon.heard(/^app$/m);
    await daemon.stop();
    const said = daemon.output.split("\n").filter((line) => /^(db|migrate|app)$/.test(line));
    assert.deepEqual(said, ["db", "migrate", "app"]);
    const names = (pattern: RegExp) => [...daemon.output.matchAll(pattern)].map(([, name]) => name);
    assert.deepEqual(names(/spawned: '(\w+)'/g), ["db", "migrate", "app", "notify"]);
    assert.deepEqual(names(/exited: (\w+) \(exit status 0; expected\)/g), ["notify", "migrate"]);
    assert.deepEqual(names(/stopped: (\w+)/g), ["app", "db"]);
  });

  it("fatal-exit.conf: a program that gives up ends all", { skip: lacks("python3") }, async (t) => {
    const directory = copyOfConf(t);
    const daemon = new Daemon(t, path.join(directory, "fatal-exit.conf"));
    assert.deepEqual(await daemon.end(), { status: 0, signal: null });
    assert.match(daemon.output, /gave up: broken entered FATAL state, too many start retries/);
    assert.match(
      daemon.output,
      /PROCESS_STATE_FATAL: processname:broken groupname:broken from_state:BACKOFF/,
    );
    assert.match(daemon.output, /WARN received SIGQUIT indicating exit request/);
    assert.match(daemon.output, /stopped: web \(terminated by SIGINT\)/);
    assert.ok(!existsSync(path.join(directory, "run/supervisord.pid")));
  });

  it(
    "fatal-exit-parent.conf: a program that ends, ends all",
    { skip: lacks("bash") || needsRoot },
    async (t) => {
      const daemon = new Daemon(t, path.join(copyOfConf(t), "fatal-exit-parent.conf"));
      await daemon.heard(/success: web entered RUNNING/);
      assert.deepEqual(await daemon.end(), { status: 0, signal: null });
      assert.match(daemon.output, /exited: job \(exit status 0; expected\)/);
      assert.match(daemon.output, /WARN received SIGTERM indicating exit request/);
      assert.match(daemon.output, /stopped: web \(terminated by SIGTERM\)/);
    },
  );

  it(
    "docs/containers.md: its files are right, and its listener ends all",
    { skip: lacks("bash") || needsRoot },
    async (t) => {
      const directory = copyOfConf(t);
      const document = readFileSync(path.join(root, "docs/containers.md"), "utf8");
      const [whole = "", listener = ""] = [...document.matchAll(/^```ini\n([^]*?)^```$/gm)].map(
        ([, ini = ""]) => ini.replaceAll("/run/", "%(here)s/run/"),
      );
      const file = path.join(directory, "recipe.conf");
      const failing = "[program:failing]\ncommand=false\nstartretries=0\n";
      const programs = /^\[program:[^]*/m;
      assert.match(whole, programs);
      writeFileSync(file, `${whole.replace(programs, "")}${listener}${failing}`);
      if (isOurs) {
        writeFileSync(path.join(directory, "whole.conf"), whole + listener);
        const words = [path.join(root, "dist/cli/main.js"), "check", "--strict", "-c"];
        execFileSync(process.execPath, [...words, path.join(directory, "whole.conf")], {
          stdio: "pipe",
        });
      }
      const daemon = new Daemon(t, file);
      assert.deepEqual(await daemon.end(), { status: 0, signal: null });
      assert.match(daemon.output, /gave up: failing entered FATAL state/);
      assert.match(daemon.output, /received SIGTERM indicating exit request/);
    },
  );

  it("docs/moving.md: check says what stands there", { skip: !isOurs && "not ours" }, (t) => {
    const document = readFileSync(path.join(root, "docs/moving.md"), "utf8");
    const [, source = "", wrong, odd] =
      /^```ini\n(\[supervisord\][^]*?)^```$[^]*?^```text\n([^]*?)^```$[^]*?^```text\n([^]*?)^```$/m.exec(
        document,
      ) ?? [];
    const file = path.join(scratch(t), "supervisord.conf");
    const check = (conf: string) => {
      writeFileSync(file, conf);
      const words = [path.join(root, "dist/cli/main.js"), "check", "-c", file];
      const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
      return [status, (stderr + stdout).replaceAll(file, "/etc/supervisord.conf")];
    };
    assert.deepEqual(check(source), [2, wrong]);
    assert.deepEqual(check(source.replace("0 2", "0,2").replace("always", "true")), [0, odd]);
  });

  it("inet.conf: the control server asks for the password", async (t) => {
    const directory = copyOfConf(t);
    const port = await freePort();
    const daemon = new Daemon(t, path.join(directory, "inet.conf"), {
      environment: { ADMIN_PORT: String(port) },
    });
    for (const name of ["cart", "till-1", "till-2"])
      await daemon.heard(new RegExp(`success: ${name} entered RUNNING`));
    const where = { host: "127.0.0.1", port };
    const { status } = await ask({ ...where, path: "/RPC2" }, "");
    assert.equal(status, 401);
    const allowed = { ...where, auth: "admin:admin" };
    assert.match(await daemon.call(allowed, "supervisor.getIdentification"), /shop/);
    const all = await daemon.call(allowed, "supervisor.getAllProcessInfo");
    assert.equal(all.match(/<string>RUNNING<\/string>/g)?.length, 3);
    await daemon.call(allowed, "supervisor.shutdown");
    assert.deepEqual(await daemon.end(), { status: 0, signal: null });
    const log = readFileSync(path.join(directory, "log/supervisord.log"), "utf8");
    assert.match(log, /stopped: till-2 \(terminated by SIGTERM\)/);
  });
});
