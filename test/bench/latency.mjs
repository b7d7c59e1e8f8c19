import { atMost, quantile } from "./helpers.mjs";

/** How long it is quiet before a line, in ms: as long as that, or as much longer as comes by chance. */
const QUIET = { least: 5, more: 60 };
/** The first of each are a warm-up. */
const WARMUP = 20;

/** Writes down when it writes, line by line. */
const CLOCK = `const tick = () => {
  process.stdout.write(process.hrtime.bigint() + "\\n");
  setTimeout(tick, ${QUIET.least} + Math.random() * ${QUIET.more});
};
tick();`;
const ECHO = `process.stdin.on("data", (text) => process.stdout.write(text));`;

export const file = import.meta.url;
export const rounds = 7;

export const tables = [
  table("a line after quiet is heard", "line", [
    atMost(2, "p50 ms", "libsupervisor"),
    atMost(10, "p99 ms", "libsupervisor"),
  ]),
  table("a request and its answer over stdio", "call", [
    atMost(3, "p50 ms", "libsupervisor", "spawn"),
    atMost(10, "p99 ms", "libsupervisor"),
  ]),
];

function table(what, kind, aims) {
  const loud = { host: "libsupervisor", isBusy: true };
  return {
    title: `latency: ${what}`,
    columns: [{ name: "p50 ms" }, { name: "p99 ms" }],
    bare: ["spawn"],
    rows: {
      spawn: { kind, host: "spawn" },
      libsupervisor: { kind, host: "libsupervisor" },
      ...(kind === "call" && { "libsupervisor, busy": { kind, ...loud } }),
    },
    aims,
  };
}

export async function measure({ kind, host, isBusy = false, quick }) {
  const program = await hosts[host](kind === "line" ? CLOCK : ECHO, isBusy);
  const delays = await measures[kind](program, WARMUP + (quick ? 100 : 400));
  await program.end();
  const counted = delays.slice(WARMUP);
  return { "p50 ms": quantile(counted, 0.5), "p99 ms": quantile(counted, 0.99) };
}

const measures = {
  async line(program, count) {
    const delays = [];
    while (delays.length < count) {
      const line = await program.line();
      delays.push(Number(process.hrtime.bigint() - BigInt(line)) / 1e6);
    }
    return delays;
  },
  async call(program, count) {
    const delays = [];
    while (delays.length < count) {
      const begun = performance.now();
      program.send(`{"id":${delays.length}}\n`);
      await program.line();
      delays.push(performance.now() - begun);
    }
    return delays;
  },
};

/** Start one program, and speak with it line by line. */
const hosts = {
  async spawn(code) {
    const { spawn } = await import("node:child_process");
    const child = spawn(process.execPath, ["-e", code], { stdio: ["pipe", "pipe", "inherit"] });
    process.once("exit", () => child.kill("SIGKILL"));
    const lines = linesOf(child.stdout);
    return {
      line: async () => (await lines.next()).value,
      send: (text) => child.stdin.write(text),
      async end() {
        child.kill("SIGKILL");
      },
    };
  },
  async libsupervisor(code, isBusy) {
    const { Supervisor } = await import("../../dist/index.js");
    const once = { startsecs: 0, stdout_logfile: "NONE" };
    const loud = ["sh", "-c", "while :; do echo loud; sleep 0.01; done"];
    const supervisor = new Supervisor({
      programs: {
        one: { ...once, command: [process.execPath, "-e", code] },
        ...(isBusy && {
          loud: { ...once, command: loud, numprocs: 10, process_name: "%(process_num)d" },
        }),
      },
    });
    const lines = linesOf(supervisor.follow("one"));
    await supervisor.start();
    return {
      line: async () => (await lines.next()).value,
      send: (text) => void supervisor.send("one", text),
      end: () => supervisor.shutdown(),
    };
  },
};

/** Not readline, which has a cost of its own. */
async function* linesOf(chunks) {
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    yield* lines;
  }
}
