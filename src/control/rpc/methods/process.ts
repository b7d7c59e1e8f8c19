import type { SignalSetting, Subprocess, Supervisor } from "../../../index.ts";
import { nextTurn } from "../../../system/clock.ts";
import { Fault, FAULTS, faultOf, SUCCESS } from "../faults.ts";
import type { Methods, Scope } from "../method.ts";
import { serverStateOf, type Report } from "../server-state.ts";
import { groupNamed, membersOf, find, processNamed, type Member } from "../names.ts";
import { startOnly, startAndWait, stopAndWait } from "../start-stop.ts";
import type { RpcValue } from "../codec.ts";
import { infoOf } from "./info.ts";

const MAX_UNSENT_BYTES = 1_048_576;

/** What became of one of several. */
interface Result {
  readonly [member: string]: RpcValue;
  readonly name: string;
  readonly group: string;
  readonly status: number;
  readonly description: string;
}

type Act = (process: Subprocess, name: string) => void | Promise<void>;

const isRunning = ({ process: { state } }: Pick<Member, "process">) =>
  state === "STARTING" || state === "RUNNING" || state === "BACKOFF";
const isSignallable = ({ process: { state } }: Pick<Member, "process">) =>
  state === "STARTING" || state === "RUNNING" || state === "STOPPING";

/** The methods that act on processes. */
export const processMethods: Methods = {
  getProcessInfo: {
    signature: ["struct", "string"],
    help: "All about one process.",
    call: ({ supervisor }, name: string) => infoOf(processNamed(supervisor, name)),
  },
  getAllProcessInfo: {
    signature: ["array"],
    help: "All about every process, by group and name.",
    call: ({ supervisor }) => allInfos(supervisor),
  },
  startProcess: {
    signature: ["boolean", "string", "boolean"],
    optional: 1,
    help: "Starts a process (of `group:*` all), and waits until it is RUNNING or has failed once; with `wait` false it only tells it to start.",
    call: async (scope, name: string, wait = true) => {
      const found = find(scope.supervisor, name);
      if (typeof found === "string")
        return startEach(scope, groupNamed(scope.supervisor, found), wait);
      await start(scope, wait)(found, name);
      return true;
    },
  },
  startProcessGroup: {
    signature: ["array", "string", "boolean"],
    optional: 1,
    help: "Starts what is not running of a group: an array of what became of each.",
    call: async (scope, name: string, wait = true) =>
      startEach(scope, groupNamed(scope.supervisor, name), wait),
  },
  startAllProcesses: {
    signature: ["array", "boolean"],
    optional: 1,
    help: "Starts everything that is not running: an array of what became of each.",
    call: async (scope, wait = true) => startEach(scope, membersOf(scope.supervisor), wait),
  },
  stopProcess: {
    signature: ["boolean", "string", "boolean"],
    optional: 1,
    help: "Stops a process (of `group:*` all), and waits until it is gone; with `wait` false it only tells it to stop.",
    call: async (scope, name: string, wait = true) => {
      const found = find(scope.supervisor, name);
      if (typeof found === "string")
        return stopEach(scope, groupNamed(scope.supervisor, found), wait);
      await stop(scope, wait)(found, name);
      return true;
    },
  },
  stopProcessGroup: {
    signature: ["array", "string", "boolean"],
    optional: 1,
    help: "Stops what is running of a group: an array of what became of each.",
    call: async (scope, name: string, wait = true) =>
      stopEach(scope, groupNamed(scope.supervisor, name), wait),
  },
  stopAllProcesses: {
    signature: ["array", "boolean"],
    optional: 1,
    help: "Stops everything that is running: an array of what became of each.",
    call: async (scope, wait = true) => stopEach(scope, membersOf(scope.supervisor), wait),
  },
  signalProcess: {
    signature: ["boolean", "string", "string"],
    takesNumbers: true,
    help: "Sends a signal, by name or number, to a process (of `group:*` to all).",
    call: async ({ supervisor }, name: string, signal: string) => {
      const found = find(supervisor, name);
      if (typeof found === "string") return signalEach(groupNamed(supervisor, found), signal);
      await sendSignal(signal)(found, name);
      return true;
    },
  },
  signalProcessGroup: {
    signature: ["array", "string", "string"],
    takesNumbers: true,
    help: "Sends a signal to each process of a group that is there: an array of what became of each.",
    call: async ({ supervisor }, name: string, signal: string) =>
      signalEach(groupNamed(supervisor, name), signal),
  },
  signalAllProcesses: {
    signature: ["array", "string"],
    takesNumbers: true,
    help: "Sends a signal to every process that is there: an array of what became of each.",
    call: async ({ supervisor }, signal: string) => signalEach(membersOf(supervisor), signal),
  },
  sendProcessStdin: {
    signature: ["boolean", "string", "string"],
    help: "Writes text to the standard input of a process.",
    call: async (scope, name: string, chars: string) => {
      await send(scope, processNamed(scope.supervisor, name), name, chars);
      return true;
    },
  },
};

/** The same array while nothing in it can have changed: it is written once for all who ask. */
function allInfos(supervisor: Supervisor): RpcValue[] {
  const memory = serverStateOf(supervisor);
  const { report } = memory;
  if (report && report.processes[0]?.info().now === report.now && isOf(report, supervisor))
    return report.infos;
  const processes = [...supervisor.programs.values()].flatMap((program) => program.processes);
  const now = processes[0]?.info().now ?? 0;
  const infos = supervisor
    .status()
    .flatMap(({ group, name }) => supervisor.process(`${group}:${name}`) ?? [])
    .map(infoOf);
  memory.report = { now, processes, pids: processes.map(({ pid }) => pid), infos };
  return infos;
}

/** Whether these are the processes, in their order, with their pids. */
function isOf({ processes, pids }: Report, { programs }: Supervisor): boolean {
  let i = 0;
  for (const program of programs.values())
    for (const process of program.processes)
      if (process !== processes[i] || process.pid !== pids[i++]) return false;
  return i === processes.length;
}

/** In supervisord's order: the command is looked at first, even if the process is running. */
function start({ supervisor, signal }: Scope, wait: boolean): Act {
  return async (process, name) => {
    try {
      process.executable();
    } catch (error) {
      throw faultOf(error, name);
    }
    const { state } = process;
    if (isRunning({ process })) throw new Fault("ALREADY_STARTED", name);
    if (state === "UNKNOWN") throw new Fault("FAILED", `${name} is in an unknown process state`);
    if (!wait) return startOnly(supervisor, process, name);
    if (state === "STOPPING") throw new Fault("ABNORMAL_TERMINATION", name);
    await startAndWait(supervisor, process, name, signal);
  };
}

function stop({ signal }: Scope, wait: boolean): Act {
  return async (process, name) => {
    if (!isRunning({ process })) throw new Fault("NOT_RUNNING", name);
    if (wait) await stopAndWait(process, name, signal);
    else process.stop().catch(() => {}); // a state by then
  };
}

function sendSignal(signal: string): Act {
  return async (process, name) => {
    try {
      await process.signal(signal as SignalSetting); // judged there
    } catch (error) {
      const fault = faultOf(error, name);
      const isBad = fault instanceof Fault && fault.faultCode === FAULTS.BAD_SIGNAL;
      throw isBad ? new Fault("BAD_SIGNAL", signal) : fault;
    }
  };
}

/** What is settled by the attempt itself comes first, and the others as they are done. */
async function startEach(scope: Scope, members: readonly Member[], wait: boolean) {
  const asked = members.filter((member) => !isRunning(member));
  const results = await each(asked, start(scope, wait));
  const isAtOnce = ({ status }: Result, { program }: Member) =>
    status === SUCCESS
      ? program.settings.startsecs === 0
      : status === FAULTS.NO_FILE || status === FAULTS.NOT_EXECUTABLE;
  const first = asked.flatMap((member) => {
    const { name, group } = member.process;
    const result = results.find((one) => one.name === name && one.group === group);
    return result && isAtOnce(result, member) ? [result] : [];
  });
  const atOnce = new Set(first);
  return [...first, ...results.filter((result) => !atOnce.has(result))];
}

async function stopEach(scope: Scope, members: readonly Member[], wait: boolean) {
  return each(members.filter(isRunning), stop(scope, wait));
}

async function signalEach(members: readonly Member[], signal: string) {
  return each(members.filter(isSignallable), sendSignal(signal));
}

/** All are told in one go; the answers come in the order in which they are had. */
async function each(members: readonly Member[], act: Act): Promise<Result[]> {
  const results: Result[] = [];
  const work = members.map(async ({ process }) => {
    const { name, group } = process;
    const result = (status: number, description: string) =>
      results.push({ name, group, status, description });
    try {
      await act(process, process.namespec);
      result(SUCCESS, "OK");
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      result(error.faultCode, error.faultString);
    }
  });
  await Promise.all(work);
  return results;
}

/** Waits for nobody who does not read, but does not keep what is not read without bound either. */
async function send(
  { supervisor }: Scope,
  process: Subprocess,
  name: string,
  chars: string,
): Promise<void> {
  if (process.pid === undefined || process.state === "STOPPING")
    throw new Fault("NOT_RUNNING", name);
  const { unsent } = serverStateOf(supervisor);
  const bytes = Buffer.from(chars);
  const waiting = unsent.get(process) ?? 0;
  if (waiting > 0 && waiting + bytes.length > MAX_UNSENT_BYTES)
    throw new Fault("FAILED", `${name} has not read ${waiting} bytes of its standard input`);
  unsent.set(process, waiting + bytes.length);
  const sent = process.send(bytes).finally(() => {
    unsent.set(process, (unsent.get(process) ?? 0) - bytes.length);
  });
  try {
    await Promise.race([sent, soon()]); // a closed pipe is known by then
  } catch (error) {
    throw faultOf(error, name) instanceof Fault && process.pid !== undefined
      ? new Fault("NO_FILE", name)
      : faultOf(error, name);
  } finally {
    sent.catch(() => {}); // the process has ended without reading it
  }
}

async function soon(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}
