import { ConfigError, describeIssue, type Config } from "../../config/index.ts";
import type { Server } from "../../control/index.ts";
import { Supervisor, type ActivityLog } from "../../index.ts";
import { autoLogsOf } from "./auto-logs.ts";
import { openLog, type LogLine } from "./log-file.ts";
import { keepPidfile } from "./pidfile.ts";
import { openServer } from "./servers.ts";
import type { HostSignals } from "./signals.ts";

/** All that a run needs beside its configuration. */
interface Run {
  /** The first lines of the log. */
  readonly early: readonly LogLine[];
  readonly signals: HostSignals;
  /** Reads the configuration again. */
  readonly read: () => Promise<Config>;
  /** Names of the servers, beside those in the file. */
  readonly allowedHosts: readonly string[];
}

const PID_1 =
  "running as pid 1: before Node 22.15 orphaned processes are not reaped; use an init (docker run --init, tini)";

/** Runs from the opening of the log to the end of the last program; the AUTO logs that are left. */
export async function runOnce(config: Config, run: Run): Promise<string[]> {
  const { early, signals } = run;
  const supervisor = new Supervisor(config);
  const log = openLog(config);
  const unsubscribe = log.listen(supervisor);
  const servers: Server[] = [];
  let removePidfile = () => {};
  try {
    logBeginning(config, early, log);
    const options = {
      config: async () => reread(run.read, log),
      log,
      shutdown: () => signals.setGoal("SHUTDOWN"),
      restart: () => signals.setGoal("RESTARTING"),
    };
    for (const section of config.servers) {
      const allowedHosts = [...run.allowedHosts, ...(section.allowed_hosts ?? [])];
      const server = { config, section, options: { ...options, allowedHosts } };
      servers.push(await openServer(supervisor, server, log));
    }
    if (servers.length > 0) log.write("INFO", "RPC interface 'supervisor' initialized");
    removePidfile = keepPidfile(config.supervisord.pidfile, supervisor, log);
    signals.attach(supervisor, log);
    if (signals.goal === "RUNNING") supervisor.start().catch(() => {}); // the log tells of failures
    await signals.changed;
    for (const { error } of await supervisor.shutdown())
      log.write("CRIT", error.message.split("\n")[0] ?? "");
    return autoLogsOf(supervisor);
  } finally {
    signals.detach();
    for (const server of servers) await server.close();
    removePidfile();
    unsubscribe();
    log.close();
  }
}

function logBeginning(
  { warnings, files }: Config,
  early: readonly LogLine[],
  log: ActivityLog,
): void {
  for (const [level, message] of early) log.write(level, message);
  for (const issue of warnings) log.write("WARN", issue.supervisord ?? describeIssue(issue));
  for (const file of files.slice(1))
    log.write("INFO", `Included extra file "${file}" during parsing`);
  if (process.pid === 1) log.write("WARN", PID_1);
}

/** Reads the file for a client, which is told the first mistake; the log has all, each with its place. */
async function reread(read: () => Promise<Config>, log: ActivityLog): Promise<Config> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ConfigError) {
      for (const issue of error.warnings) log.write("WARN", describeIssue(issue));
      for (const issue of error.issues) log.write("ERRO", describeIssue(issue));
    }
    throw error;
  }
}
