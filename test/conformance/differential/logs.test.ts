import { test } from "node:test";
import { noSupervisor } from "../../support/supervisorctl.ts";
import { BASE, Sides } from "./helpers.ts";

const LOGS = `${BASE}
[program:talk]
command = sh -c 'echo "a <line> & more"; echo über; echo trouble >&2; exec cat'
startsecs = 0
[program:none]
command = sh -c 'echo silent >&2; exec cat'
stdout_logfile = NONE
stderr_logfile = NONE
startsecs = 0
[program:one]
command = sh -c 'echo out; echo err >&2; exec cat'
redirect_stderr = true
startsecs = 0
[program:never]
command = cat
autostart = false
[program:long]
command = sh -c 'i=0; while [ $i -lt 400 ]; do echo "line $i"; i=$((i+1)); done; exec cat'
startsecs = 0
[program:named]
command = sh -c 'echo named; exec cat'
stdout_logfile = %(here)s/named.log
startsecs = 0
[program:unborn]
command = cat
stdout_logfile = %(here)s/unborn.log
autostart = false
[program:dies]
command = false
autostart = false
startretries = 0
[program:g_0]
command = sh -c 'echo grouped; exec cat'
startsecs = 0
[group:g]
programs = g_0
`;

test("reading logs", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, LOGS);
  await sides.until(["tail", "talk"], /über/);
  await sides.until(["tail", "talk", "stderr"], /trouble/);
  await sides.until(["tail", "long"], /line 399/);
  await sides.until(["tail", "one"], /err/);
  await sides.until(["tail", "g:g_0"], /grouped/);
  await sides.until(["tail", "named"], /named/);
  await sides.each([
    "tail talk",
    "tail talk stdout",
    "tail talk stderr",
    "tail talk STDERR",
    "tail -6 talk",
    "tail -100000 talk stdout",
    "tail -0 talk",
    "tail --3 talk",
    "tail -x talk",
    "tail - talk",
    "tail -3",
    "tail talk stdin",
    "tail 5 talk",
    "tail long",
    "tail -20 long",
    "tail one",
    "tail never",
    "tail never stderr",
    "tail unborn",
    "tail unborn stderr",
    "tail nope",
    "tail g:*",
    "tail g:g_0",
    "tail g_0",
    "tail nope:nope stderr",
    "tail talk named",
    "maintail -0x",
    "maintail words",
    "maintail -",
  ]);
  await sides.each(["tail", "tail a b c d", "maintail a b"], { isHelp: true });
  const memory = (out: string) => ({
    deviation: "memory",
    amend: () => ({ out, err: "", status: 0 }),
  });
  await sides.same("tail one stderr", memory("out\nerr\n\n"));
  await sides.same("tail none", memory("\n"));
  await sides.same("tail none stderr", memory("silent\n\n"));
  await sides.same("tail -5 talk", {
    deviation: "cut-characters",
    amend: () => ({ out: "\ufffdber\n\n", err: "", status: 0 }),
  });
});

test("following logs", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, LOGS);
  await sides.until(["tail", "talk"], /über/);
  await sides.until(["tail", "talk", "stderr"], /trouble/);
  await sides.until(["tail", "long"], /line 399/);
  await sides.same("tail -f talk", { steps: [["über\n", true]] });
  await sides.same("tail -f talk stderr", { steps: [["trouble\n", true]] });
  await sides.same("tail -f long", { steps: [["line 399\n", true]] });
  await sides.same("tail -f g:g_0", { steps: [["grouped\n", true]] });
  await sides.each(["tail -f nope", "tail -f g:*", "tail -f"]);
});

test("clearing logs", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, LOGS);
  await sides.until(["tail", "talk"], /über/);
  await sides.until(["tail", "talk", "stderr"], /trouble/);
  await sides.until(["tail", "long"], /line 399/);
  await sides.until(["tail", "named"], /named/);
  await sides.each([
    "clear talk",
    "tail talk",
    "tail talk stderr",
    "clear named nope none never",
    "tail named",
    "clear g:*",
    "clear g:g_0 g_0",
    "clear nope:*",
    "clear all",
    "tail long",
  ]);
  await sides.each(["clear"], { isHelp: true });
});

test("fg", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, LOGS);
  await sides.until(["tail", "talk"], /über/);
  await sides.until(["tail", "talk", "stderr"], /trouble/);
  await sides.each(["fg nope", "fg never", "fg g:*", "fg talk long", "fg dies"]);
  await sides.each(["fg"], { isHelp: true });
  await sides.same("fg one", {
    steps: [
      ["err\n", "word\n"],
      ["word\n", true],
    ],
  });
  await sides.same("fg named", {
    steps: [
      ["named\n", "word\n"],
      ["word\n", null],
    ],
  });
  await sides.each(["tail one", "tail named", "status one"]);
});
