/** The client as a command whose output somebody else reads, but not to the end. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { text } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { root } from "../../support/processes.ts";
import { conf, serve, type Answer } from "./helpers.ts";

const main = path.join(root, "dist/cli/main.js");

/** Runs the client, whose reader goes after what was said first; what is said else, and the end. */
async function cutShort(t: TestContext, words: readonly string[], gone = () => {}) {
  const child = spawn(process.execPath, [main, "ctl", "-c", conf(t), ...words]);
  t.after(() => child.kill("SIGKILL"));
  const [stderr, [status, signal]] = await Promise.all([
    text(child.stderr),
    once(child, "exit"),
    once(child.stdout, "data").then(() => child.stdout.once("close", gone).destroy()),
  ]);
  return { stderr, status: status as unknown, signal: signal as unknown };
}

const asOfSigpipe = { stderr: "", status: 141, signal: null };

describe("ctl, when its reader has gone", () => {
  it("ends without a word while it follows a log", async (t) => {
    let timer: NodeJS.Timeout | undefined;
    t.after(() => clearInterval(timer));
    const server = await serve(t, ({ call }): Answer => {
      if (call !== undefined) return { result: "3.0" };
      return {
        stream: (response) => {
          timer = setInterval(() => response.write("line\n"), 5);
        },
      };
    });
    assert.deepEqual(await cutShort(t, ["-s", server.url, "tail", "-f", "a"]), asOfSigpipe);
  });

  it("ends without a word when it has something more to say", async (t) => {
    const reader = new AbortController();
    const server = await serve(t, async ({ call, params }): Promise<Answer> => {
      const [name] = (params ?? []) as readonly string[];
      if (name === "b" && !reader.signal.aborted) await once(reader.signal, "abort");
      return { result: call === "supervisor.getVersion" ? "3.0" : true };
    });
    const words = ["-s", server.url, "start", "a", "b"];
    assert.deepEqual(await cutShort(t, words, () => reader.abort()), asOfSigpipe);
  });
});
