import path from "node:path";
import { test } from "node:test";
import { root } from "../../support/processes.ts";
import { noSupervisor } from "../../support/supervisorctl.ts";
import { BASE, Sides } from "./helpers.ts";

const WORDS = ["größe", "€ 😀", "plain", "half \\303"];

const CONF = `${BASE}
[eventlistener:ear]
command = /usr/bin/python3 ${path.join(root, "test/fixtures/childutils.py")}
environment = PYTHONUTF8="1"
events = PROCESS_LOG
${WORDS.map(
  (words, i) => `[program:p${i}]
command = sh -c 'printf "${words}\\n"; exec cat'
autostart = false
startsecs = 0
stdout_events_enabled = true
`,
).join("")}`;

test("an event listener that reads text", { skip: noSupervisor }, async (t) => {
  const sides = await Sides.begin(t, CONF);
  await sides.until(["status", "ear"], /RUNNING/);
  for (const i of WORDS.keys()) {
    await sides.same(`start p${i}`);
    await sides.until(["tail", "ear", "stderr"], new RegExp(`^(.* new\n.* again\n){${i + 1}}`));
  }
  await sides.same("tail ear stderr");
});
