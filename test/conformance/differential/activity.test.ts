import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test, type TestContext } from "node:test";
import { noSupervisor } from "../../support/supervisorctl.ts";
import { BASE, Side } from "./helpers.ts";

const CONF = `${BASE.replace("[supervisord]", "[supervisord]\nloglevel = debug")}
[program:odd]
command = sh -c 'printf "\\210\\n"; exec cat'
autostart = false
startsecs = 0
[program:joined]
command = sh -c 'echo größe >&2; exec cat'
autostart = false
startsecs = 0
redirect_stderr = true
stopasgroup = true
[program:ends]
command = sh -c 'exit 3'
autostart = false
startsecs = 0
autorestart = false
[eventlistener:ear]
command = sh -c 'echo READY; exec cat'
autostart = false
startsecs = 0
events = REMOTE_COMMUNICATION
`;

/**
 * What is said and done, and the lines of the log that come of it last. supervisord tells of SIGCHLD
 * when it has caught it, which may be before or after it has noticed who has ended.
 */
const ACTS: readonly (readonly [words: string, last: RegExp])[] = [
  ["start odd", /'odd' stdout output:\n.+\n/],
  [
    "signal HUP odd",
    /^(?=[^]*SIGCHLD.*\n)(?=[^]*exited: odd .*\n)[^]*spawned: 'odd'[^]*'odd' stdout output:\n.+\n/,
  ],
  ["stop odd", /^(?=[^]*SIGCHLD.*\n)[^]*stopped: odd .*\n/],
  ["start joined", /'joined' stdout output:\n.+\n/],
  ["stop joined", /^(?=[^]*SIGCHLD.*\n)[^]*stopped: joined .*\n/],
  ["start ends", /^(?=[^]*SIGCHLD.*\n)[^]*exited: ends .*\n/],
  [
    "start ear",
    /'ear' stdout output:\n.+\n[^]*ear: ACK.*READY|ear: ACK.*READY\n[^]*'ear' stdout output:\n.+\n/,
  ],
];

/** Of the log, what does not differ from run to run; what one program says comes in its order. */
async function logOf(t: TestContext, server: "supervisord" | "ours"): Promise<string[]> {
  const side = await Side.begin(t, server, "supervisorctl", CONF);
  const all = () => readFileSync(path.join(side.dir, "main.log"), "utf8");
  for (const [words, last] of ACTS) {
    const before = all().length;
    await side.run(words);
    await side.daemon.patiently(async () => last.test(all().slice(before)), `${last} of ${server}`);
  }
  return all()
    .split(/^\d{4}-\d\d-\d\d \S+ /m)
    .filter(
      (line) =>
        /odd|joined|ends|ear|SIGCHLD/.test(line) && !/^DEBG fd |success|waiting for/.test(line),
    )
    .map((line) => line.trimEnd().replaceAll(/pid \d+/g, "pid N"));
}

test("the activity log at debug level", { skip: noSupervisor }, async (t) => {
  const [theirs, ours] = await Promise.all([logOf(t, "supervisord"), logOf(t, "ours")]);
  const inOrder = (lines: string[], name: string) => lines.filter((line) => line.includes(name));
  for (const name of ["odd", "joined", "ends"])
    assert.deepEqual(inOrder(ours, name), inOrder(theirs, name));
  assert.deepEqual(inOrder(ours, "ear").toSorted(), inOrder(theirs, "ear").toSorted());
  assert.deepEqual(ours.toSorted(), theirs.toSorted());
});
