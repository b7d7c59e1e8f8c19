import { describeIssue, loadConfig, type Config, type ConfigIssue } from "../config/index.ts";
import { ServeError, checkPlace } from "../control/index.ts";
import { Supervisor } from "../index.ts";
import { report, warn } from "./report.ts";
import { issueOfLog, problemOfLog } from "./run/log-file.ts";
import { gidOf, uidOf } from "./run/privileges.ts";
import { dangerOf, issueOfServer, nameOf, placeOf } from "./run/servers.ts";
import { readSwitches, type Switch } from "./switches.ts";
import { UsageError } from "./usage-error.ts";

const SWITCHES: Readonly<Record<string, Switch>> = {
  configuration: { short: "c", value: "FILE" },
  strict: {},
  help: { short: "h?", isQuestion: true },
};

const USAGE = `libsupervisor check -- tells what is wrong with a supervisord.conf, and starts nothing

Usage: libsupervisor check [-c FILE] [--strict]

Options:
  -c, --configuration FILE   the configuration file (searched for if not given)
      --strict               unknown sections and options are errors, not warnings
  -h, --help                 print this and exit; so does -?

Errors go to standard error, with file and line, and the exit status is 2. Otherwise it
is 0, also with warnings.
`;

/** `libsupervisor check`: tells everything that is wrong with a file. Returns the exit status. */
export async function check(args: readonly string[]): Promise<number> {
  const { stdout } = process;
  try {
    const { question, given, words } = readSwitches(args, SWITCHES);
    const [word] = words;
    if (word !== undefined) throw new UsageError(messageFor(word));
    if (question !== undefined) {
      stdout.write(USAGE);
      return 0;
    }
    const file = given.get("configuration")?.value;
    const config = await loadConfig(file, { strict: given.has("strict") });
    const supervisor = new Supervisor(config); // starts nothing
    const user = userOf(config);
    const dangers = await dangersOf(config, user);
    warn([...config.warnings, ...dangers, ...obstaclesOf(supervisor, config)]);
    const errors = await errorsOf(config, user);
    if (errors.length > 0) throw new UsageError(errors.map(describeIssue).join("\n"));
    stdout.write(`${config.file}: ${summary(supervisor)}\n`);
    return 0;
  } catch (error) {
    return report(error, "libsupervisor check -h");
  }
}

function messageFor(word: string): string {
  return `unexpected ${JSON.stringify(word)}; a file is named with -c: libsupervisor check -c ${word}`;
}

/** The user that the command would change to. */
interface User {
  readonly uid?: number;
  readonly gid?: number;
}

function userOf({ supervisord: { user } }: Config): User {
  return user === undefined ? {} : { uid: uidOf(user), gid: gidOf(user) };
}

/** Problems of which the command only warns. */
async function dangersOf(config: Config, user: User): Promise<ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  for (const server of config.servers) {
    const danger = await dangerOf(server, user);
    if (danger !== undefined) issues.push(config.issue(nameOf(server), "file", danger));
  }
  return issues;
}

/** Problems with which the command would not start. */
async function errorsOf(config: Config, user: User): Promise<ConfigIssue[]> {
  const { servers } = config;
  const problem = problemOfLog(config);
  const issues = problem?.isForAll ? [issueOfLog(config, problem)] : [];
  for (const server of servers) {
    const { password } = server;
    try {
      await checkPlace(placeOf(server), { ...(password !== undefined && { password }), ...user });
    } catch (error) {
      if (!(error instanceof ServeError)) throw error;
      issues.push(issueOfServer(config, server, error));
    }
  }
  return issues;
}

function summary({ programs, settings }: Supervisor): string {
  const processes = [...programs.values()].reduce((sum, one) => sum + one.processes.length, 0);
  const groups = Object.keys(settings.groups ?? {}).length;
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const of = [count(programs.size, "program"), count(groups, "group")].join(", ");
  return `valid: ${of}, ${processes} process${processes === 1 ? "" : "es"}`;
}

/** Starts that would fail now, but may succeed later. */
function obstaclesOf(supervisor: Supervisor, config: Config): ConfigIssue[] {
  const problem = problemOfLog(config);
  const issues = problem && !problem.isForAll ? [issueOfLog(config, problem)] : [];
  for (const [name, { processes, settings }] of supervisor.programs) {
    const obstacle = processes[0]?.obstacle();
    if (obstacle === undefined) continue;
    let kind = "program";
    if (settings.events) kind = "eventlistener";
    else if (settings.socket !== undefined) kind = "fcgi-program";
    issues.push(config.issue(`${kind}:${name}`, undefined, obstacle));
  }
  return issues;
}
