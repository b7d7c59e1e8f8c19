/**
 * Recordings of supervisord, played over the wire: the same calls, in the same order, at a server of
 * ours in front of real processes. The answers are compared in type, value and fault; where they are
 * to be different, the table of amendments says how.
 */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { text as readText } from "node:stream/consumers";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { Supervisor, type SupervisorEvent } from "../../../src/index.ts";
import { loadConfig } from "../../../src/config/index.ts";
import { serve, type Server } from "../../../src/control/index.ts";
import type { RpcValue } from "../../../src/control/rpc/codec.ts";
import { root, scratch } from "../../support/processes.ts";
import { placeOf, rpc, type Outcome } from "../client.ts";

type Sections = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Step {
  readonly do: readonly [verb: string, ...args: unknown[]];
  readonly result?: unknown;
  readonly fault?: readonly [number, string];
  readonly http?: unknown;
  readonly status?: number;
  readonly text?: string;
  readonly stdout?: readonly string[];
  readonly exit?: number;
}

interface Recording {
  readonly settings: Sections;
  readonly files?: Readonly<Record<string, string | readonly [string, number]>>;
  readonly steps: readonly Step[];
}

const here = [
  "clear-logs-stopped",
  "command-not-found-rpc",
  "faults-by-state",
  "group-start-stop",
  "logfile-none",
  "numprocs-3",
  "numprocs-start-5",
  "priority-start-all",
  "read-log-offsets",
  "read-log-utf8",
  "reload-config-rpc",
  "restart-multicall",
  "restart-rpc",
  "signal-process",
  "start-of-FATAL",
  "start-wait-false-fails-later",
  "start-wait-true",
  "start-wait-true-fails",
  "start-while-BACKOFF",
  "stdin-never-read",
  "stop-ignored-wait-false",
  "stop-while-STARTING",
  "wait-defaults-true",
];

/** Where an answer is to be another: by recording, and the number of the step. See docs/control.md. */
const amendments: Readonly<Record<string, Partial<Step>>> = {
  "clear-logs-stopped 4": { text: "" },
  "clear-logs-stopped 6": { text: "" },
  "logfile-none 3": { result: "hi\n" },
  "logfile-none 4": { result: "hi\n" },
  "logfile-none 5": { result: ["hi\n", 3, false] },
  "logfile-none 7": { status: 200 },
  "logfile-none 8": { stdout: [], exit: 0 }, // it was emptied in step 6
  "read-log-offsets 22": { fault: [2, "INCORRECT_PARAMETERS"] },
  "read-log-utf8 4": { result: "\ufffd" },
  "read-log-utf8 5": { result: "\ufffd" },
  "read-log-utf8 6": { result: "ab\ufffd\ufffdc" },
  "read-log-utf8 7": { result: ["ab\ufffd\ufffdc", 5, false] },
  "stdin-never-read 2": { result: true },
};

/** Recordings whose calls must fall into the time of a stop: how many times slower they are played. */
const slower: Readonly<Record<string, number>> = { "restart-rpc": 5 };

const supervisorctl =
  spawnSync("supervisorctl", ["--help"]).status === 0
    ? false
    : "supervisorctl is not installed: played up to the step that needs it";

const LIMIT_MS = 20_000;

class Player {
  readonly #name: string;
  readonly #dir: string;
  readonly #server: Server;
  readonly #log: SupervisorEvent[] = [];
  readonly #background = new Map<string, Promise<Outcome>>();
  readonly #write: (sections: Sections) => void;

  constructor(
    name: string,
    dir: string,
    supervisor: Supervisor,
    server: Server,
    write: (sections: Sections) => void,
  ) {
    this.#name = name;
    this.#dir = dir;
    this.#server = server;
    this.#write = write;
    supervisor.on("PROCESS_STATE", (event) => this.#log.push(event));
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const [i, recorded] of steps.entries()) {
      const amendment = amendments[`${this.#name} ${i}`] ?? {};
      const { http, fault, result, ...rest } = { ...recorded };
      const isOther = "result" in amendment || "fault" in amendment;
      const old = { ...(http !== undefined && { http }), ...(fault && { fault }) };
      const step = {
        ...rest,
        ...(isOther ? {} : { ...old, ...("result" in recorded && { result }) }),
        ...amendment,
      } as Step;
      if (step.do[0] === "ctl" && supervisorctl) return;
      await this.#step(this.#filled(step) as Step, `step ${i}: ${JSON.stringify(step.do)}`);
    }
  }

  async #step(step: Step, what: string): Promise<void> {
    const [verb, first, second, third, fourth] = step.do as readonly [string, string, ...unknown[]];
    switch (verb) {
      case "call": {
        const ask = async () => this.#call(first, second as RpcValue[]);
        await agree(
          ask,
          (outcome) => comparable(outcome, step),
          expected(step),
          what,
          first.endsWith("Log"),
        );
        return;
      }
      case "bg":
        this.#background.set(first, this.#call(String(second), third as RpcValue[]));
        return;
      case "join": {
        const outcome = await this.#background.get(first);
        assert.deepEqual(comparable(outcome as Outcome, step), expected(step), what);
        return;
      }
      case "snap":
        await this.#snap("getProcessInfo", [first], step, what);
        return;
      case "snapall":
        await this.#snap("getAllProcessInfo", [], step, what);
        return;
      case "until": {
        const [state, , count = 1] = [second, third, fourth];
        await until(
          () => this.#entries(first, `PROCESS_STATE_${String(state)}`) >= Number(count),
          what,
        );
        return;
      }
      case "event": {
        // there a new supervisord says that it has begun; here the same one goes on
        if (first.startsWith("SUPERVISOR")) await this.#isBack(what);
        else await until(() => this.#entries(undefined, first) >= Number(second), what);
        return;
      }
      case "read":
        await agree(
          async () => (existsSync(first) ? readFileSync(first, "utf8") : undefined),
          (text) => text,
          step.text,
          what,
          true,
        );
        return;
      case "conf":
        this.#write(step.do[1] as Sections);
        return;
      case "write":
        writeFileSync(first, String(second));
        return;
      case "http":
        assert.equal(await this.#status(String(second)), step.status, what);
        return;
      case "ctl": {
        // not spawnSync: the server that it asks is here
        const child = spawn("supervisorctl", [
          "-s",
          `unix://${this.#dir}/s`,
          ...(step.do[1] as string[]),
        ]);
        const [stdout, [status]] = await Promise.all([
          readText(child.stdout),
          once(child, "close"),
        ]);
        const lines = (list: readonly string[]) => list.map(timeless).toSorted();
        assert.deepEqual(lines(stdout.split("\n").filter(Boolean)), lines(step.stdout ?? []), what);
        assert.equal(status, step.exit, what);
        return;
      }
      case "py":
        for (let i = 0; i < 4; i++)
          assert.deepEqual(await this.#call("sendProcessStdin", ["p", "x".repeat(60_000)]), {
            value: true,
          });
        return;
      case "sleep":
        await pause(Number(first) * 1000 * (slower[this.#name] ?? 1));
        return;
      case "names":
        return;
      default:
        throw new Error(`no such verb: ${verb}`);
    }
  }

  async #call(method: string, params: readonly RpcValue[]): Promise<Outcome> {
    return rpc(this.#server, method.includes(".") ? method : `supervisor.${method}`, params);
  }

  async #snap(method: string, params: RpcValue[], step: Step, what: string): Promise<void> {
    const ask = async () => this.#call(method, params);
    // a start that was told in the background may be on its way
    await agree(ask, (outcome) => comparable(outcome, step), expected(step), what, true);
  }

  async #isBack(what: string): Promise<void> {
    for (let tries = 0; ; tries++) {
      if ("value" in (await this.#call("getState", []))) return;
      assert.ok(tries < 400, what);
      await pause(25);
    }
  }

  /** The status of an answer that may have no end. */
  async #status(where: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const call = request({ ...placeOf(this.#server), path: where, agent: false }, (response) => {
        resolve(response.statusCode);
        response.destroy();
      });
      call.on("error", reject).end();
    });
  }

  #entries(name: string | undefined, type: string): number {
    return this.#log.filter(
      (event) => event.type === type && (name === undefined || processOf(event) === name),
    ).length;
  }

  #filled(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value).replaceAll("{dir}", this.#dir));
  }
}

function processOf(event: SupervisorEvent): string | undefined {
  return "processname" in event ? event.processname : undefined;
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 10) {
    assert.ok(waited < LIMIT_MS, what);
    await pause(10);
  }
}

/** What children write comes when it comes. */
async function agree<T>(
  look: () => Promise<T>,
  shown: (fact: T) => unknown,
  wanted: unknown,
  what: string,
  mayLag: boolean,
): Promise<void> {
  for (let waited = 0; ; waited += 50) {
    const fact = shown(await look());
    if (!mayLag || waited > 5000 || isDeepStrictEqual(fact, wanted)) {
      assert.deepEqual(fact, wanted, what);
      return;
    }
    await pause(50);
  }
}

function expected(step: Step): unknown {
  if (step.fault) return { fault: step.fault };
  return {
    value:
      step.do[0].startsWith("snap") || isInfo(step.result)
        ? infos(step.result)
        : sorted(step.result),
  };
}

function comparable(outcome: Outcome, step: Step): unknown {
  if ("fault" in outcome) return outcome;
  return { value: isInfo(step.result) ? infos(outcome.value) : sorted(outcome.value) };
}

function isInfo(result: unknown): boolean {
  const [first] = [result].flat();
  return typeof first === "object" && first !== null && "statename" in first;
}

/** The recordings have results sorted by name. */
function sorted(value: unknown): unknown {
  if (!Array.isArray(value) || !value.every((one) => isStruct(one) && "status" in one))
    return value;
  return value.toSorted((a: Struct, b: Struct) => (String(a["name"]) < String(b["name"]) ? -1 : 1));
}

type Struct = Readonly<Record<string, string | number>>;

function isStruct(value: unknown): value is Struct {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Times, pids and made-up names are only there, or not. */
function infos(value: unknown): unknown {
  return Array.isArray(value) ? value.map(plain) : plain(value as Struct);
}

function plain(info: Struct): unknown {
  const isThere = (key: string) => info[key] !== 0 && info[key] !== "";
  const logs = ["logfile", "stdout_logfile", "stderr_logfile"].map((key) => {
    const file = String(info[key]);
    // made at the first start here
    return [key, /---supervisor-/.test(file) ? (isThere("start") ? "auto" : "") : file];
  });
  const numbers = ["pid", "start", "stop", "now"].map((key) => [key, isThere(key)]);
  return Object.fromEntries([
    ...Object.entries(info),
    ...logs,
    ...numbers,
    ["description", timeless(String(info["description"]))],
  ]);
}

function timeless(line: string): string {
  return line
    .replace(/^empty$/, "")
    .replace(/pid (?:\d+|N), uptime (?:\d+:\d\d:\d\d|H:MM:SS)/, "pid, uptime")
    .replace(
      /(?:stop time: )?(?:Mon DD HH:MM|[A-Z][a-z]{2} \d\d \d\d:\d\d) [AP]M(?:\/PM)?/,
      "stop time",
    );
}

async function play(t: TestContext, name: string): Promise<void> {
  const own = path.join(root, `test/control/golden/${name}.json`);
  const file = existsSync(own) ? own : path.join(root, `test/golden/${name}.json`);
  const recording = JSON.parse(readFileSync(file, "utf8")) as Recording;
  const dir = scratch(t);
  mkdirSync(`${dir}/auto`);
  mkdirSync(`${dir}/logs`);
  for (const [place, text] of Object.entries(recording.files ?? {}))
    writeFileSync(place.replaceAll("{dir}", dir), typeof text === "string" ? text : text[0]);
  const write = (sections: Sections) => {
    const all = { supervisord: { childlogdir: `${dir}/auto` }, ...sections };
    const texts = Object.entries(all).map(([section, options]) => {
      const lines = Object.entries(options).map(([key, value]) => `${key}=${value}\n`);
      return `[${section}]\n${lines.join("")}`;
    });
    writeFileSync(`${dir}/c.conf`, texts.join("").replaceAll("{dir}", dir));
  };
  const factor = slower[name] ?? 1;
  const slow = (text: string) =>
    text.replaceAll(/sleep (\d+\.\d+);/g, (_, seconds) => `sleep ${Number(seconds) * factor};`);
  write(JSON.parse(slow(JSON.stringify(recording.settings))) as Sections);
  const config = async () => loadConfig(`${dir}/c.conf`);
  const supervisor = new Supervisor(await config());
  t.after(async () => {
    assert.deepEqual(await supervisor.shutdown(), []);
  });
  const server = await serve(supervisor, { file: `${dir}/s` }, { config });
  t.after(() => server.close());
  const player = new Player(name, dir, supervisor, server, write);
  void supervisor.start().catch(() => {}); // what fails there is in the recording
  await player.play(recording.steps);
}

const isPosix = process.platform !== "win32";
describe(
  "recordings over the wire",
  { concurrency: 6, skip: isPosix ? false : "they need a shell" },
  () => {
    for (const name of here) it(name, async (t) => play(t, name));
  },
);
