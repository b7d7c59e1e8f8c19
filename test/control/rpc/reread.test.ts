import assert from "node:assert/strict";
import path from "node:path";
import { describe, it } from "node:test";
import { RpcClient } from "../../../src/cli/ctl/rpc-client.ts";
import { serve } from "../../../src/control/index.ts";
import { Supervisor } from "../../../src/index.ts";
import { scratch } from "../../support/processes.ts";

const windows = process.platform === "win32" && "the socket is a unix socket";

describe("reloadConfig", { skip: windows }, () => {
  it("tells groups by their priorities, then by name, listeners first, as supervisord does", async (t) => {
    const once = { command: "true", autostart: false };
    const later = (command: string) => ({ ...once, command });
    const names = ["b", "a", "gone", "bye"];
    const programs = Object.fromEntries(names.map((name) => [name, once]));
    const changed = {
      b: later("b"),
      a: later("a"),
      first: { ...once, priority: 1 },
      ear: { ...once, events: ["EVENT" as const] },
      c: once,
      member: once,
    };
    const groups = { early: { programs: ["member"], priority: 2 } };
    const supervisor = new Supervisor({ programs });
    const file = path.join(scratch(t), "s");
    const config = () => ({ programs: changed, groups });
    const server = await serve(supervisor, { file }, { config });
    t.after(() => server.close());
    const client = new RpcClient({
      serverurl: `unix://${file}`,
      username: undefined,
      password: undefined,
    });
    const answer = await client.call("supervisor.reloadConfig");
    client.close();
    assert.deepEqual(answer, [
      [
        ["ear", "first", "early", "c"],
        ["a", "b"],
        ["bye", "gone"],
      ],
    ]);
  });
});
