import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { noSupervisor } from "../../support/supervisorctl.ts";
import { BASE, Sides } from "./helpers.ts";

const SHA = createHash("sha1").update("secret").digest("hex");
const PROGRAMS = `
[program:run]
command = cat
startsecs = 0
[program:slow]
command = sh -c 'trap "" TERM; echo on; exec cat'
startsecs = 0
stopwaitsecs = 3600
`;

/** A unix socket with one password, a port with another that is kept as a hash. */
const GUARDED = `${BASE.replace("[rpcinterface", "username = me\npassword = secret\n[rpcinterface")}
[inet_http_server]
port = 127.0.0.1:%(ENV_PORT)s
username = you
password = {SHA}${SHA}
${PROGRAMS}`.replace("s/s\n\n", "s/s\nusername = me\npassword = secret\nprompt = here\n\n");

test("passwords, URLs and options", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, GUARDED);
  await sides.until(["status"], /(.*RUNNING.*\n){2}/);
  await sides.each([
    "status",
    "-u me -p secret status",
    "-s http://127.0.0.1:{port} -u you -p secret status",
    "-s http://127.0.0.1:{port}/ -u you -p secret status run",
    "-s http://localhost:{port} -u you -p secret pid nope",
    "-s unix://{dir}/s pid nope",
    "--serverurl=unix://{dir}/s --username=me --password=secret pid nope",
    "-s http://127.0.0.1:1 status",
    "-s http://127.0.0.1:1 start run",
    "-s http://127.0.0.1:1 shutdown",
    "-s unix:///nope status",
    "-s unix:///nope stop run",
    "-s unix:///nope shutdown",
    "-s nonsense status",
    "-s",
    "-x",
    "open nowhere",
    "open http://127.0.0.1:1",
    "open unix:///nope",
    "quit",
    "exit",
    "help",
    "help nope",
    "nonsense",
    "start,run",
    "?",
    "!ls",
  ]);
  const wrong = [
    "-u me -p wrong status",
    "-u x -p secret status",
    "-s http://127.0.0.1:{port} status",
  ];
  await sides.each(wrong);
});

test("the help of each action", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, `${BASE}${PROGRAMS}`);
  const [reference] = sides.all;
  const { out } = (await reference?.run("help")) ?? { out: "" };
  const actions = out.split("\n").slice(3).join(" ").split(/\s+/).filter(Boolean);
  assert.ok(actions.length >= 20, out);
  for (const action of actions) await sides.same(`help ${action}`, { isHelp: true });
});

test("a shell", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, GUARDED);
  await sides.until(["status"], /(.*RUNNING.*\n){2}/);
  const shell = async (typed: string, words = "") =>
    sides.same(words, {
      steps: [
        ["", typed],
        ["", null],
      ],
    });
  await shell("");
  await shell("avail\n\npid nope\nnonsense\n?\nstop run\nstart run nope\nstatus\nquit\nstatus\n");
  await shell("shutdown\nno\nreload\n\nexit\n");
  await shell("avail\nEOF\n", "-i");
  await shell("exit\n", "-i status run");
  await shell("open http://127.0.0.1:1\nstatus\nexit\n");
});

test("shutdown", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, `${BASE}${PROGRAMS}`);
  await sides.until(["tail", "slow"], /on/);
  await sides.each(["reload x", "shutdown x"], { isHelp: true });
  await sides.each(["shutdown", "shutdown", "reload", "status", "start run", "reread"]);
});

test("reload", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, `${BASE}[program:run]\ncommand = cat\nstartsecs = 0\n`);
  await sides.same("reload");
  await Promise.all(
    sides.all.map(async ({ daemon }) => daemon.heard(/(started with pid[^]*){2}success: run/)),
  );
  await sides.each(["status"]);
});
