import { loadConfig, type ServerSection } from "../config/index.ts";
import { Supervisor, SupervisorError } from "../index.ts";
import { Refusal, complain, warn } from "./complain.ts";
import { readSwitches } from "./words.ts";

const SWITCHES = {
  configuration: { type: "string", short: "c" },
  strict: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const USAGE = `libsupervisor check -- says what is wrong with a supervisord.conf, and starts nothing

Usage: libsupervisor check [-c FILE] [--strict]

Options:
  -c, --configuration FILE   the configuration file (searched for if not given)
      --strict               unknown sections and options are errors, not warnings
  -h, --help                 print this and exit

What is wrong goes to standard error, with file and line. The exit status is 2 then,
and otherwise 0, also with warnings.
`;

/** `libsupervisor check`: says everything that is wrong with a file; the exit status. */
export async function check(args: readonly string[]): Promise<number> {
  const { stdout, stderr } = process;
  try {
    const values = readSwitches({ args: [...args], options: SWITCHES }, refuse);
    if (values.help) {
      stdout.write(USAGE);
      return 0;
    }
    const config = await loadConfig(values.configuration, { strict: values.strict });
    const supervisor = new Supervisor(config); // starts nothing
    warn(config.warnings);
    for (const server of config.servers) if (isOpen(server)) throw new Refusal(REFUSED);
    for (const { program, problem } of missingPrograms(supervisor))
      stderr.write(`Warning: [program:${program}]: ${problem}\n`);
    stdout.write(`${config.file}: ${summary(supervisor)}\n`);
    return 0;
  } catch (error) {
    return complain(error, "libsupervisor check -h");
  }
}

const REFUSED =
  "[inet_http_server]: without username and password only this machine can be served: port=127.0.0.1:9001";

function refuse(word: string): string {
  return `unexpected ${JSON.stringify(word)}; a file is named with -c: libsupervisor check -c ${word}`;
}

/** Whether the server would be refused when it is to begin; a name is only looked up then. */
function isOpen(server: ServerSection): boolean {
  if (server.kind === "unix" || server.password !== undefined) return false;
  return !/^(?:localhost|127\..*|\[?::1\]?)$/.test(server.host);
}

function summary({ programs, settings }: Supervisor): string {
  const processes = [...programs.values()].reduce((sum, one) => sum + one.processes.length, 0);
  const groups = Object.keys(settings.groups ?? {}).length;
  const count = (n: number, word: string) => `${n} ${word}${n === 1 ? "" : "s"}`;
  const of = [count(programs.size, "program"), count(groups, "group")].join(", ");
  return `valid: ${of}, ${processes} process${processes === 1 ? "" : "es"}`;
}

/** What could not be started now; by the time it is started, it may be there. */
function missingPrograms(supervisor: Supervisor) {
  return [...supervisor.programs].flatMap(([program, { processes }]) => {
    try {
      processes[0]?.executable();
      return [];
    } catch (error) {
      if (!(error instanceof SupervisorError)) throw error;
      return [{ program, problem: error.message }];
    }
  });
}
