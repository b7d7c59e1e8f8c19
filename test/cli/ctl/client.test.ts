import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import { Run, conf, scratch, serve, xml } from "./helpers.ts";
import type { Answer, Asked } from "./helpers.ts";

/** One run against a server that knows its version, and answers the rest as it is told. */
async function run(
  t: TestContext,
  words: string,
  answer: (asked: Asked) => Answer = () => ({ fault: [6, "SHUTDOWN_STATE"] }),
) {
  const server = await serve(t, (asked) =>
    asked.call === "supervisor.getVersion" ? { result: "3.0" } : answer(asked),
  );
  return finish(t, server.url, words);
}

async function finish(t: TestContext, url: string, words: string) {
  const one = new Run(["-c", conf(t), "-s", url, ...words.split(" ")]);
  one.stdin.end();
  const status = await one.status;
  return { lines: one.lines, status, stderr: one.stderr.text };
}

const fault =
  (code: number, text: string): (() => Answer) =>
  () => ({ fault: [code, text] });

describe("ctl, when things go wrong", () => {
  it("says that nobody listens: 4, and 7 for a socket that is not there", async (t) => {
    const refused = await finish(t, "http://127.0.0.1:1", "start a");
    assert.deepEqual(refused.lines, ["http://127.0.0.1:1 refused connection"]);
    assert.equal(refused.status, 4);
    const absent = await finish(t, "unix:///no/such/socket", "start a");
    assert.deepEqual(absent.lines, ["unix:///no/such/socket no such file"]);
    assert.equal(absent.status, 7);
    assert.equal((await finish(t, "unix:///no/such/socket", "status")).status, 4);
  });

  it("says it with ERROR for shutdown, with error where nothing was checked before", async (t) => {
    const down = await finish(t, "unix:///no/such/socket", "shutdown");
    assert.deepEqual(down.lines, [
      "ERROR: unix:///no/such/socket no such file (already shut down?)",
    ]);
    assert.equal(down.status, 1);
    const add = await finish(t, "http://127.0.0.1:1", "add a");
    assert.deepEqual(add.lines, ["error: http://127.0.0.1:1 refused connection"]);
    assert.equal(add.status, 1);
  });

  it("knows only unix and http", async (t) => {
    const { lines, status } = await finish(t, "https://localhost", "status");
    assert.deepEqual(lines, ["error: Unknown protocol for serverurl https://localhost"]);
    assert.equal(status, 1);
  });

  it("insists on the version of the protocol: 5", async (t) => {
    const server = await serve(t, () => ({ result: "2.0" }));
    const { lines, status } = await finish(t, server.url, "start a");
    assert.match(
      lines.join("\n"),
      /expects to talk to a server with API version 3\.0, but the remote/,
    );
    assert.equal(status, 5);
  });

  it("misses the namespace: 3", async (t) => {
    const server = await serve(t, fault(1, "UNKNOWN_METHOD"));
    const { lines, status } = await finish(t, server.url, "start a");
    assert.match(lines.join("\n"), /did not recognize the supervisor namespace/);
    assert.equal(status, 3);
  });

  it("does not try a wrong password twice: 1", async (t) => {
    const server = await serve(t, () => ({ status: 401 }));
    const { lines, status } = await finish(t, server.url, "status");
    assert.deepEqual(lines, ["Server requires authentication"]);
    assert.equal(status, 1);
    assert.equal(server.asked.length, 1);
  });

  const failures: readonly (readonly [string, readonly string[], number])[] = [
    ["start a", ["error: a: SHUTDOWN_STATE"], 1],
    ["start g:*", ["error: SHUTDOWN_STATE"], 1],
    ["stop all", ["error: SHUTDOWN_STATE"], 1],
    ["pid a", ["error: SHUTDOWN_STATE"], 1],
    ["tail a", ["error: SHUTDOWN_STATE"], 1],
    ["maintail", ["error: SHUTDOWN_STATE"], 1],
    ["avail", ["ERROR: supervisor shutting down"], 1],
    ["reread", ["ERROR: supervisor shutting down"], 1],
    ["update", ["ERROR: already shutting down"], 1],
    ["add a", ["ERROR: shutting down"], 1],
    ["remove a", ["error: SHUTDOWN_STATE"], 1],
    ["reload", ["ERROR: already shutting down"], 1],
    ["shutdown", ["ERROR: already shutting down"], 0],
    ["fg a", ["ERROR: SHUTDOWN_STATE"], 0],
  ];
  for (const [words, lines, status] of failures) {
    it(`${words}, while the server shuts down: ${lines.join()}, ${status}`, async (t) => {
      assert.deepEqual(await run(t, words), { lines, status, stderr: "" });
    });
  }

  const faults: readonly (readonly [string, number, string, number])[] = [
    ["tail a", 20, "a: ERROR (no log file)", 1],
    ["tail a stderr", 30, "a: ERROR (unknown error reading log)", 1],
    ["tail a", 10, "a: ERROR (no such process name)", 1],
    ["maintail", 20, "supervisord: ERROR (no log file)", 1],
    ["maintail -5", 30, "supervisord: ERROR (unknown error reading log)", 1],
    ["clear a", 30, "a: ERROR (failed)", 1],
    ["start g:*", 10, "g: ERROR (no such group)", 2],
    ["stop g:", 10, "g: ERROR (no such group)", 1],
    ["signal HUP g:*", 10, "g: ERROR (no such group)", 1],
    ["stop a", 30, "the text", 1],
    ["update", 92, "error: the text", 1],
    ["fg a", 10, "ERROR: bad process name supplied", 1],
  ];
  for (const [words, code, line, status] of faults) {
    it(`${words} with fault ${code}: ${line}, ${status}`, async (t) => {
      const told = await run(t, words, fault(code, "the text"));
      assert.deepEqual(told, { lines: [line], status, stderr: "" });
    });
  }

  it("keeps the status of the last problem, whatever goes well later", async (t) => {
    const { lines, status } = await run(t, "start a b c", ({ params }) => {
      const [name] = params as readonly string[];
      if (name === "c") return { result: true };
      return { fault: name === "a" ? [50, "SPAWN_ERROR: a"] : [10, "BAD_NAME: b"] };
    });
    assert.deepEqual(lines, ["a: ERROR (spawn error)", "b: ERROR (no such process)", "c: started"]);
    assert.equal(status, 1);
  });

  it("does not remove what could not be stopped", async (t) => {
    const { lines, status } = await run(t, "update", ({ call }) => {
      if (call === "supervisor.reloadConfig") return { result: [[["new"], [], ["old"]]] };
      if (call === "supervisor.addProcessGroup") return { result: true };
      assert.equal(call, "supervisor.stopProcessGroup");
      return { result: [{ name: "x", group: "old", status: 30, description: "FAILED" }] };
    });
    assert.deepEqual(lines, [
      "old: stopped",
      "old: has problems; not removing",
      "new: added process group",
    ]);
    assert.equal(status, 1);
  });

  it("prints what HTTP says", async (t) => {
    const { lines, status } = await run(t, "pid", () => ({ status: 500 }));
    assert.deepEqual(lines, ["error: 500 Internal Server Error"]);
    assert.equal(status, 1);
  });

  it("prints what is wrong with an answer", async (t) => {
    for (const [words, result] of [
      ["status", "x"],
      ["status", ["x"]],
      ["version", []],
    ] as const) {
      const { lines, status } = await run(t, words, () => ({ result }));
      assert.match(lines.join("\n"), /^error: the server has answered with a value/);
      assert.equal(status, 1);
    }
  });

  it("follows a log until the server ends it, or breaks off", async (t) => {
    const ended = await run(t, "tail -f a", () => ({ stream: (response) => response.end("x\n") }));
    assert.deepEqual(ended.lines.slice(1), ["x"]);
    assert.equal(ended.status, 0);
    const broken = await run(t, "maintail -f", () => ({
      stream: (response) => response.write("x\n", () => response.destroy()),
    }));
    assert.deepEqual(broken.lines.slice(1), ["x"]);
    assert.match(broken.stderr, /\/mainlogtail Cannot read on, error: /);
    assert.equal(broken.status, 1);
    const absent = await run(t, "tail -f a", () => ({ status: 404 }));
    assert.match(absent.stderr, /\/logtail\/a\/stdout Cannot read, status code 404\n/);
    assert.equal(absent.status, 0, "as supervisorctl");
    assert.equal((await run(t, "tail -f a", () => ({ status: 500 }))).status, 1);
  });

  it("ends fg when the process has", async (t) => {
    const server = await serve(t, ({ call = "", request }) => {
      if (request.startsWith("GET")) return { stream: () => {} };
      if (call === "supervisor.getVersion") return { result: "3.0" };
      if (call === "supervisor.sendProcessStdin") return { fault: [70, "NOT_RUNNING: a"] };
      return { result: { name: "a", group: "a", state: 20, statename: "RUNNING", pid: 1 } };
    });
    const one = new Run(["-c", conf(t), "-s", server.url, "fg", "a"]);
    one.stdin.write("hello\n");
    assert.equal(await one.status, 0);
    assert.deepEqual(one.lines.slice(1), ["Process got killed", "Exiting foreground"]);
  });
});

describe("the way to the server", () => {
  it(
    "is a socket, with localhost for a name",
    { skip: process.platform === "win32" },
    async (t) => {
      const socket = path.join(scratch(t), "s");
      const hosts: unknown[] = [];
      const server = createServer((request, response) => {
        hosts.push(request.headers.host);
        request.resume();
        response.end(
          `<methodResponse><params><param><value>${xml("3.0")}</value></param></params></methodResponse>`,
        );
      });
      await once(server.listen(socket), "listening");
      t.after(() => {
        server.close().closeAllConnections();
      });
      const { lines, status } = await finish(t, `unix://${socket}`, "version");
      assert.deepEqual(lines, ["3.0"]);
      assert.equal(status, 0);
      assert.deepEqual(hosts, ["localhost", "localhost"]);
    },
  );

  it("may lead through a path, for what stands behind a proxy", async (t) => {
    const server = await serve(t, () => ({ result: "3.0" }));
    for (const end of ["", "/", "/RPC2"]) await finish(t, `${server.url}/under${end}`, "version");
    assert.deepEqual(
      [...new Set(server.asked.map(({ request }) => request))],
      ["POST /under/RPC2"],
    );
  });

  it("carries names that are no part of a path", async (t) => {
    const server = await serve(t, ({ call }) => (call ? { result: "3.0" } : { status: 404 }));
    const { stderr } = await finish(t, server.url, "tail -f g:ä?#%");
    assert.equal(server.asked.at(-1)?.request, "GET /logtail/g:%C3%A4%3F%23%25/stdout");
    assert.match(stderr, /Cannot read, status code 404\n$/);
  });
});
