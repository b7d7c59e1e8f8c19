/** Tests of an application replace timers and clocks, of which nothing reaches a supervisor of real programs. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { LineChannel } from "../support/line-channel.ts";
import { runHost } from "../support/host.ts";
import { nothingLeft, root } from "../support/processes.ts";

const globals = `
  const never = () => {
    const timer = { ref: () => timer, unref: () => timer, hasRef: () => true, refresh: () => timer, close: () => timer };
    return timer;
  };
  const RealDate = Date;
  const fakes = Object.fromEntries(
    ["setTimeout", "setInterval", "setImmediate"].map((name) => [name, never]).concat(
      ["clearTimeout", "clearInterval", "clearImmediate", "queueMicrotask"].map((name) => [name, () => {}]),
    ),
  );
  Object.assign(globalThis, fakes);
  globalThis.Date = class extends RealDate {
    constructor(...args) { super(...(args.length === 0 ? [0] : args)); }
    static now() { return 0; }
  };
  performance.now = () => 0;
  process.hrtime = Object.assign(() => [0, 0], { bigint: () => 0n });`;

/** What test libraries do: node:test, jest (only the globals), sinon and vitest (Node's modules, too). */
const kinds: Readonly<Record<string, string>> = {
  "node's mock timers": `
    const { mock } = await import("node:test");
    mock.timers.enable();`,
  "replaced globals": globals,
  "replaced globals and modules": `${globals}
    const { createRequire, syncBuiltinESMExports } = await import("node:module");
    const require = createRequire("/");
    for (const name of Object.keys(fakes)) if (name in require("timers")) require("timers")[name] = fakes[name];
    const pending = () => new Promise(() => {});
    Object.assign(require("timers/promises"), { setTimeout: pending, setImmediate: pending });
    syncBuiltinESMExports();`,
};

const library = (file: string) => JSON.stringify(pathToFileURL(path.join(root, "dist", file)).href);
const load = `
  const { Supervisor } = await import(${library("index.js")});
  const { decodeAnswer, encodeCall, serve } = await import(${library("control/index.js")});`;
const work = `
  const { request } = await import("node:http");
  const deaf = "trap '' TERM; echo up $$ >$CHANNEL; while :; do sleep 1000; done";
  const supervisor = new Supervisor({
    programs: {
      deaf: { command: ["/bin/sh", "-c", deaf], startsecs: 0.2, stopwaitsecs: 0.2 },
      nap: { command: ["/bin/cat"], startsecs: 0.2 },
      brief: { command: ["/bin/sh", "-c", "exit 1"], startsecs: 0.2, startretries: 1, autostart: false },
    },
  });
  const began = process.uptime();
  await supervisor.start();
  if (process.uptime() - began < 0.2) throw new Error("RUNNING too soon");
  await supervisor.restart("nap");
  await supervisor.start("brief").then(
    () => console.log("brief is RUNNING"),
    ({ code }) => console.log(code, process.uptime() - began > 1),
  );
  const server = await serve(supervisor, { port: 0 }, { username: "me", password: "secret" });
  const call = (method, ...params) =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "text/xml", authorization: "Basic " + btoa("me:secret") };
      const sent = request(server.url + "/RPC2", { method: "POST", headers }, async (response) => {
        const { value } = decodeAnswer(Buffer.concat(await response.toArray()));
        resolve(value);
      });
      sent.on("error", reject).end(encodeCall({ method, params }));
    });
  const calls = [["getState"], ["stopProcess", "deaf"], ["sendProcessStdin", "nap", "hello"]];
  const wrapped = calls.map(([name, ...params]) => ({ methodName: "supervisor." + name, params }));
  console.log(JSON.stringify(await call("system.multicall", wrapped)));
  console.log((await call("supervisor.getProcessInfo", "deaf")).statename);
  await server.close();
  console.log((await supervisor.shutdown()).length);`;

const expected = `SPAWN_ERROR true
[{"statecode":1,"statename":"RUNNING"},true,true]
STOPPED
0
`;

describe("replaced timers", () => {
  for (const [kind, fake] of Object.entries(kinds)) {
    for (const [when, source] of [
      ["after the library was loaded", load + fake + work],
      ["before the library is loaded", fake + load + work],
    ] as const) {
      it(`${kind}, ${when}: a supervisor does all it does without`, async (t) => {
        const channel = new LineChannel(t);
        const { stdout, stderr, status, mark } = await runHost(source, { channel, isBare: true });
        assert.equal(stdout, expected, stderr);
        assert.equal(status, 0, stderr);
        nothingLeft(mark);
      });
    }
  }
});
