import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it, mock } from "node:test";
import { serve } from "../../../src/control/index.ts";
import { encodeCall } from "../../../src/control/rpc/codec.ts";
import { Stage } from "../../support/helpers.ts";
import { scratch } from "../../support/processes.ts";
import { ask, open, raw, served } from "../client.ts";
import { inTime } from "../helpers.ts";

const get = (path: string, ...more: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: a", ...more, "", ""].join("\r\n");

const call = (method: string, ...more: string[]) => {
  const body = encodeCall({ method: `supervisor.${method}`, params: ["p"] });
  const head = ["POST /RPC2 HTTP/1.1", "Host: a", "Content-Type: text/xml", ...more];
  return [...head, `Content-Length: ${body.length}`, "", body].join("\r\n");
};

describe("requests one behind the other", () => {
  it("leave nothing behind when their caller goes", async (t) => {
    const { server, supervisor } = await served(t);
    const before = supervisor.listenerCount("PROCESS_STATE");
    const socket = open(server);
    socket.write(get("/events").repeat(5));
    await once(socket, "data");
    assert.equal(supervisor.listenerCount("PROCESS_STATE"), before + 1);
    socket.destroy();
    for (let i = 0; i < 50; i++) await ask(server); // it has to hear of it
    assert.equal(supervisor.listenerCount("PROCESS_STATE"), before);
  });

  it("are done in their order", async (t) => {
    const stage = new Stage({ programs: { p: { command: "sleep 9" } } });
    const server = await serve(stage.supervisor, { file: `${scratch(t)}/s` });
    t.after(() => server.close());
    const orders = call("startProcess") + call("stopProcess", "Connection: close");
    const answers = await inTime(stage, raw(server, orders));
    assert.equal(answers.split("<boolean>1</boolean>").length, 3, answers);
    assert.deepEqual(stage.seen(), ["p STARTING", "p RUNNING", "p STOPPING", "p STOPPED"]);
  });

  it("do not wait for ever for one that never ends", async (t) => {
    mock.timers.enable({ apis: ["setTimeout"] });
    t.after(() => mock.timers.reset());
    const { server } = await served(t, {}, { programs: { p: { command: "p" } } });
    const [alone, behind] = [open(server).resume(), open(server).resume()] as const;
    alone.write(get("/logtail/p"));
    behind.write(get("/logtail/p").repeat(2));
    await Promise.all([once(alone, "data"), once(behind, "data")]);
    await ask(server);
    const closed = once(behind, "close");
    mock.timers.tick(61_000);
    await closed;
    await ask(server);
    assert.equal(alone.closed, false);
  });
});

it("a stream ends with its caller, also if that sent a body with the request", async (t) => {
  const { server, supervisor } = await served(t);
  const before = supervisor.listenerCount("PROCESS_STATE");
  const socket = open(server);
  socket.write(get("/events", "Content-Length: 1000000") + "x".repeat(500_000));
  await once(socket, "data");
  socket.destroy();
  for (let i = 0; i < 50; i++) await ask(server); // it has to hear of it
  assert.equal(supervisor.listenerCount("PROCESS_STATE"), before);
});
