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
  help: "The version of this interface.",
  call: () => "3.0",
} as const;

/** The methods that concern the supervisor as a whole. */
export const wholeMethods: Methods = {
  getAPIVersion: version,
  getVersion: version,
  getSupervisorVersion: {
    signature: ["string"],
    help: "The version of this package.",
    call: () => packageVersion,
  },
  getIdentification: {
    signature: ["string"],
    help: "The name of the supervisor: its `identifier`.",
    call: ({ supervisor }) => supervisor.identifier,
  },
  getState: {
    signature: ["struct"],
    help: "The state of the supervisor: RUNNING, or else a fault.",
    call: () => ({ statecode: 1, statename: "RUNNING" }),
  },
  getPID: {
    signature: ["int"],
    help: "The process id of the host.",
    call: () => process.pid,
  },
  getAllConfigInfo: {
    signature: ["array"],
    help: "The settings of every process, as they were read last, whether it is in use or not.",
    call: ({ supervisor }) => configOf(supervisor),
  },
  reloadConfig: {
    signature: ["array"],
    help: "Reads the settings anew and tells which groups were added, have changed, and are gone. Changes nothing.",
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
    help: "Forgets a group of which nothing is running.",
    call: async ({ supervisor }, name: string) => {
      await removeGroup(supervisor, name);
      return true;
    },
  },
  sendRemoteCommEvent: {
    signature: ["boolean", "string", "string"],
    help: "Makes a REMOTE_COMMUNICATION event.",
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
      leave(supervisor, options.shutdown ?? (async () => supervisor.shutdown())),
  },
  restart: {
    signature: ["boolean"],
    help: "Restarts the supervisor.",
    call: ({ supervisor, options }) =>
      leave(supervisor, options.restart ?? (async () => begin(supervisor))),
  },
};

/** The answer goes out first. Until it is over, other calls find the supervisor in SHUTDOWN_STATE. */
function leave(supervisor: Supervisor, work: () => unknown): true {
  const memory = serverStateOf(supervisor);
  memory.isLeaving = true;
  const go = async () => {
    try {
      await work();
    } catch (error) {
      process.emitWarning(error instanceof Error ? error : String(error));
    } finally {
      memory.isLeaving = false;
    }
  };
  systemClock.setTimeout(() => void go(), 0, true);
  return true;
}

/** All stopped, and begun again as at the start; who fails to start is in a state that says so. */
async function begin(supervisor: Supervisor): Promise<void> {
  try {
    await supervisor.stop();
  } finally {
    supervisor.start().catch(() => {}); // also where one would not go
  }
}

/** At once: a host may become a user who may not read the file. */
const packageVersion = readVersion();

function readVersion(): string {
  try {
    const require = createRequire(import.meta.url);
    return (require("libsupervisor/package.json") as { readonly version: string }).version;
  } catch {
    return "unknown"; // in a bundle
  }
}
