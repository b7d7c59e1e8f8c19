/** Python's client, by supervisor's own transport, calls the methods of supervisord and of ours. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Answers, noSupervisor } from "../../support/supervisorctl.ts";
import { readTable } from "../deviations.ts";
import { BASE, Side } from "./helpers.ts";

const CONF = `${BASE}
[program:run]
command = sh -c 'echo "über <&>"; exec cat'
startsecs = 0
[program:idle]
command = cat
autostart = false
[program:fatal]
command = false
startretries = 0
[program:dressed]
command = cat %(program_name)s-%(group_name)s-%(process_num)d
directory = /tmp
exitcodes = 0,3
stopsignal = QUIT
stopwaitsecs = 3
killasgroup = true
redirect_stderr = true
startretries = 7
stdout_logfile = %(here)s/dressed.log
stdout_logfile_maxbytes = 5KB
stdout_capture_maxbytes = 1MB
autostart = false
priority = 3
[program:unborn]
command = cat
stdout_logfile = %(here)s/unborn.log
autostart = false
[program:stubborn]
command = sh -c 'trap "" TERM; echo deaf; exec cat'
startsecs = 0
stopwaitsecs = 3600
[group:g]
programs = x,y
[program:x]
command = cat
startsecs = 0
[program:y]
command = cat
autostart = false
`;

type Call = readonly [method: string, ...parameters: unknown[]];

const LOOKS: readonly Call[] = [
  ["system.listMethods"],
  ["system.methodSignature", "supervisor.startProcess"],
  ["system.methodSignature", "supervisor.nope"],
  ["system.methodHelp", "nope"],
  ["system.methodHelp"],
  ["supervisor.getState"],
  ["supervisor.getAPIVersion"],
  ["supervisor.getVersion"],
  ["supervisor.getIdentification"],
  ["supervisor.getAllProcessInfo"],
  ["supervisor.getAllConfigInfo"],
  ["supervisor.getProcessInfo", "run"],
  ["supervisor.getProcessInfo", "fatal"],
  ["supervisor.getProcessInfo", "g:y"],
  ["supervisor.readProcessLog", "run", 0, 0],
  ["supervisor.readProcessStdoutLog", "run", 0, 3],
  ["supervisor.readProcessStdoutLog", "run", -4, 0],
  ["supervisor.readProcessStdoutLog", "run", "0", "3"],
  ["supervisor.readProcessStdoutLog", "run", 0, 2 ** 31 - 1],
  ["supervisor.tailProcessStdoutLog", "run", 0, 5],
  ["supervisor.tailProcessStderrLog", "run", 0, 5],
  ["supervisor.tailProcessLog", "idle", 0, 5],
  ["supervisor.readProcessStdoutLog", "unborn", 0, 0],
  ["supervisor.readProcessStdoutLog", "unborn", -5, 0],
  ["supervisor.readProcessStdoutLog", "unborn", -5, 1],
  ["supervisor.readProcessStderrLog", "unborn", 0, 0],
  ["supervisor.tailProcessStdoutLog", "unborn", 3, 5],
  ["supervisor.clearProcessLogs", "unborn"],
];

const WRONGS: readonly Call[] = [
  ["nope"],
  ["supervisor.nope"],
  ["supervisor"],
  ["supervisor.getState.x"],
  ["supervisor._update"],
  ["supervisor.getState", 1],
  ["supervisor.getProcessInfo"],
  ["supervisor.getProcessInfo", "a", "b"],
  ["supervisor.getProcessInfo", "nope"],
  ["supervisor.getProcessInfo", "über"],
  ["supervisor.getProcessInfo", "g:*"],
  ["supervisor.getProcessInfo", ""],
  ["supervisor.getProcessInfo", ":"],
  ["supervisor.startProcess", "g"],
  ["supervisor.startProcess", "run"],
  ["supervisor.startProcess", "run", true, 1],
  ["supervisor.stopProcess", "idle"],
  ["supervisor.startProcessGroup", "nope"],
  ["supervisor.stopProcessGroup", "g:*"],
  ["supervisor.signalProcess", "run", "NOPE"],
  ["supervisor.signalProcess", "run", 18],
  ["supervisor.signalProcess", "idle", "HUP"],
  ["supervisor.signalProcessGroup", "g", "NOPE"],
  ["supervisor.signalAllProcesses", "CONT"],
  ["supervisor.sendProcessStdin", "idle", "text"],
  ["supervisor.sendProcessStdin", "nope", "text"],
  ["supervisor.sendProcessStdin", "run", "wörd\n"],
  ["supervisor.sendRemoteCommEvent", "type", "däta"],
  ["supervisor.sendRemoteCommEvent", "type"],
  ["supervisor.readLog", -1, 1],
  ["supervisor.readProcessStdoutLog", "run", -1, 1],
  ["supervisor.readProcessStdoutLog", "run", 0, -1],
  ["supervisor.readProcessStdoutLog", "nope", 0, 0],
  ["supervisor.tailProcessStdoutLog", "nope", 0, 0],
  ["supervisor.clearProcessLogs", "nope"],
  ["supervisor.addProcessGroup", "run"],
  ["supervisor.addProcessGroup", "nope"],
  ["supervisor.removeProcessGroup", "run"],
  ["supervisor.removeProcessGroup", "nope"],
];

const MANY: readonly Call[] = [
  ["system.multicall", []],
  ["system.multicall", [{ methodName: "supervisor.getVersion", params: [] }]],
  [
    "system.multicall",
    [
      { methodName: "supervisor.getVersion" },
      { methodName: "supervisor.getProcessInfo", params: ["nope"] },
      { methodName: "system.multicall", params: [[]] },
      { methodName: "nope", params: [] },
      { params: [] },
      { methodName: "supervisor.startProcess", params: ["g:y"] },
      { methodName: "supervisor.stopProcess", params: ["g:y"] },
      { methodName: "supervisor.stopProcess", params: ["g:y"] },
      { methodName: "supervisor.getState", params: [1] },
    ],
  ],
  ["supervisor.stopProcess", "g:*"],
  ["supervisor.startProcess", "g:x"],
  ["supervisor.startProcess", "idle", false],
  ["supervisor.stopAllProcesses", false],
  ["supervisor.clearAllProcessLogs"],
  ["supervisor.reloadConfig"],
  ["supervisor.clearLog"],
];

const TIMES = new Set(["start", "stop", "now", "pid"]);

/** Without what is another one on each side: of times and process ids, whether there are any. */
function plain(value: unknown, dir: string, key = ""): unknown {
  if (Array.isArray(value)) {
    const [type, inner] = value as unknown[];
    if (TIMES.has(key) && type === "int") return [type, inner === 0];
    if (key.endsWith("logfile") && /---|^auto$|^$/.test(String(inner))) return [type, "AUTO"]; // auto-names
    if (key === "description") return [type, String(inner).replace(/^pid .*|^[A-Z].* [AP]M$/, "…")];
    return value.map((one) => plain(one, dir));
  }
  if (typeof value === "string") return value.replaceAll(dir, "/dir");
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, plain(one, dir, name)]);
  return Object.fromEntries(entries) as unknown;
}

async function begin(t: TestContext): Promise<(call: Call) => Promise<unknown[]>> {
  const names = ["supervisord", "ours"] as const;
  const sides = await Promise.all(
    names.map(async (server) => Side.begin(t, server, "supervisorctl", CONF)),
  );
  const pythons = sides.map(() => new Answers("rpc-client.py"));
  t.after(() => pythons.forEach((python) => python.close()));
  for (const side of sides) {
    const said = async (words: string[]) => (await side.ask(words)).out;
    await side.daemon.patiently(async () => /über/.test(await said(["tail", "run"])), "word");
    await side.daemon.patiently(async () => /deaf/.test(await said(["tail", "stubborn"])), "ear");
    await side.daemon.patiently(async () => /FATAL/.test(await said(["status", "fatal"])), "end");
  }
  return async ([method, ...parameters]) =>
    Promise.all(
      sides.map(async ({ dir }, at) =>
        plain(await pythons[at]?.ask([`unix://${dir}/s`, method, parameters]), dir),
      ),
    );
}

for (const [what, calls] of [
  ["methods that look", LOOKS],
  ["what is not right", WRONGS],
  ["several at once", MANY],
] as const)
  test(`Python's client: ${what}`, { skip: noSupervisor }, async (t) => {
    const ask = await begin(t);
    for (const call of calls)
      await t.test(JSON.stringify(call).slice(0, 100), async () => {
        const [one, other] = await ask(call);
        assert.deepEqual(other, one);
      });
  });

test("Python's client: a start while it is STOPPING", { skip: noSupervisor }, async (t) => {
  assert.ok(readTable().some(({ id }) => id === "start-stopping"));
  const ask = await begin(t);
  const both = async (...call: Call) => {
    const [one, other] = await ask(call);
    assert.deepEqual(other, one, call[0]);
  };
  await both("supervisor.stopProcess", "stubborn", false);
  await both("supervisor.startProcess", "stubborn", false);
  await both("supervisor.signalProcess", "stubborn", "KILL");
  const states = async () =>
    (await ask(["supervisor.getProcessInfo", "stubborn"])).map(
      (info) => (info as { value: { statename: [string, string] } }).value.statename[1],
    );
  let seen: string[] = [];
  while (seen.length === 0 || seen.includes("STOPPING")) seen = await states();
  assert.deepEqual(seen, ["STOPPED", "RUNNING"]);
});

test("Python's client: values of other types are refused", { skip: noSupervisor }, async (t) => {
  const ask = await begin(t);
  const others = [7, null, { base64: "text" }, ["text"], { a: "text" }, 1.5];
  for (const value of others) {
    const [, answer] = await ask(["supervisor.sendProcessStdin", "run", value]);
    const { fault, http } = answer as { fault?: [number]; http?: number };
    assert.ok(fault?.[0] === 2 || http === 400, JSON.stringify([value, answer]));
  }
  for (const value of [7, { base64: "text" }, ["run"]]) {
    const [one, other] = await ask(["supervisor.getProcessInfo", value]);
    assert.ok("fault" in (other as object), JSON.stringify([value, one, other]));
  }
});
