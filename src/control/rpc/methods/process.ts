import { isRunning, isSignallable, type SignalSetting, type Subprocess } from "../../../index.ts";
import { each, type Act, type Result } from "../each.ts";
import { Fault, FAULTS, faultOf } from "../faults.ts";
import type { Methods, Scope } from "../method.ts";
import { find, groupNamed, processNamed, processesOf, programOf } from "../names.ts";
import { startAndWait, startOnly, stopAndWait } from "../start-stop.ts";
import { sendStdin } from "../stdin.ts";
import { allInfos, infoOf } from "./info.ts";

/** The methods that act on processes. */
export const processMethods: Methods = {
  getProcessInfo: {
    signature: ["struct", "string"],
    help: "Tells all about one process.",
    call: ({ supervisor }, name: string) => infoOf(processNamed(supervisor, name)),
  },
  getAllProcessInfo: {
    signature: ["array"],
    help: "Tells all about every process, by group and name.",
    call: ({ supervisor }) => allInfos(supervisor),
  },
  startProcess: {
    signature: ["boolean", "string", "boolean"],
    optional: 1,
    help: "Starts a process (of `group:*` all), and waits until it is RUNNING or has failed once; without `wait` it does not wait.",
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
    help: "Starts the processes of a group that are not running: an array of the outcome of each.",
    call: async (scope, name: string, wait = true) =>
      startEach(scope, groupNamed(scope.supervisor, name), wait),
  },
  startAllProcesses: {
    signature: ["array", "boolean"],
    optional: 1,
    help: "Starts all processes that are not running: an array of the outcome of each.",
    call: async (scope, wait = true) => startEach(scope, processesOf(scope.supervisor), wait),
  },
  stopProcess: {
    signature: ["boolean", "string", "boolean"],
    optional: 1,
    help: "Stops a process (of `group:*` all), and waits until it has ended; without `wait` it does not wait.",
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
    help: "Stops the processes of a group that are running: an array of the outcome of each.",
    call: async (scope, name: string, wait = true) =>
      stopEach(scope, groupNamed(scope.supervisor, name), wait),
  },
  stopAllProcesses: {
    signature: ["array", "boolean"],
    optional: 1,
    help: "Stops all processes that are running: an array of the outcome of each.",
    call: async (scope, wait = true) => stopEach(scope, processesOf(scope.supervisor), wait),
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
    help: "Sends a signal to each process of a group that is up: an array of the outcome of each.",
    call: async ({ supervisor }, name: string, signal: string) =>
      signalEach(groupNamed(supervisor, name), signal),
  },
  signalAllProcesses: {
    signature: ["array", "string"],
    takesNumbers: true,
    help: "Sends a signal to every process that is up: an array of the outcome of each.",
    call: async ({ supervisor }, signal: string) => signalEach(processesOf(supervisor), signal),
  },
  sendProcessStdin: {
    signature: ["boolean", "string", "string"],
    help: "Writes text to the standard input of a process.",
    call: async (scope, name: string, chars: string) => {
      await sendStdin(scope, processNamed(scope.supervisor, name), name, chars);
      return true;
    },
  },
};

/** Checks the command first, as supervisord does, even if the process is running. */
function start({ supervisor, signal }: Scope, wait: boolean): Act {
  return async (process, name) => {
    try {
      process.executable();
    } catch (error) {
      throw faultOf(error, name);
    }
    const { state } = process;
    if (isRunning(state)) throw new Fault("ALREADY_STARTED", name);
    if (state === "UNKNOWN") throw new Fault("FAILED", `${name} is in an unknown process state`);
    if (!wait) return startOnly(supervisor, process, name);
    if (state === "STOPPING") throw new Fault("ABNORMAL_TERMINATION", name);
    await startAndWait(supervisor, process, name, signal);
  };
}

function stop({ signal }: Scope, wait: boolean): Act {
  return async (process, name) => {
    if (!isRunning(process.state)) throw new Fault("NOT_RUNNING", name);
    if (wait) await stopAndWait(process, name, signal);
    else process.stop().catch(() => {}); // the state and the log tell of a failure
  };
}

function sendSignal(signal: string): Act {
  return async (process, name) => {
    try {
      await process.signal(signal as SignalSetting); // which checks the text
    } catch (error) {
      const fault = faultOf(error, name);
      const isBad = fault instanceof Fault && fault.faultCode === FAULTS.BAD_SIGNAL;
      throw isBad ? new Fault("BAD_SIGNAL", signal) : fault;
    }
  };
}

/** As supervisord: results that the attempt itself decides come first, the others as they come. */
async function startEach(scope: Scope, processes: readonly Subprocess[], wait: boolean) {
  const asked = processes.filter(({ state }) => !isRunning(state));
  const results = await each(asked, start(scope, wait));
  const isAtOnce = ({ status }: Result, process: Subprocess) =>
    status === FAULTS.SUCCESS
      ? programOf(scope.supervisor, process)?.settings.startsecs === 0
      : status === FAULTS.NO_FILE || status === FAULTS.NOT_EXECUTABLE;
  const first = asked.flatMap((process) => {
    const { name, group } = process;
    const result = results.find((one) => one.name === name && one.group === group);
    return result && isAtOnce(result, process) ? [result] : [];
  });
  const atOnce = new Set(first);
  return [...first, ...results.filter((result) => !atOnce.has(result))];
}

async function stopEach(scope: Scope, processes: readonly Subprocess[], wait: boolean) {
  const asked = processes.filter(({ state }) => isRunning(state));
  return each(asked, stop(scope, wait));
}

async function signalEach(processes: readonly Subprocess[], signal: string) {
  const asked = processes.filter(({ state }) => isSignallable(state));
  return each(asked, sendSignal(signal));
}
