import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { PassThrough } from "node:stream";
import * as fc from "fast-check";
import { loadConfig, toConf } from "../../src/config/index.ts";
import { SettingsError } from "../../src/schema/settings-error.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { programSettings } from "../../src/settings/program.ts";
import type { SupervisorSettings } from "../../src/settings/supervisor.ts";
import type { SignalSetting } from "../../src/schema/signal.ts";

const size = fc.oneof(fc.nat(), fc.constantFrom("1KB", "50MB", "2 GB", 0));

/** What a file makes hard: edges, comments, quotes, percent signs, lines, other alphabets. */
const awkward = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        " ",
        "\t",
        "\n",
        ";",
        "#",
        "%",
        "%%",
        '"',
        "'",
        "\\",
        "=",
        ":",
        ",",
        "[",
        "]",
      ),
      fc.constantFrom(
        "é",
        "\u{1F600}",
        "\u0085",
        "\u001C",
        "\uFEFF",
        "$HOME",
        "~",
        "*",
        "%(nope)s",
      ),
      fc.constantFrom("%(program_name)s", "%%(numprocs)d", "%%%(process_num)02d", "(process_num)d"),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join("").replaceAll(/[\r\0]/g, ""));

const variables = fc.dictionary(
  awkward.filter((key) => key !== "" && !key.includes("=") && !/%/.test(key)),
  awkward,
  { maxKeys: 4 },
);
const plainVariables = fc.dictionary(
  fc.constantFrom("A", "b_c", "D.E", "PATH"),
  awkward.map((text) => text.replaceAll("%", "percent")),
  { maxKeys: 3 },
);

/** A name that a list can hold. */
const bareword = awkward.map((text) => text.replaceAll(/[\s,=\p{Cc}]/gu, "")).filter(Boolean);
const word = awkward.map((text) => text || "x");
const command = fc.oneof(
  awkward.map((text) => `/bin/x ${text.replaceAll(/["'\\]/g, "")}`),
  fc.constantFrom("/bin/sh -c \"echo 'a b'  ;x\"", "/bin/echo a\\ b #c\n\n d"),
  fc.array(word, { minLength: 1, maxLength: 4 }),
);

const KINDS = {
  plain: {},
  listener: { events: ["EVENT", "TICK_5"], buffer_size: 7, result_handler: "50%:of it" },
  fcgi: { socket: "unix:///tmp/a;b %.sock", socket_mode: 0o770 },
  redirected: { redirect_stderr: true },
  asgroup: { stopasgroup: true, killasgroup: true },
};

const program = fc
  .record(
    {
      command,
      numprocs: fc.constantFrom(1, 1, 2, 3),
      numprocs_start: fc.integer({ min: -3, max: 20 }),
      priority: fc.integer(),
      autostart: fc.boolean(),
      startsecs: fc.nat(),
      startretries: fc.nat(),
      autorestart: fc.constantFrom(true, false, "unexpected" as const),
      exitcodes: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 }),
      stopsignal: fc.constantFrom<SignalSetting>("TERM", "SIGINT", 9, 34, 64, "USR1", "STOP"),
      stopwaitsecs: fc.nat(),
      killasgroup: fc.boolean(),
      user: fc.constantFrom("root", 0),
      directory: awkward.map((text) => `/tmp/${text}`),
      umask: fc.constantFrom(0, 0o22, "077", "0o777"),
      environment: variables,
      ipc: fc.boolean(),
      environment_inherit: fc.oneof(
        fc.boolean(),
        fc.array(fc.oneof(fc.constantFrom("PATH", "on", "TRUE", "0", "a.b"), bareword), {
          maxLength: 3,
        }),
      ),
      stdout_logfile: fc.oneof(
        fc.constantFrom("AUTO", "NONE", "off", "/dev/stdout", "syslog", "rel.log", "~/x"),
        awkward.map((text) => `/tmp/x${text.replaceAll("/", "")}%(process_num)d`),
      ),
      stdout_logfile_maxbytes: size,
      stdout_logfile_backups: fc.nat(),
      stdout_capture_maxbytes: size,
      stdout_events_enabled: fc.boolean(),
      stderr_syslog: fc.boolean(),
      serverurl: awkward,
      sweep: fc.constantFrom(true, false, "group" as const),
      cgroup: fc.boolean(),
      stopstdin: fc.boolean(),
      ready_url: fc.constantFrom("tcp://localhost:80%(process_num)02d", [
        "http://[::1]:8080/a%20b?c=1,2",
        "unix:///run/x.sock",
      ]),
      ready_line: fc.oneof(
        awkward.filter((text) => /\S/.test(text) && !text.startsWith("/")),
        fc.constantFrom(/port (?<port>\d+)\/;/i, { source: "50%", flags: "u" }, "on {url} {{"),
      ),
      ready_file: awkward.map((text) => `/tmp/${text}`),
      startwaitsecs: fc.constantFrom(1, 0.5, 3600),
      probe_waitsecs: fc.constantFrom(5, 0.25),
      probe_status: fc.constantFrom("200-399, 401", [204, 503]),
    },
    { requiredKeys: ["command"] },
  )
  .chain((one) => fc.constantFrom(...Object.values(KINDS)).map((kind) => ofKind(one, kind)));

function ofKind<T extends object, K extends object>(one: T, kind: K) {
  const line = "events" in kind && { ready_line: undefined }; // its output is the protocol
  return { ...one, process_name: "%(program_name)s_%(process_num)02d", ...line, ...kind };
}

const settings = fc
  .record(
    {
      programs: fc.dictionary(fc.constantFrom("a", "b", "x]y", "é%", "p;q", "__proto__"), program),
      isGrouped: fc.boolean(),
      identifier: awkward.map((text) => text.replaceAll("/", "")),
      environment: plainVariables,
      strip_ansi: fc.boolean(),
      nocleanup: fc.boolean(),
      guardian: fc.boolean(),
      guardian_waitsecs: fc.double({ min: 0, max: 1e9, noNaN: true }).map(Math.abs),
      serverurl: awkward,
      childlogdir: fc.constantFrom("/tmp", "/"),
    },
    { requiredKeys: ["programs", "isGrouped"] },
  )
  .map(grouped);

/** Listeners and those with a socket are in no group. */
function grouped<
  T extends { readonly isGrouped: boolean; readonly programs: Record<string, object> },
>({ isGrouped, ...rest }: T) {
  const plain = Object.entries(rest.programs).filter(
    ([, one]) => !("events" in one) && !("socket" in one),
  );
  const groups = { g: { programs: plain.map(([name]) => name), priority: 5 }, empty: {} };
  return isGrouped ? { ...rest, groups } : rest;
}

const EXPANDED = new Set([
  "command",
  "process_name",
  "directory",
  "environment",
  "stdout_logfile",
  "ready_file",
  "ready_url",
  "probe_status", // an array is written as a text
]);

/** All that the settings mean, without the ways of saying it. */
function meaning(given: SupervisorSettings): unknown {
  const { programs, ...resolved } = resolveSettings(given);
  const plain = [...programs].map(([name]) => {
    const parsed = programSettings.parse(given.programs?.[name]);
    const entries = Object.entries(parsed).filter(
      ([key, value]) => !EXPANDED.has(key) && value !== undefined,
    );
    return [name, Object.fromEntries(entries)] as const;
  });
  return { ...resolved, programs: new Map(plain) };
}

describe("toConf()", { skip: process.platform === "win32" }, () => {
  let file = "";
  before(() => {
    file = path.join(mkdtempSync(path.join(tmpdir(), "to-conf-")), "x.conf");
  });
  after(() => rmSync(path.dirname(file), { recursive: true, force: true }));

  it("a text for a line that looks like a regular expression stays what it means", async () => {
    const ready_line = "/api/v1?x={port} is up (50%)";
    writeFileSync(file, toConf({ programs: { web: { command: "true", ready_line } } }));
    const { programs } = await loadConfig(file, { strict: true });
    const read = programs?.["web"]?.ready_line as {
      readonly source: string;
      readonly flags: string;
    };
    const match = new RegExp(read.source, read.flags).exec("GET /api/v1?x=80 is up (50%)!");
    assert.deepEqual({ ...match?.groups }, { port: "80" });
  });

  it("what it writes is read back as the same settings", async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(settings, async (given: SupervisorSettings) => {
        let wanted: unknown;
        try {
          wanted = meaning(given);
        } catch {
          return; // no settings
        }
        count++;
        writeFileSync(file, toConf(given));
        const config = await loadConfig(file, { strict: true });
        assert.deepEqual(meaning(config), wanted);
      }),
      { numRuns: 300 },
    );
    assert.ok(count > 100, `only ${count} of them were settings`);
  });

  it("writes what is set, in supervisord's words", () => {
    const text = toConf({
      programs: {
        web: {
          command: ["/bin/sh", "-c", 'echo "100%" ;# done'],
          startsecs: 5,
          stopsignal: "SIGQUIT",
          environment: { A: "x y", B: 'say "hi"' },
          umask: "022",
          sweep: "group",
        },
      },
      groups: { all: { programs: ["web"], priority: 3 } },
      guardian: false,
    });
    assert.equal(
      text,
      `[supervisord]
guardian=false

[group:all]
programs=web
priority=3

[program:web]
command=/bin/sh -c 'echo "100%%" %(here).0s;# done'
startsecs=5
stopsignal=QUIT
umask=022
environment=A="x y",B='say "hi"'
stdout_logfile=NONE
stderr_logfile=NONE
sweep=group
`,
    );
  });

  it("refuses what no file can hold, all at once", () => {
    const given: SupervisorSettings = {
      programs: {
        a: { command: "/bin/a", stdout_logfile: new PassThrough(), startsecs: 0.5 },
        f: { command: "/bin/f", socket: "tcp://h:1", environment: { A: "x\ry" } },
        i: { command: "/bin/i", environment_inherit: ["A,B"] },
        u: { command: "/bin/u", environment: { A: "1", B: undefined } },
      },
      environment: { C: undefined },
      groups: { g: { programs: ["f"] } },
    };
    assert.throws(
      () => toConf(given),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.deepEqual(
          error.issues.map((issue) => issue.path.join(".")),
          [
            "environment",
            "programs.a.startsecs",
            "programs.a.stdout_logfile",
            "programs.f.socket",
            "programs.f.environment",
            "programs.i.environment_inherit",
            "programs.u.environment",
          ],
        );
        const { message } = error.issues.at(-1) ?? {};
        assert.equal(
          message,
          'cannot be written: "B" is undefined, and a file cannot take a variable away',
        );
        return true;
      },
    );
  });
});
