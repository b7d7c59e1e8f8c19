/** Variables of the environment hold passwords, and errors are logged and sent to clients. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { ConfigError, loadConfig } from "../../src/config/index.ts";
import { SettingsError, type SupervisorSettings } from "../../src/index.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";

function write(t: TestContext, text: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), "conf-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, "x.conf");
  writeFileSync(file, text);
  return file;
}

describe("a value of the environment", () => {
  const SECRET = "hunter2 'x:/y";
  const env = { ...process.env, SECRET, N: "-77123" };
  const texts: readonly string[] = [
    "[program:a]\ncommand=/bin/db --pw=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nprocess_name=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nprocess_name=%(ENV_SECRET)s%(process_num)d\nnumprocs=2",
    "[program:a]\ncommand=/bin/true\nstartsecs=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nautostart=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nstopsignal=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nuser=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\numask=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nexitcodes=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nenvironment=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nenvironment=A=b,%(ENV_N)s",
    "[program:a]\ncommand=/bin/true\nstdout_logfile=/nowhere/%(ENV_SECRET)s/log",
    "[program:a]\ncommand=/bin/true\nstdout_logfile=%(ENV_SECRET)s",
    "[program:a]\ncommand=/bin/true\nprocess_name=%(process_num)d\nnumprocs=2\nstdout_logfile=/nowhere/%(ENV_SECRET)s/%(process_num)d",
    "[program:a]\ncommand=/bin/true\nprocess_name=%(ENV_N)s\n[program:b]\ncommand=/bin/true\nprocess_name=%(ENV_N)s\n[group:g]\nprograms=a,b",
    "[group:a]\nprograms=%(ENV_SECRET)s",
    "[eventlistener:a]\ncommand=/bin/true\nevents=%(ENV_SECRET)s",
    "[eventlistener:a]\ncommand=/bin/true\nevents=TICK_5\nbuffer_size=%(ENV_N)s",
    "[fcgi-program:a]\ncommand=/bin/true\nsocket=%(ENV_SECRET)s",
    "[fcgi-program:a]\ncommand=/bin/true\nsocket=unix:///a\nsocket_owner=%(ENV_SECRET)s",
    "[fcgi-program:a]\ncommand=/bin/true\nsocket=unix:///%(ENV_N)s\n[fcgi-program:b]\ncommand=/bin/true\nsocket=unix:///%(ENV_N)s",
    "[inet_http_server]\nport=%(ENV_SECRET)s",
    "[unix_http_server]\nfile=/a\nchmod=%(ENV_SECRET)s",
    "[include]\nfiles=%(ENV_SECRET)s/*.conf\n[program:a]\nnumprocs=x",
  ];
  for (const text of texts) {
    it(`is not in what is wrong with ${JSON.stringify(text)}`, async (t) => {
      const file = write(t, `[supervisord]\nidentifier=a\n${text}\n`);
      const error: unknown = await loadConfig(file, { env }).catch((reason: unknown) => reason);
      assert.ok(error instanceof ConfigError, "it was accepted");
      const told = JSON.stringify([error.message, error.issues, error.warnings]);
      assert.doesNotMatch(told, /hunter2|77123/);
      assert.match(told, /%\(ENV_\w+\)s/);
    });
  }

  it("is not in what is wrong with settings of code", (t) => {
    process.env["SECRET"] = SECRET;
    t.after(() => {
      delete process.env["SECRET"];
    });
    for (const program of [
      { command: "/bin/db --pw=%(ENV_SECRET)s" },
      { command: "/bin/true", process_name: "%(ENV_SECRET)s" },
      { command: "/bin/true", stdout_logfile: "/nowhere/%(ENV_SECRET)s" },
      { command: "/bin/true", directory: "%(ENV_SECRET)d" },
      { command: "/bin/true", socket: "%(ENV_SECRET)s" },
    ]) {
      const error = refused({ programs: { a: program } });
      assert.doesNotMatch(error.message, /hunter2/);
      assert.match(error.message, /%\(ENV_SECRET\)/);
    }
  });
});

function refused(settings: SupervisorSettings): SettingsError {
  try {
    resolveSettings(settings);
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error;
  }
  return assert.fail("it was accepted");
}
