/** Replays what supervisorctl was seen to do, with a server that answers as supervisord did. */
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import path from "node:path";
import { describe, it } from "node:test";
import type { TestContext } from "node:test";
import type { Value } from "../../../src/cli/ctl/codec.ts";
import { Run, conf, linesOf, serve } from "./helpers.ts";
import type { Answer } from "./helpers.ts";

interface RecordedRequest {
  readonly request: string;
  readonly call?: string;
  readonly params?: Value;
  readonly result?: Value;
  readonly fault?: readonly [number, string];
  readonly stream?: true;
  readonly status?: string;
  readonly authorization?: string;
}

interface Recorded {
  readonly command: string;
  readonly note?: string;
  readonly requests: readonly RecordedRequest[];
  readonly connections: number;
  readonly stdout: readonly string[];
  readonly stderr?: readonly string[];
  readonly exit: number;
}

const file = path.resolve(import.meta.dirname, "../../../../test/golden/ctl/runs.json");
const { commands } = JSON.parse(readFileSync(file, "utf8")) as {
  readonly commands: readonly Recorded[];
};

const PID = 4711;

/** Two recordings cannot be replayed as they are. */
function differs({ command }: Recorded): boolean {
  // went past the recorder; and: the second attempt with the same password is not made
  return command.includes(" open ") || command.includes("-p wrong");
}

describe("what was recorded of supervisorctl", () => {
  it("is all there", () => {
    assert.equal(commands.length, 71);
    assert.equal(commands.filter(differs).length, 2);
  });

  for (const recorded of commands) {
    if (differs(recorded)) continue;
    const { command, note = "as it is" } = recorded;
    it(`${command} (${note})`, async (t) => {
      await replay(t, recorded);
    });
  }
});

async function replay(t: TestContext, recorded: Recorded): Promise<void> {
  const words = recorded.command.split(" ").slice(1);
  const isShell = recorded.command === "supervisorctl ";
  const server = await serve(t, async () => {
    const wanted = recorded.requests[server.asked.length - 1];
    assert.ok(wanted, "one request too many");
    return answerTo(wanted, stage);
  });
  const isRefused = recorded.note === "connection refused";
  const url = isRefused ? "http://127.0.0.1:1" : server.url;
  const run: Run = new Run(["-c", conf(t), "-s", url, ...(isShell ? [] : words)]);
  const stage: Stage = { run, recorded, news: new EventEmitter() };
  if (isShell) run.stdin.end("version\npid nope\n");
  else if (recorded.command.includes(" fg talk")) await type(run);
  else if (recorded.requests.some((request) => request.stream)) await breakOff(stage);
  const status = await run.status;

  const told = run.stdout.text.replaceAll(url, "http://127.0.0.1:PORT");
  assert.deepEqual(usageAside(linesOf(told), recorded), expected(recorded));
  assert.equal(status, recorded.exit);
  const complaints = (recorded.stderr ?? []).map((line) => line.replace(/http:\/\/[\d.:]+/, url));
  assert.deepEqual(linesOf(run.stderr.text), complaints);
  assert.deepEqual(
    inOrder(server.asked.map(({ request, call, params }) => ({ request, call, params }))),
    inOrder(recorded.requests.map(({ request, call, params }) => ({ request, call, params }))),
  );
  for (const [index, { authorization }] of recorded.requests.entries()) {
    if (authorization === undefined) continue;
    assert.equal(server.asked[index]?.authorization, `Basic ${btoa("u:p")}`);
  }
  if (recorded.connections > 0) assert.equal(server.connections, recorded.connections);
}

/** The two streams of `fg` are asked for at once. */
function inOrder<T extends { readonly request: string }>(requests: readonly T[]): T[] {
  const isStream = ({ request }: T) => request.startsWith("GET ");
  const streams = requests.filter(isStream).toSorted((a, b) => (a.request < b.request ? -1 : 1));
  return requests.map((each) => (isStream(each) ? (streams.shift() as T) : each));
}

/** Ctrl-C, as soon as all is there that was recorded. */
async function breakOff({ run, recorded, news }: Stage): Promise<void> {
  await once(news, "streaming");
  const last = recorded.stdout.findLast((line) => line !== "") ?? "";
  await run.stdout.until(new RegExp(`${last}\n$`));
  run.interrupt();
}

async function type(run: Run): Promise<void> {
  await run.stdout.until(/(hello err\n){3}/);
  run.stdin.write("typed line\n");
  await run.stdout.until(/typed line\n/);
  run.stdin.end();
}

interface Stage {
  readonly run: Run;
  readonly recorded: Recorded;
  readonly news: EventEmitter;
  /** Where what the process writes goes to. */
  toStdout?: ServerResponse;
}

async function answerTo(wanted: RecordedRequest, stage: Stage): Promise<Answer> {
  const { request, call, result, fault, status } = wanted;
  if (status !== undefined) return { status: Number(status.split(" ")[1]) };
  if (fault) return { fault };
  if (result === undefined) return { stream: (response) => void stream(request, response, stage) };
  if (call === "supervisor.sendProcessStdin") {
    stage.toStdout?.write("typed line\n");
    await stage.run.stdout.until(/typed line\n/);
  }
  return { result: whole(result) };
}

async function stream(url: string, response: ServerResponse, stage: Stage): Promise<void> {
  const { run, recorded, news } = stage;
  news.emit("streaming");
  if (url.endsWith("/talk/stdout")) {
    stage.toStdout = response;
    response.write("hello out\n".repeat(3));
  } else if (url.endsWith("/talk/stderr")) {
    if (recorded.stdout.includes("hello out")) await run.stdout.until(/(hello out\n){3}/);
    response.write("hello err\n".repeat(3));
  } else if (url.endsWith("/mainlogtail")) {
    response.write("... last 1024 bytes of the main log ...\n");
  }
}

const STATES: Readonly<Record<string, [number: number, description: string]>> = {
  STOPPED: [0, "Not started"],
  RUNNING: [20, "pid N, uptime H:MM:SS"],
  FATAL: [200, "Exited too quickly (process log may have details)"],
};

/** The recordings leave out of a struct what is no matter. */
function whole(value: Value): Value {
  if (Array.isArray(value)) return (value as readonly Value[]).map(whole);
  if (typeof value !== "object" || value === null || !("..." in value)) return value;
  const { "...": _, ...struct } = value as Record<string, Value>;
  if (!("statename" in struct)) return { ...struct, ...CONFIG };
  const statename = struct["statename"] as string;
  const [state, description] = STATES[statename] ?? [];
  assert.ok(state !== undefined && description !== undefined, statename);
  return { ...struct, state, description, pid: state === 20 ? PID : 0 };
}

const CONFIG = { inuse: true, autostart: true, group_prio: 999, process_prio: 999 };

function expected({ command, stdout }: Recorded): string[] {
  const lines = stdout.map((line) => (line === "PID" ? String(PID) : line));
  return command.endsWith("maintail -f") ? [...lines, ""] : lines;
}

/** The descriptions of the actions are our own: there must be some where supervisorctl has them. */
function usageAside(lines: readonly string[], { command, stdout }: Recorded): string[] {
  const at = stdout.findIndex((line) => line === "(usage text)" || line === "...");
  if (at === -1) return [...lines];
  const usage = lines.slice(at);
  assert.ok(usage.length > 0, `no usage of ${command}`);
  return [...lines.slice(0, at), stdout[at] as string];
}
