/** A shared socket, and how its host ends. */
import assert from "node:assert/strict";
import { existsSync, lstatSync } from "node:fs";
import path from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fcgi, visit } from "../support/fcgi.ts";
import { freePort } from "../support/free-port.ts";
import { LineChannel } from "../support/line-channel.ts";
import { death, isLinux, until } from "../support/guards.ts";
import { runHost } from "../support/host.ts";
import { nothingLeftSoon, scratch } from "../support/processes.ts";
import { noPython } from "../support/python.ts";

function place(t: TestContext): string {
  return path.join(scratch(t), "web.sock");
}

/** A host with such a program, that runs. */
const host = (file: string, whole = "") => `
  const supervisor = new Supervisor({
    programs: { web: ${JSON.stringify(fcgi(`unix://${file}`))} }, ${whole}
  });
  await supervisor.start();
  console.log("started");
`;

describe("the socket of a host", { skip: isLinux ? noPython : "there is no /proc" }, () => {
  it("that is killed: its file is removed by the guardian", async (t) => {
    const file = place(t);
    await death(t, host(file), async (_pid, _ear, heard) => {
      await heard(/started/);
      await visit({ path: file });
    });
    await until(() => !existsSync(file));
  });

  it("that is killed without a guardian: the next host takes its place", async (t) => {
    const file = place(t);
    const quiet = `programs: { web: { command: "true", socket: "unix://${file}", startsecs: 0, autorestart: false } }, guardian: false`;
    const { mark } = await runHost(
      `const supervisor = new Supervisor({ ${quiet} });
       await supervisor.start();
       supervisor.on("PROCESS_STATE_EXITED", () => process.kill(process.pid, "SIGKILL"));
       if (supervisor.process("web").state === "EXITED") process.kill(process.pid, "SIGKILL");`,
    );
    await nothingLeftSoon(mark);
    assert.ok(lstatSync(file).isSocket());
    await death(t, host(file), async (_pid, _ear, heard) => {
      await heard(/started/);
      await visit({ path: file });
    });
    await until(() => !existsSync(file));
  });

  for (const [what, end, status] of [
    ["that exits", "process.exit(3);", 3],
    ["that has nothing left to do", "await supervisor.stop();", 0],
    ["that waits for nobody", "supervisor.unref();", 0],
    ["that has shut down", "await supervisor.shutdown();", 0],
  ] as const) {
    it(`${what}: its file is gone, and nothing keeps the host`, async (t) => {
      const file = place(t);
      const channel = new LineChannel(t);
      const result = await runHost(`${host(file)}\n${end}`, { channel });
      assert.deepEqual([result.status, result.stdout, result.stderr], [status, "started\n", ""]);
      assert.ok(!existsSync(file));
      await nothingLeftSoon(result.mark);
      assert.deepEqual(
        channel.rest.filter((line) => line.includes("True")),
        [],
      );
    });
  }

  it("that shuts down before it is open: it keeps nothing, and leaves no file", async (t) => {
    const file = place(t);
    const { status, stdout, mark } = await runHost(
      host(file).replace(
        "await supervisor.start();",
        `const started = supervisor.start().catch(({ code }) => console.log(code));
         await supervisor.shutdown();
         await started;`,
      ),
    );
    assert.deepEqual([status, stdout], [0, "ABNORMAL_TERMINATION\nstarted\n"]);
    assert.ok(!existsSync(file));
    await nothingLeftSoon(mark);
  });

  it("with switches for Node in its environment: they are not for the thread", async () => {
    const port = await freePort();
    const source = `
      process.env.NODE_OPTIONS = "--no-such-switch";
      const programs = { web: { command: "true", socket: "tcp://127.0.0.1:${port}", startsecs: 0, environment: { NODE_OPTIONS: "" } } };
      const supervisor = new Supervisor({ programs });
      await supervisor.start();
      await supervisor.shutdown();
      console.log("done");
    `;
    const { stdout, stderr } = await runHost(source);
    assert.deepEqual([stdout, stderr], ["done\n", ""]);
  });
});
