import { createRequire } from "node:module";
import { loadConfig } from "../../config/index.ts";
import { loadExeca } from "../../spawn/execute.ts";
import { report } from "../report.ts";
import { removeLogs } from "./auto-logs.ts";
import { parseOptions, usage, type Options } from "./options.ts";
import { prepare } from "./prepare.ts";
import { runOnce } from "./run-once.ts";
import { HostSignals } from "./signals.ts";

const HELP = "libsupervisor -h";

/**
 * Runs a configuration in the foreground until a signal or a client ends it. Returns the exit
 * status.
 */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.question === "help") process.stdout.write(usage());
    else if (options.question === "version") process.stdout.write(`${version()}\n`);
    else await runAll(options);
    return 0;
  } catch (error) {
    return report(error, HELP);
  }
}

/** Runs once for each time that the file is read, until the goal is SHUTDOWN. */
async function runAll(options: Options): Promise<void> {
  const { configuration, overrides, allowedHosts = [] } = options;
  const cwd = hostDirectory(); // `directory` changes it, but not the place of the file
  const read = async () => loadConfig(configuration, { overrides, ...cwd });
  let config = await read();
  if (config.supervisord.user !== undefined) await readAhead();
  let early = prepare(config, options);
  const signals = new HostSignals();
  try {
    for (;;) {
      const logs = await runOnce(config, { early, signals, read, allowedHosts });
      if (signals.goal !== "RESTARTING") break;
      signals.beginRun(); // a later HUP may mean a file newer than the one read here
      config = await read();
      if (!config.supervisord.nocleanup) removeLogs(logs);
      early = [];
    }
  } finally {
    signals.close();
  }
}

/** Empty where the directory was removed: a file with an absolute path is read all the same. */
function hostDirectory(): { readonly cwd?: string } {
  try {
    return { cwd: process.cwd() };
  } catch {
    return {};
  }
}

/** Loads what is loaded later otherwise, as a user who may not enter the directory of this package. */
async function readAhead(): Promise<void> {
  await loadExeca().catch(() => {}); // the first start reports it
}

function version(): string {
  const require = createRequire(import.meta.url);
  return (require("libsupervisor/package.json") as { readonly version: string }).version;
}
