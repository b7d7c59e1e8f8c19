import { createRequire } from "node:module";
import process from "node:process";
import type { Supervisor } from "../../../index.ts";
import { systemClock } from "../../../system/clock.ts";
import { addGroup, removeGroup, reread } from "../groups.ts";
import { serverStateOf } from "../server-state.ts";
import type { Methods } from "../method.ts";
import { configOf } from "./config.ts";

const version = {
  signature: ["string"],
  help: "Tells the version of this interface.",
  call: () => "3.0",
} as const;

/** The methods for the supervisor as a whole. */
export const wholeMethods: Methods = {
  getAPIVersion: version,
  getVersion: version,
  getSupervisorVersion: {
    signature: ["string"],
    help: "Tells the version of this package.",
    call: () => packageVersion,
  },
  getIdentification: {
    signature: ["string"],
    help: "Tells the name of the supervisor: its `identifier`.",
    call: ({ supervisor }) => supervisor.identifier,
  },
  getState: {
    signature: ["struct"],
    help: "Tells the state of the supervisor: RUNNING; otherwise it is a fault.",
    call: () => ({ statecode: 1, statename: "RUNNING" }),
  },
  getPID: {
    signature: ["int"],
    help: "Tells the process id of the host.",
    call: () => process.pid,
  },
  getAllConfigInfo: {
    signature: ["array"],
    help: "Tells the settings of every process, as they were read last, also of groups that are not in use.",
    call: ({ supervisor }) => configOf(supervisor),
  },
  reloadConfig: {
    signature: ["array"],
    help: "Reads the settings again and tells which groups are added, changed and removed. Changes nothing.",
    call: async ({ supervisor, options }) => reread(supervisor, options),
  },
  addProcessGroup: {
    signature: ["boolean", "string"],
    help: "Adds a group of the settings that were read last.",
    call: async ({ supervisor }, name: string) => {
      await addGroup(supervisor, name);
      return true;
    },
  },
  removeProcessGroup: {
    signature: ["boolean", "string"],
    help: "Removes a group whose processes have all ended.",
    call: async ({ supervisor }, name: string) => {
      await removeGroup(supervisor, name);
      return true;
    },
  },
  sendRemoteCommEvent: {
    signature: ["boolean", "string", "string"],
    help: "Sends a REMOTE_COMMUNICATION event.",
    worksAfterShutdown: true,
    call: ({ supervisor }, type: string, data: string) => {
      supervisor.sendRemoteCommEvent(type, data);
      return true;
    },
  },
  shutdown: {
    signature: ["boolean"],
    help: "Shuts the supervisor down.",
    call: ({ supervisor, options }) =>
      afterAnswer(supervisor, options.shutdown ?? (async () => supervisor.shutdown())),
  },
  restart: {
    signature: ["boolean"],
    help: "Restarts the supervisor.",
    call: ({ supervisor, options }) =>
      afterAnswer(supervisor, options.restart ?? (async () => restartAll(supervisor))),
  },
};

/** Does the work when the answer has gone out. Until it is done, other calls answer SHUTDOWN_STATE. */
function afterAnswer(supervisor: Supervisor, work: () => unknown): true {
  const state = serverStateOf(supervisor);
  state.isShuttingDown = true;
  const run = async () => {
    try {
      await work();
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    } finally {
      state.isShuttingDown = false;
    }
  };
  systemClock.setTimeout(() => void run(), 0, true);
  return true;
}

/** Stops all, then starts as at the beginning; the state of a process tells if it fails to start. */
async function restartAll(supervisor: Supervisor): Promise<void> {
  try {
    await supervisor.stop();
  } finally {
    supervisor.start().catch(() => {}); // also if a process did not exit
  }
}

/** Read at once: the host may become a user who may not read the file. */
const packageVersion = readVersion();

function readVersion(): string {
  try {
    const require = createRequire(import.meta.url);
    return (require("libsupervisor/package.json") as { readonly version: string }).version;
  } catch {
    return "unknown"; // in a bundle
  }
}
