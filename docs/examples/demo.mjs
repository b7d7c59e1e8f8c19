// A host that runs three programs, and shows what a supervisor does for them. Run it: npm start
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Supervisor } from "libsupervisor";

const script = (name) => [
  process.execPath,
  path.join(import.meta.dirname, "programs", `${name}.mjs`),
];

const programs = {
  web: { command: script("web"), startsecs: 0.5 },
  worker: {
    command: script("worker"),
    startsecs: 0.5,
    numprocs: 3,
    process_name: "%(program_name)s_%(process_num)d",
  },
  flaky: { command: script("flaky"), startsecs: 0.5 },
};

const supervisor = new Supervisor({ programs });

// Which signals end the host is the host's own decision. This one stops waiting, and shuts down.
const interruption = new AbortController();
const { signal } = interruption;
for (const name of ["SIGINT", "SIGTERM"]) {
  process.on(name, () => interruption.abort(name));
}

const began = performance.now();
const pids = new Set();
supervisor.on("PROCESS_STATE", (event) => {
  const { groupname, processname, from_state, type, spawnerr } = event;
  const name = groupname === processname ? processname : `${groupname}:${processname}`;
  const state = type.slice("PROCESS_STATE_".length);
  const seconds = ((performance.now() - began) / 1000).toFixed(2).padStart(6);
  const step = `${from_state.padEnd(8)} -> ${state.padEnd(8)} ${spawnerr ?? ""}`;
  console.log(`${seconds} s  ${name.padEnd(16)} ${step.trimEnd()}`);
  if (event.pid) pids.add(event.pid);
});

try {
  await demo();
} catch (error) {
  if (!signal.aborted) throw error;
  console.log(`\n${signal.reason}: that was enough`);
} finally {
  await end();
}

async function demo() {
  title("Start: three programs, five processes");
  await supervisor.start(undefined, { signal });
  table();
  console.log(await get("web"));

  title("Restart: the web server gets a new process");
  await supervisor.restart("web", { signal });
  console.log(await get("web"));
  await pause(500, undefined, { signal });

  title("Update: only what has changed is touched");
  const web = { ...programs.web, environment: { GREETING: "Good morning" } };
  console.log(await supervisor.update({ programs: { ...programs, web } }, { signal }));
  await become("web", "RUNNING");
  console.log(await get("web"));

  title("Crash: the flaky program ends, and is started again at once");
  await become("flaky", "EXITED");
  await become("flaky", "RUNNING");
  await pause(500, undefined, { signal });

  title("FATAL: a program that cannot start is given up, and says why");
  supervisor.add("broken", { command: script("broken"), startretries: 1, autostart: false });
  await supervisor.start("broken", { signal }).catch((error) => {
    signal.throwIfAborted();
    console.log(`${error.code}: ${error.message}`);
  });
  table();
  await pause(1000, undefined, { signal });
}

async function end() {
  title("Shutdown: nothing is left");
  const leftovers = await supervisor.shutdown();
  const left = [...new Set([...leftovers.map(({ process: name }) => name), ...living()])];
  console.log(left.length === 0 ? "No process is left." : `Still there: ${left.join(", ")}`);
  if (left.length > 0) process.exitCode = 1;
}

function title(text) {
  console.log(`\n${text}\n${"-".repeat(text.length)}`);
}

function table() {
  console.log();
  for (const { group, name, state, description } of supervisor.status()) {
    const full = group === name ? name : `${group}:${name}`;
    console.log(`${full.padEnd(20)} ${state.padEnd(9)} ${description}`);
  }
}

/** What the web server answers. It has told its address on its standard output. */
async function get(name) {
  for (;;) {
    const { pid } = supervisor.process(name);
    const address = String(await supervisor.tail(name)).match(/http:\S+(?=\n[^\n]*$)/)?.[0];
    const answer = address && (await fetch(address, { signal }).then(bodyOf, () => undefined));
    if (answer?.includes(`pid ${pid}\n`)) return `GET ${address} -> ${answer.trim()}`;
    await pause(50, undefined, { signal }); // it runs, but does not listen yet
  }
}

function bodyOf(response) {
  return response.text();
}

/** Settles when the process is in that state, or has been on the way to it. */
async function become(name, state) {
  if (supervisor.process(name).state === state) return;
  for await (const event of supervisor.events({ signal })) {
    if (event.processname === name && event.type === `PROCESS_STATE_${state}`) return;
  }
}

/** The living processes that are our children, or were, or belong to the group of one. */
function living() {
  if (process.platform !== "linux") return [...pids].filter((pid) => exists(pid));
  return readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && isOurs(pid));
}

function isOurs(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return false; // dead already
    return Number(parent) === process.pid || pids.has(Number(pid)) || pids.has(Number(group));
  } catch {
    return false; // gone while we looked
  }
}

function exists(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
