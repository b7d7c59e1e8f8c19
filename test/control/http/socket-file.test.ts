import assert from "node:assert/strict";
import { lstatSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { serve } from "../../../src/control/index.ts";
import { Supervisor } from "../../../src/index.ts";
import { scratch } from "../../support/processes.ts";

const windows = process.platform === "win32" && "the socket is a unix socket";

describe("the file of a control socket", { skip: windows }, () => {
  it("is owned as it stays: the guardian removes no file that has changed since", async (t) => {
    const file = path.join(scratch(t), "s");
    const supervisor = new Supervisor({ programs: {} });
    const changed: bigint[] = [];
    const own = supervisor.ownFile.bind(supervisor);
    supervisor.ownFile = (name) => {
      changed.push(lstatSync(name, { bigint: true }).ctimeNs);
      return own(name);
    };
    const server = await serve(supervisor, { file });
    t.after(() => server.close());
    assert.deepEqual(changed, [lstatSync(file, { bigint: true }).ctimeNs]);
  });
});
