import { readFileSync } from "node:fs";
import { ConfigError, describeIssue, loadConfig, type Config } from "../../config/index.ts";
import { ServeError, serve, type Server } from "../../control/index.ts";
import { ActivityLog, Supervisor, type ActivityLevel } from "../../index.ts";
import { loadExeca } from "../../spawn/execute.ts";
import { autoLogsOf, removeLogs } from "./auto-logs.ts";
import { Refusal, complain } from "../report.ts";
import { isStdout, issueOfLog, problemOfLog } from "./log-file.ts";
import { Mood } from "./signals.ts";
import { parseOptions, usage, type Options } from "./options.ts";
import { removePidfile, writePidfile } from "./pidfile.ts";
import { becomeUser, ensureLimit, limitDescriptors } from "./privileges.ts";
import { dangerOf, issueOfServer, nameOf, placeOf } from "./servers.ts";

const HELP = "libsupervisor -h";

/** A line for a log that is not open yet. */
type Line = readonly [level: ActivityLevel, message: string];

/** What a life has beside its configuration. */
interface Life {
  /** What is to be logged first. */
  readonly early: readonly Line[];
  readonly mood: Mood;
  /** Reads the configuration again. */
  readonly read: () => Promise<Config>;
  /** Beside those of the file. */
  readonly allowedHosts: readonly string[];
}

/** Runs a configuration in the foreground until it is told to end; the exit status. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.question === "help") process.stdout.write(usage());
    else if (options.question === "version") process.stdout.write(`${version()}\n`);
    else await runAll(options);
    return 0;
  } catch (error) {
    return complain(error, HELP);
  }
}

/** One life after another, until the mood is to shut down. */
async function runAll(options: Options): Promise<void> {
  const { configuration, overrides, allowedHosts = [] } = options;
  const cwd = hostDirectory(); // which `directory` changes, but not where the file is
  const read = async () => loadConfig(configuration, { overrides, ...cwd });
  let config = await read();
  if (config.supervisord.user !== undefined) await readAhead();
  let early = prepare(config, options);
  const mood = new Mood();
  try {
    for (;;) {
      const logs = await live(config, { early, mood, read, allowedHosts });
      if (mood.current !== "RESTARTING") break;
      mood.begin(); // who says so from now on has seen another file than we read here
      config = await read();
      if (!config.supervisord.nocleanup) removeLogs(logs);
      early = [];
    }
  } finally {
    mood.end();
  }
}

/** No option where the directory was removed: a file with an absolute path is read all the same. */
function hostDirectory(): { readonly cwd?: string } {
  try {
    return { cwd: process.cwd() };
  } catch {
    return {};
  }
}

/** What is done once, before anything is opened; what there is to log of it. */
function prepare(config: Config, { configuration, isProfiled }: Options): Line[] {
  const { supervisord } = config;
  const lines: Line[] = [...becomeUser(supervisord.user)];
  if (isProfiled) lines.push(["WARN", "--profile_options is ignored: it is Python's profiler"]);
  if (configuration === undefined && process.getuid?.() === 0) {
    const message =
      'Supervisord is running as root and it is searching for its configuration file in default locations (including its current working directory); you probably want to specify a "-c" argument specifying an absolute path to a configuration file for improved security.';
    lines.push(["WARN", message]);
  }
  const { value } = config.issue("supervisord", "minfds", ""); // as it stands there, if it does
  lines.push(...limitDescriptors(supervisord.minfds, value !== undefined));
  lines.push(...ensureLimit("minprocs", supervisord.minprocs));
  if (supervisord.nodaemon) return lines;
  const message = "libsupervisor never daemonizes: staying in the foreground";
  lines.push(["INFO", `${message} (nodaemon=true, or -n, says that this is meant)`]);
  process.umask(supervisord.umask);
  if (supervisord.directory !== undefined) {
    process.chdir(supervisord.directory);
    lines.push(["INFO", `set current directory: '${supervisord.directory}'`]);
  }
  return lines;
}

/** What is else read when it is needed, as that user, who may not enter the directory of this package. */
async function readAhead(): Promise<void> {
  await loadExeca().catch(() => {}); // the first start tells
}

/** From the opening of the log to the end of the last program; the AUTO logs that it leaves. */
async function live(config: Config, { early, mood, read, allowedHosts }: Life): Promise<string[]> {
  const { supervisord, warnings, files, servers } = config;
  const supervisor = new Supervisor(config);
  const log = openLog(config);
  const forget = log.listen(supervisor);
  const listening: Server[] = [];
  const release: (() => void)[] = [];
  try {
    for (const [level, message] of early) log.write(level, message);
    for (const issue of warnings) log.write("WARN", issue.supervisord ?? describeIssue(issue));
    for (const file of files.slice(1))
      log.write("INFO", `Included extra file "${file}" during parsing`);
    if (process.pid === 1) log.write("WARN", PID_1);
    for (const server of servers) {
      const { username, password } = server;
      const access = username !== undefined && password !== undefined && { username, password };
      const hooks = {
        allowedHosts: [...allowedHosts, ...(server.allowed_hosts ?? [])],
        config: async () => reread(read, log),
        log,
        shutdown: () => mood.set("SHUTDOWN"),
        restart: () => mood.set("RESTARTING"),
      };
      if (!access)
        log.write(
          "CRIT",
          `Server '${nameOf(server)}' running without any HTTP authentication checking`,
        );
      const danger = await dangerOf(server);
      if (danger !== undefined) log.write("CRIT", `Server '${nameOf(server)}': ${danger}`);
      listening.push(
        await serve(supervisor, placeOf(server), { ...access, ...hooks }).catch(
          (error: unknown) => {
            if (!(error instanceof ServeError)) throw error;
            throw new Refusal(describeIssue(issueOfServer(config, server, error)), {
              cause: error,
            });
          },
        ),
      );
    }
    if (servers.length > 0) log.write("INFO", "RPC interface 'supervisor' initialized");
    release.push(keepPidfile(supervisord.pidfile, supervisor, log));
    mood.hear(supervisor, log);
    if (mood.current === "RUNNING") supervisor.start().catch(() => {}); // how it goes is told by the log
    await mood.changed;
    for (const { error } of await supervisor.shutdown())
      log.write("CRIT", error.message.split("\n")[0] ?? "");
    return autoLogsOf(supervisor);
  } finally {
    mood.forget();
    for (const server of listening) await server.close();
    for (const undo of release) undo();
    forget();
    log.close();
  }
}

/** A client is told the first mistake; the log has them all, each with its place. */
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

const PID_1 =
  "running as pid 1: before Node 22.15 orphaned processes are not reaped; use an init (docker run --init, tini)";

/** Where it cannot be written nothing begins, as there; later, that is a warning. */
function openLog(config: Config): ActivityLog {
  const problem = problemOfLog(config);
  if (problem) throw new Refusal(describeIssue(issueOfLog(config, problem)));
  const { supervisord } = config;
  const { logfile, logfile_maxbytes, logfile_backups, loglevel, silent, identifier } = supervisord;
  const isPrinted = isStdout(logfile);
  return new ActivityLog({
    ...(!isPrinted && { logfile }),
    logfile_maxbytes,
    logfile_backups,
    loglevel,
    silent: silent && !isPrinted,
    identifier,
  });
}

/** Writes it, and has it removed at the end, whatever the end is. */
function keepPidfile(file: string, supervisor: Supervisor, log: ActivityLog): () => void {
  let isFile: boolean;
  try {
    isFile = writePidfile(file);
  } catch {
    log.write("CRIT", `could not write pidfile ${file}`);
    return () => {};
  }
  log.write("INFO", `supervisord started with pid ${process.pid}`);
  if (!isFile) return () => {};
  const release = supervisor.ownFile(file);
  return () => {
    release();
    removePidfile(file);
  };
}

function version(): string {
  const file = new URL("../../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
