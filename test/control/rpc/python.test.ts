/** Python's own client calls every method; what comes is compared in type and value with the recordings. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { ActivityLog, Supervisor } from "../../../src/index.ts";
import { serve, type Server } from "../../../src/control/index.ts";
import { FakeClock, FakeSpawner } from "../../../src/testing/index.ts";
import { noPython } from "../../support/python.ts";
import { root, scratch } from "../../support/processes.ts";
import { ask } from "../client.ts";

interface Recorded {
  readonly methods: readonly { readonly method: string; readonly signature: readonly string[] }[];
  readonly getAllConfigInfo: { readonly result: readonly object[] };
  readonly samples: Readonly<Record<string, { readonly result?: unknown }>>;
}

const file = path.join(root, "test/control/golden/rpc-methods.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as Recorded;

/** What Python makes of it, with the types that it saw. */
const client = `
import json, sys, xmlrpc.client
def typed(value):
    if isinstance(value, dict): return {key: typed(one) for key, one in value.items()}
    if isinstance(value, list): return [typed(one) for one in value]
    return [type(value).__name__, value]
def answer(proxy, method, params):
    try: return {"value": typed(getattr(proxy, method)(*params))}
    except xmlrpc.client.Fault as fault: return {"fault": [fault.faultCode, fault.faultString]}
    except xmlrpc.client.ProtocolError as error: return {"http": error.errcode}
proxy = xmlrpc.client.ServerProxy(sys.argv[1])
print(json.dumps([answer(proxy, *call) for call in json.loads(sys.argv[2])]))`;

type Call = readonly [method: string, params: readonly unknown[]];

async function inPython({ url }: Server, calls: readonly Call[], login = ""): Promise<unknown[]> {
  const child = spawn("python3", [
    "-c",
    client,
    url.replace("//", `//${login}`),
    JSON.stringify(calls),
  ]);
  const [answers, complaints, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  assert.equal(status, 0, complaints);
  return JSON.parse(answers) as unknown[];
}

/** Values as their types, so that numbers and times need not be the same. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.length > 0 ? [shape(value[0])] : [];
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, STRINGS.has(key) ? "number" : shape(one)]),
  );
}
/** Normalised to texts in the recordings. */
const STRINGS = new Set(["start", "stop", "now", "pid"]);

/** Without the names of Python's types. */
function bare(value: unknown): unknown {
  if (!Array.isArray(value)) {
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bare(one)]));
  }
  const [type, inner] = value as unknown[];
  const isTyped = value.length === 2 && ["str", "int", "bool", "float"].includes(String(type));
  return isTyped && typeof inner !== "object" ? inner : value.map(bare);
}

async function desk(t: TestContext): Promise<{ readonly server: Server; readonly dir: string }> {
  const dir = scratch(t);
  const program = { command: "/bin/sleep 300", startsecs: 0, stdout_logfile: `${dir}/out` };
  const programs = { p: program, q: { ...program, stdout_logfile: "NONE", autostart: false } };
  const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
  const supervisor = new Supervisor({ programs }, io);
  const log = new ActivityLog({ logfile: `${dir}/log`, silent: true });
  log.write("INFO", "a line");
  const server = await serve(supervisor, { port: 0 }, { log, config: () => supervisor.settings });
  t.after(() => server.close());
  await supervisor.start();
  return { server, dir };
}

describe("Python's xmlrpc.client", { skip: noPython }, () => {
  it("finds the methods of supervisord, with their signatures and a help", async (t) => {
    const { server } = await desk(t);
    const names = recorded.methods.map(({ method }) => method);
    const [list, ...about] = await inPython(server, [
      ["system.listMethods", []],
      ...names.flatMap((name): Call[] => [
        ["system.methodSignature", [name]],
        ["system.methodHelp", [name]],
      ]),
    ]);
    assert.deepEqual(list, { value: names.map((name) => ["str", name]) });
    for (const [i, { method, signature }] of recorded.methods.entries()) {
      const wanted = { value: signature.map((type) => ["str", type]) };
      assert.deepEqual(about[2 * i], wanted, method);
      const { value } = about[2 * i + 1] as { value: readonly [string, string] };
      assert.equal(value[0], "str");
      assert.ok(value[1].length > 10, method);
    }
    const unknown = { fault: [4, "SIGNATURE_UNSUPPORTED"] };
    const calls: Call[] = [
      ["system.methodHelp", ["supervisor.nope"]],
      ["system.methodSignature", ["nope"]],
    ];
    assert.deepEqual(await inPython(server, calls), [unknown, unknown]);
  });

  it("calls every one of them, and gets its type", async (t) => {
    const { server } = await desk(t);
    const params: Readonly<Record<string, readonly unknown[]>> = {
      "supervisor.addProcessGroup": ["p"],
      "supervisor.clearProcessLog": ["p"],
      "supervisor.clearProcessLogs": ["p"],
      "supervisor.getProcessInfo": ["p"],
      "supervisor.readLog": [0, 0],
      "supervisor.readMainLog": [0, 0],
      "supervisor.removeProcessGroup": ["p"],
      "supervisor.sendProcessStdin": ["p", "x"],
      "supervisor.sendRemoteCommEvent": ["a", "b"],
      "supervisor.signalAllProcesses": ["HUP"],
      "supervisor.signalProcess": ["p", "HUP"],
      "supervisor.signalProcessGroup": ["p", "HUP"],
      "supervisor.startAllProcesses": [false],
      "supervisor.startProcess": ["q", false],
      "supervisor.startProcessGroup": ["q", false],
      "supervisor.stopAllProcesses": [false],
      "supervisor.stopProcess": ["q", false],
      "supervisor.stopProcessGroup": ["q", false],
      "system.methodHelp": ["system.multicall"],
      "system.methodSignature": ["system.multicall"],
      "system.multicall": [[]],
    };
    const first = ["supervisor.startProcess", "supervisor.stopProcess"];
    const last = ["supervisor.shutdown"];
    const between = recorded.methods
      .map(({ method }) => method)
      .filter((name) => ![...first, ...last, "supervisor.restart"].includes(name));
    const calls = [...first, ...between, ...last].map((name): Call => {
      const isLog = /read|tail/.test(name) && params[name] === undefined;
      return [name, params[name] ?? (isLog ? ["q", 0, 0] : [])];
    });
    const answers = await inPython(server, calls);
    const types: Record<string, string> = { boolean: "bool", int: "int", string: "str" };
    const faults: Record<string, readonly [number, string]> = {
      "supervisor.addProcessGroup": [90, "ALREADY_ADDED: p"],
      "supervisor.removeProcessGroup": [91, "STILL_RUNNING: p"],
    };
    for (const [i, [method]] of calls.entries()) {
      const answer = answers[i] as { value?: unknown; fault?: unknown };
      const fault = faults[method];
      if (fault) assert.deepEqual(answer, { fault: [...fault] }, method);
      else {
        const [type = ""] = recorded.methods.find((one) => one.method === method)?.signature ?? [];
        assert.ok("value" in answer, `${method}: ${JSON.stringify(answer)}`);
        const isPlain = type in types;
        if (isPlain) assert.equal((answer.value as string[])[0], types[type], method);
        else assert.equal(Array.isArray(answer.value), type === "array", method);
      }
    }
  });

  it("gets structs with the members and types of supervisord's", async (t) => {
    const { server } = await desk(t);
    const [all, configs, state] = (await inPython(server, [
      ["supervisor.getAllProcessInfo", []],
      ["supervisor.getAllConfigInfo", []],
      ["supervisor.getState", []],
    ])) as { value: unknown }[];
    const sample = recorded.samples["getAllProcessInfo()"]?.result;
    assert.deepEqual(shape(bare(all?.value)), shape(sample));
    assert.deepEqual(shape(bare(configs?.value)), shape(recorded.getAllConfigInfo.result));
    assert.deepEqual(state, {
      value: { statecode: ["int", 1], statename: ["str", "RUNNING"] },
    });
    const members = (value: unknown) => Object.keys((value as object[])[0] as object);
    assert.deepEqual(members(bare(all?.value)), members(sample));
    assert.deepEqual(members(bare(configs?.value)), members(recorded.getAllConfigInfo.result));
  });

  it("reads the main log", async (t) => {
    const { server } = await desk(t);
    const answers = await inPython(server, [
      ["supervisor.readLog", [-12, 0]],
      ["supervisor.readLog", [-10, 5]],
      ["supervisor.readMainLog", [0, 2]],
      ["supervisor.clearLog", []],
      ["supervisor.readLog", [0, 0]],
    ]);
    assert.deepEqual(answers, [
      { value: ["str", "INFO a line\n"] },
      { fault: [3, "BAD_ARGUMENTS"] },
      { value: ["str", "20"] },
      { value: ["bool", true] },
      { value: ["str", ""] },
    ]);
  });

  it("comes in with the name and the password in its URL", async (t) => {
    const supervisor = new Supervisor();
    const options = { username: "u", password: "p:w" };
    const server = await serve(supervisor, { port: 0 }, options);
    t.after(() => server.close());
    const call: Call = ["supervisor.getVersion", []];
    assert.deepEqual(await inPython(server, [call], "u:p%3Aw@"), [{ value: ["str", "3.0"] }]);
    assert.deepEqual(await inPython(server, [call], "u:x@"), [{ http: 401 }]);
    assert.deepEqual(await inPython(server, [call]), [{ http: 401 }]);
  });
});

const noCurl = spawnSync("curl", ["--version"]).status === 0 ? false : "curl is not installed";
describe("curl", { skip: noCurl }, () => {
  it("calls over a unix socket, whatever type it sends", async (t) => {
    const dir = scratch(t);
    await using server = await serve(new Supervisor(), { file: `${dir}/s` });
    const data = "<methodCall><methodName>supervisor.getVersion</methodName></methodCall>";
    const common = ["-s", "--unix-socket", `${dir}/s`, "-d", data, "http://localhost/RPC2"];
    const child = spawn("curl", [...common, "-H", "Content-Type: text/xml"]);
    assert.match(await text(child.stdout), /<string>3\.0<\/string>/);
    const form = spawn("curl", common);
    assert.match(await text(form.stdout), /<string>3\.0<\/string>/);
    assert.equal((await ask(server, { path: "/healthz" })).status, 200);
  });
});
