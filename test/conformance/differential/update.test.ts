import { test } from "node:test";
import { noSupervisor } from "../../support/supervisorctl.ts";
import { BASE, Sides } from "./helpers.ts";

const BEFORE = `${BASE}
[program:same]
command = cat
startsecs = 0
[program:changes]
command = cat
startsecs = 0
[program:goes]
command = cat
startsecs = 0
[program:idle]
command = cat
startsecs = 0
autostart = false
[group:g]
programs = x,y
[program:x]
command = cat
startsecs = 0
[program:y]
command = cat
startsecs = 0
[program:many]
command = cat
process_name = %(program_name)s_%(process_num)d
numprocs = 2
startsecs = 0
[eventlistener:ear]
command = cat
events = TICK_3600
startsecs = 0
`;

/** Added, changed and removed: programs, groups, members, listeners. */
const AFTER = BEFORE.replace(
  "[program:changes]\ncommand = cat",
  "[program:changes]\ncommand = cat -",
)
  .replace(/\[program:goes\][^[]*/, "")
  .replace("programs = x,y", "programs = x,z")
  .replace("[program:y]", "[program:z]")
  .replace("numprocs = 2", "numprocs = 3")
  .replace("events = TICK_3600", "events = TICK_60").concat(`
[program:new]
command = cat
startsecs = 0
[program:later]
command = cat
startsecs = 0
autostart = false
[group:h]
programs = u
[program:u]
command = cat
startsecs = 0
`);

const BROKEN = [
  ["a value that is none", `${BEFORE}[program:broken]\ncommand = cat\nautostart = maybe\n`],
  ["no command", `${BEFORE}[program:broken]\nstartsecs = 0\n`],
  ["a number that is none", `${BEFORE}[program:broken]\ncommand = cat\nstartsecs = soon\n`],
  ["a signal that is none", `${BEFORE}[program:broken]\ncommand = cat\nstopsignal = FOO\n`],
  ["a group of nobody", `${BEFORE}[group:broken]\nprograms = nobody\n`],
  ["an expansion of nothing", `${BEFORE}[program:broken]\ncommand = %(nothing)s\n`],
  ["no supervisord", BEFORE.replace("[supervisord]", "[nothing]")],
] as const;

test("reread, add, remove and update", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, BEFORE);
  await sides.until(["status", "many:many_1", "same", "g:y", "ear"], /(.*RUNNING.*\n){4}/);
  await sides.each([
    "reread",
    "update",
    "avail",
    "add same",
    "remove same",
    "add nope",
    "add",
    "remove",
  ]);
  sides.change(AFTER);
  await sides.each([
    "reread",
    "reread",
    "avail",
    "status",
    "add new later",
    "add new",
    "status new later",
    "remove later goes nope",
    "stop goes",
    "remove goes",
    "remove goes",
    "status goes",
    "update nope",
    "update changes",
    "status changes",
    "update g h",
    "update ear nope",
    "update many",
    "reread",
    "update all",
    "update",
    "reread",
    "avail",
  ]);
  await sides.until(["status", "h:u", "new", "g:z", "ear", "many:many_2"], /(.*RUNNING.*\n){5}/);
  await sides.each(["status"]);
  sides.change(BEFORE);
  await sides.each(["update", "update"]);
  await sides.until(["status", "many:many_1", "goes", "g:y", "ear"], /(.*RUNNING.*\n){4}/);
  await sides.each(["status", "avail"]);
  await sides.each(["reread x", "avail x"], { isHelp: true });
});

test("a broken file", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, BEFORE);
  await sides.until(["status", "many:many_1", "same", "g:y", "ear"], /(.*RUNNING.*\n){4}/);
  for (const [what, conf] of BROKEN) {
    t.diagnostic(what);
    sides.change(conf);
    await sides.each(["reread", "update"]);
  }
  await sides.each(["status", "avail"]);
  sides.change(BEFORE);
  await sides.each(["reread"]);
});
