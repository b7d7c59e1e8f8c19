import { readSwitches, type Switch } from "../switches.ts";
import { UsageError } from "../usage-error.ts";

/** A switch of the command, and the option of `[supervisord]` that it sets. */
interface Row extends Switch {
  /** The option of `[supervisord]`, over which the switch wins. */
  readonly option?: string;
  readonly help: string;
}

/** supervisord's switches, with their letters, and one of our own. */
const SWITCHES: Readonly<Record<string, Row>> = {
  configuration: {
    short: "c",
    value: "FILE",
    help: "the configuration file (searched for if not given)",
  },
  nodaemon: { short: "n", option: "nodaemon", help: "run in the foreground, as it always does" },
  silent: { short: "s", option: "silent", help: "no log on standard output" },
  user: { short: "u", option: "user", value: "USER", help: "run as this user (name or uid)" },
  umask: { short: "m", option: "umask", value: "UMASK", help: "umask, unless nodaemon (022)" },
  directory: {
    short: "d",
    option: "directory",
    value: "DIR",
    help: "directory to change to, unless nodaemon",
  },
  logfile: { short: "l", option: "logfile", value: "FILE", help: "the activity log" },
  logfile_maxbytes: {
    short: "y",
    option: "logfile_maxbytes",
    value: "BYTES",
    help: "rotate the log when it is this large",
  },
  logfile_backups: {
    short: "z",
    option: "logfile_backups",
    value: "NUM",
    help: "how many backups are kept",
  },
  loglevel: {
    short: "e",
    option: "loglevel",
    value: "LEVEL",
    help: "critical, error, warn, info, debug, trace or blather",
  },
  pidfile: {
    short: "j",
    option: "pidfile",
    value: "FILE",
    help: "where its process id is written",
  },
  identifier: {
    short: "i",
    option: "identifier",
    value: "STR",
    help: "a name for this supervisor",
  },
  childlogdir: {
    short: "q",
    option: "childlogdir",
    value: "DIR",
    help: "where AUTO logs of programs are made",
  },
  nocleanup: { short: "k", option: "nocleanup", help: "keep AUTO logs of former runs" },
  minfds: {
    short: "a",
    option: "minfds",
    value: "NUM",
    help: "file descriptors needed to start",
  },
  strip_ansi: {
    short: "t",
    option: "strip_ansi",
    help: "drop ANSI escape sequences from what programs write",
  },
  minprocs: { option: "minprocs", value: "NUM", help: "processes needed to start" },
  profile_options: {
    value: "OPTIONS",
    help: "ignored: it is for Python's profiler",
  },
  "allowed-host": {
    value: "NAME",
    isList: true,
    help: "a name by which browsers may call a TCP server; again for more",
  },
  help: { short: "h?", isQuestion: true, help: "print this and exit; so does -?" },
  version: { short: "v", isQuestion: true, help: "print the version and exit" },
};

/** The options of the command line. */
export interface Options {
  /** What is to be printed instead of a run. */
  readonly question?: "help" | "version";
  readonly configuration?: string;
  /** Names by which browsers may call TCP servers, beside those of the file. */
  readonly allowedHosts?: readonly string[];
  /** Options of `[supervisord]`, as text. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Whether the command line asks for Python's profiler, which there is not. */
  readonly isProfiled: boolean;
}

/**
 * Reads the command line.
 * @throws {UsageError} for a wrong switch, or a word that is no switch
 */
export function parseOptions(args: readonly string[]): Options {
  const { question, given, words } = readSwitches(args, SWITCHES);
  const [word] = words;
  if (word !== undefined) throw new UsageError(messageFor(word));
  const configuration = given.get("configuration")?.value;
  const allowedHosts = given.get("allowed-host")?.value;
  const overrides = [...given].flatMap(([name, { value }]) => {
    const row = SWITCHES[name];
    if (row?.option === undefined) return [];
    return [[row.option, row.value === undefined ? "true" : value] as const];
  });
  return {
    ...(question !== undefined && { question: question === "help" ? question : "version" }),
    ...(configuration !== undefined && { configuration }),
    ...(allowedHosts !== undefined && { allowedHosts: allowedHosts.split(",") }),
    overrides: Object.fromEntries(overrides),
    isProfiled: given.has("profile_options"),
  };
}

function messageFor(word: string): string {
  const what = JSON.stringify(word);
  if (/[./]/.test(word))
    return `unexpected ${what}; a file is named with -c: libsupervisor -c ${word}`;
  return `unknown command ${what}: the commands are check and ctl; without one, -c FILE runs a file`;
}

/** The text of `--help`. */
export function usage(): string {
  const rows = Object.entries(SWITCHES).map(([name, { short, value, help }]) => {
    const letter = short === undefined ? "    " : `-${short.charAt(0)}, `;
    const word = `--${name}${value === undefined ? "" : ` ${value}`}`;
    return `  ${letter}${word.padEnd(26)} ${help}`;
  });
  return [
    "libsupervisor -- runs the programs of a supervisord.conf, in the foreground",
    "",
    "Usage: libsupervisor [-c FILE] [options]",
    "       libsupervisor check [-c FILE] [--strict]   tells what is wrong with a file",
    "       libsupervisor ctl [options] [action]       supervisorctl (see: libsupervisor ctl -h)",
    "",
    "Options:",
    ...rows,
    "",
    "TERM, INT and QUIT stop all programs and exit; HUP stops all programs, reads the file",
    "again and starts; USR2 opens the logs again.",
    "",
  ].join("\n");
}
