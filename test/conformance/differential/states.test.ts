import { readFileSync } from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { root } from "../../support/processes.ts";
import { noSupervisor, type Told } from "../../support/supervisorctl.ts";
import { BASE, Sides } from "./helpers.ts";

const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
  readonly version: string;
};

const STATES = `${BASE}
[program:run]
command = cat
startsecs = 0
[program:idle]
command = cat
startsecs = 0
autostart = false
[program:fatal]
command = false
startretries = 0
[program:missing]
command = /nonexistent/program
startretries = 0
[program:plain]
command = /etc/passwd
startretries = 0
[program:retry]
command = /nonexistent/other
startretries = 99
[program:starting]
command = cat
startsecs = 3600
[program:exited]
command = sleep 0.5
startsecs = 0
autorestart = false
[program:three]
command = sh -c 'sleep 0.5; exit 3'
startsecs = 0
autorestart = false
[program:many]
command = cat
process_name = %(program_name)s_%(process_num)02d
numprocs = 2
startsecs = 0
[program:listener]
command = cat
[group:g]
programs = x,y
priority = 5
[program:x]
command = cat
startsecs = 0
[program:y]
command = cat
startsecs = 0
autostart = false
[eventlistener:ear]
command = cat
events = TICK_3600
startsecs = 0
[program:a_name_that_is_longer_than_the_column_for_names]
command = cat
autostart = false
`;

const ALL = ["run", "idle", "fatal", "missing", "plain", "retry", "starting", "exited", "three"];

async function begin(t: TestContext): Promise<Sides> {
  const sides = await Sides.begin(t, STATES);
  for (const name of ["fatal", "missing", "plain"]) await sides.until(["status", name], /FATAL/);
  await sides.until(["status", "listener", "ear", "run"], /(.*RUNNING.*\n){3}/);
  await sides.until(["status", "retry"], /BACKOFF/);
  await haveEnded(sides);
  return sides;
}

/** Waits for those that end by themselves. */
async function haveEnded(sides: Sides): Promise<void> {
  await sides.until(["status", "exited", "three"], /(.*EXITED.*\n){2}/);
}

test("looking at processes in each state", { skip: noSupervisor }, async (t) => {
  const sides = await begin(t);
  await sides.each(["status", "status all", "status nope all"]);
  for (const name of ALL) await sides.each([`status ${name}`, `pid ${name}`]);
  await sides.each([
    "status g:*",
    "status g:",
    "status g",
    "status g:x",
    "status x",
    "status many:*",
    "status many",
    "status many:many_00 idle nope:* nope g:nope",
    "status ear",
    "pid",
    "pid all",
    "pid run idle nope",
    "pid g:*",
    "pid g:x many:many_01",
    "avail",
  ]);
  await sides.same("version", { deviation: "version", amend: ownVersion });
});

test("signals to processes in each state", { skip: noSupervisor }, async (t) => {
  const sides = await begin(t);
  for (const name of ALL) await sides.each([`signal CONT ${name}`]);
  await sides.each([
    "signal CONT g:*",
    "signal CONT many:*",
    "signal CONT many",
    "signal cont run",
    "signal SIGCONT run",
    "signal 18 run",
    "signal 0 run",
    "signal 99 run",
    "signal -1 run",
    "signal FOO run",
    "signal FOO run idle nope g:*",
    "signal FOO all",
    "signal CONT nope nope:* g:nope",
    "signal CONT all",
    "status",
  ]);
  for (const signal of ["SIG_DFL", "RTMIN"])
    await sides.same(`signal ${signal} g:y run`, {
      deviation: "signal-names",
      amend: ({ out, ...rest }) => ({
        ...rest,
        out: out.replaceAll(/(not running)|signalled/g, (_, state) =>
          state ? "bad signal name" : "ERROR (bad signal name)",
        ),
        status: 1,
      }),
    });
  await sides.each(["signal", "signal HUP"], { isHelp: true });
});

test("starting processes in each state", { skip: noSupervisor }, async (t) => {
  const sides = await begin(t);
  for (const name of ALL) await sides.each([`start ${name}`]);
  await sides.each([
    "start g:*",
    "start g:x g:y nope:* nope g:nope",
    "start many:*",
    "start many",
    "start ear",
  ]);
  await haveEnded(sides);
  await sides.each(["status", "restart run idle", "restart missing", "restart nope:*", "status"]);
  await sides.each(["restart g:* nope", "restart many:*"], { isUnordered: true });
  await sides.each(["start", "restart"], { isHelp: true });
});

test("stopping processes in each state", { skip: noSupervisor }, async (t) => {
  const sides = await begin(t);
  for (const name of ALL) await sides.each([`stop ${name}`]);
  await sides.each([
    "stop nope idle nope:* g:nope",
    "status",
    "stop g:*",
    "stop g:*",
    "stop many:many_00 many",
  ]);
  await sides.each(["stop all", "stop all"], { isUnordered: true });
  await sides.each(["status", "pid all", "start run g:* ear"]);
  await sides.same("stop all", { isUnordered: true });
  await sides.each(["stop"], { isHelp: true });
});

const QUICK = /\[program:(?:fatal|starting|exited|three)\][^[]*/g;

test("starting all", { skip: noSupervisor }, async (t) => {
  // neither what ends meanwhile, nor what would be waited for
  const sides = await Sides.begin(t, STATES.replaceAll(QUICK, ""));
  await sides.until(["status", "missing", "plain"], /(.*FATAL.*\n){2}/);
  await sides.until(["status", "many:many_01", "listener", "ear", "run"], /(.*RUNNING.*\n){4}/);
  await sides.each(["start all", "start all", "status"]);
});

test("a process that tries again and again", { skip: noSupervisor }, async (t) => {
  const conf = `${BASE}[program:again]\ncommand = false\nstartretries = 99\n`;
  const sides = await Sides.begin(t, conf);
  const isWaiting = async () => sides.until(["status", "again"], /BACKOFF/);
  // the pause after the fourth attempt is long enough for all sides to be in it
  await sides.until(["maintail"], /(exited: again[^]*){4}/);
  for (const words of ["start", "signal HUP", "fg", "status", "pid", "restart", "stop"]) {
    await isWaiting();
    await sides.same(`${words} again`);
  }
  await sides.each(["status again", "stop again", "start again"]);
});

/** It tells its own. */
function ownVersion(told: Told): Told {
  return { ...told, out: `${version}\n` };
}
