/**
 * Sends mutated requests to a server in this process, over a unix socket, and checks that each gets a
 * well-formed answer or a closed connection, that nothing goes unhandled, and that memory is bounded.
 *
 *     node test/storm/rpc-fuzz.mjs [--requests 50000] [--seed 1] [--connections 8]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Supervisor } from "../../dist/index.js";
import { serve } from "../../dist/control/index.js";
import { FakeClock, FakeSpawner } from "../../dist/testing/index.js";

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "50000" },
    seed: { type: "string", default: "1" },
    connections: { type: "string", default: "8" },
  },
});
const requests = Number(values.requests);
const LIMIT_BYTES = 192 * 1024 * 1024;

/** Mulberry32: the same storm for the same seed. */
function dice(seed) {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296) * sides);
  };
}

const roll = dice(Number(values.seed));
const pick = (list) => list[roll(list.length)];

const METHODS = [
  ..."getState getPID getVersion getAllProcessInfo getAllConfigInfo reloadConfig clearLog".split(
    " ",
  ),
  ..."getProcessInfo startProcess stopProcess signalProcess sendProcessStdin readLog".split(" "),
  ..."readProcessStdoutLog tailProcessStdoutLog clearProcessLogs startAllProcesses".split(" "),
  ..."stopAllProcesses signalAllProcesses addProcessGroup removeProcessGroup nope".split(" "),
].map((name) => `supervisor.${name}`);
const SYSTEM = ["listMethods", "methodHelp", "methodSignature", "multicall"].map(
  (n) => `system.${n}`,
);
const VALUES = [
  "<string>p</string>",
  "<string>g:*</string>",
  "<int>0</int>",
  "<int>-5</int>",
  "<boolean>0</boolean>",
  "<double>1e300</double>",
  "<array><data><value><int>1</int></value></data></array>",
  "<struct><member><name>methodName</name><value>supervisor.getState</value></member></struct>",
  "<base64>aGk=</base64>",
  "<dateTime.iso8601>20260101T00:00:00</dateTime.iso8601>",
  "<nil/>",
  "&lt;&#65;",
];
const SCRAPS = [
  "<!DOCTYPE a>",
  "<!ENTITY x 'y'>",
  "&x;",
  "<![CDATA[",
  "]]>",
  "<!--",
  "<?x?>",
  "\0",
  "\xff",
  "</value>",
  "<value>",
  "<a ".repeat(50),
  "<a>".repeat(200),
  "&#x110000;",
  "\r\n\r\n",
  "é",
];

function body() {
  const params = Array.from(
    { length: roll(4) },
    () => `<param><value>${pick(VALUES)}</value></param>`,
  );
  const name = pick(roll(5) === 0 ? SYSTEM : METHODS);
  return `<?xml version='1.0'?><methodCall><methodName>${name}</methodName><params>${params.join("")}</params></methodCall>`;
}

/** Bytes replaced, taken out, put in, doubled, or cut off. */
function mutated(bytes) {
  let result = bytes;
  for (let times = pick([0, 0, 1, 1, 2, 3]); times > 0; times--) {
    const at = roll(result.length + 1);
    const rest = result.subarray(at + roll(6));
    const scrap = Buffer.from(pick(SCRAPS), "latin1");
    const middle = pick([scrap, Buffer.from([roll(256)]), Buffer.alloc(0), result.subarray(0, at)]);
    result = Buffer.concat(
      pick([[result.subarray(0, at), middle, rest], [result.subarray(0, at)]]),
    );
    if (result.length > 20_000) result = result.subarray(0, 20_000);
  }
  return result;
}

function request() {
  const isHeadHurt = roll(6) === 0;
  const text = mutated(Buffer.from(body()));
  const length = roll(40) === 0 ? text.length + roll(50) - 25 : text.length;
  const head = Buffer.from(
    [
      pick(roll(10) > 0 ? ["POST /RPC2"] : ["GET /logtail/nope", "GET /mainlogtail"]) + " HTTP/1.1",
      "Host: localhost",
      `Content-Type: ${roll(20) === 0 ? "text/plain" : "text/xml"}`,
      `Content-Length: ${length}`,
      "",
      "",
    ].join("\r\n"),
  );
  return Buffer.concat([isHeadHurt ? mutated(head) : head, text]);
}

const LAST = "0\r\n\r\n";

/** What came back is answers, one after another, and each of them is whole. */
class Answers {
  #rest = Buffer.alloc(0);
  count = 0;
  statuses = new Map();

  /** @throws if it is none */
  push(chunk) {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      const end = this.#rest.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = this.#rest.subarray(0, end).toString("latin1");
      const [, status] = /^HTTP\/1\.1 (\d\d\d) /.exec(head) ?? [];
      if (status === undefined) throw new Error(`no answer: ${head.slice(0, 100)}`);
      if (status === "500") throw new Error(`an internal error: ${this.#rest}`);
      const [, length] = /^content-length: (\d+)$/im.exec(head) ?? [];
      const from = end + 4;
      const chunked = /^transfer-encoding: chunked$/im.test(head)
        ? this.#rest.indexOf(LAST, from)
        : 0;
      // Node's own refusals are empty, with a chunk or without a length
      const size = chunked === 0 ? Number(length ?? 0) : chunked - from + LAST.length;
      if (chunked < 0 || this.#rest.length < from + size) return;
      const text = this.#rest.subarray(from, from + size).toString();
      if (status === "200" && !/^<\?xml[^]*<\/methodResponse>\n$/.test(text))
        throw new Error(`no XML-RPC: ${text.slice(0, 200)}`);
      this.#rest = this.#rest.subarray(from + size);
      this.count++;
      this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    }
  }

  /** @throws if the connection ended in the middle of one */
  end() {
    if (this.#rest.length > 0) throw new Error(`half an answer: ${this.#rest}`);
  }
}

const failures = [];
process.on("unhandledRejection", (error) => failures.push(error));
process.on("uncaughtException", (error) => failures.push(error));
process.on("warning", (warning) => failures.push(warning));

const dir = mkdtempSync(path.join(tmpdir(), "rpc-fuzz-"));
const clock = new FakeClock();
const programs = {
  p: { command: process.execPath, startsecs: 0 },
  x: { command: process.execPath },
};
const supervisor = new Supervisor(
  { programs, groups: { g: { programs: ["x"] } } },
  { clock, spawner: new FakeSpawner() },
);
const server = await serve(supervisor, { file: `${dir}/s` }, { config: () => supervisor.settings });
void supervisor.start().catch(() => {});

let sent = 0;
let peak = 0;
const statuses = new Map();

/** One connection: what comes is checked, and can be waited for. */
class Line {
  answers = new Answers();
  isClosed = false;
  #heard = () => {};

  constructor(file) {
    this.socket = connect(file);
    this.socket.on("data", (chunk) => this.#note(() => this.answers.push(chunk)));
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.isClosed = true;
      this.#note(() => this.answers.end());
    });
  }

  /** Until something has come, or the loop has turned. */
  async news() {
    await Promise.race([
      new Promise((resolve) => {
        this.#heard = resolve;
      }),
      new Promise(setImmediate),
    ]);
  }

  #note(work) {
    try {
      work();
    } catch (error) {
      failures.push(error);
    }
    this.#heard();
  }
}

/** Sends until the server has had enough of it; never waits longer than for one answer. */
async function conversation() {
  const line = new Line(server.address);
  const { answers, socket } = line;
  for (let turns = 1 + roll(30); turns > 0 && !line.isClosed && sent < requests; turns--) {
    const before = answers.count;
    socket.write(request());
    sent++;
    // a length that promises more than comes is no answer for a long time
    for (let waits = 0; waits < 20 && answers.count === before && !line.isClosed; waits++) {
      clock.advance(1000); // so that what waits for a process gets its answer
      await line.news();
    }
  }
  socket.end();
  for (let waits = 0; waits < 50 && !line.isClosed; waits++) await line.news();
  socket.destroy();
  for (const [status, count] of answers.statuses)
    statuses.set(status, (statuses.get(status) ?? 0) + count);
  peak = Math.max(peak, process.memoryUsage().rss);
}

async function converse() {
  while (sent < requests && failures.length === 0) await conversation();
}

const base = process.memoryUsage().rss;
await Promise.all(Array.from({ length: Number(values.connections) }, converse));
await server.close();
void supervisor.shutdown();
rmSync(dir, { recursive: true, force: true });

if (peak - base > LIMIT_BYTES) failures.push(new Error(`memory grew by ${peak - base} bytes`));
const answered = [...statuses]
  .toSorted(([a], [b]) => a - b)
  .map(([status, count]) => `${status}: ${count}`);
console.log(`${sent} requests, answers ${answered.join(", ")}`);
console.log(`memory ${Math.round(base / 1e6)} MB, at most ${Math.round(peak / 1e6)} MB`);
for (const failure of failures.slice(0, 5)) console.error(failure);
process.exit(failures.length > 0 ? 1 : 0);
