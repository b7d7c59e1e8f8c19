/** Where a golden configuration gives something else than with supervisord. */
export interface Deviation {
  /** A row of docs/deviations.md. */
  readonly id: string;
  /** The case. */
  readonly name: string;
  readonly seen: unknown;
}

const refused = (error: string) => ({ error, exit: 2 });
const inProgram = " in section 'program:p' (file: '{dir}/c.conf')";

export const deviations: readonly Deviation[] = [
  { id: "conf-negative", name: "startretries=-1", seen: { startretries: 0 } },
  { id: "conf-negative", name: "stopwaitsecs=-5", seen: { stopwaitsecs: 0 } },
  {
    id: "conf-negative",
    name: "stdout_logfile_maxbytes=-1",
    seen: { stdout_logfile_maxbytes: 0 },
  },
  {
    id: "conf-negative",
    name: "stdout_logfile_maxbytes=-1KB",
    seen: { stdout_logfile_maxbytes: 0 },
  },
  { id: "conf-umask", name: "umask=1777", seen: { umask: 0o777 } },
  { id: "conf-empty", name: "stdout_logfile=", seen: { stdout_logfile: null } },
  { id: "conf-empty", name: "directory=", seen: { directory: null } },
  {
    id: "conf-signal-0",
    name: "stopsignal=0",
    seen: refused(`Error: value '0' is not a valid signal number${inProgram}`),
  },
  {
    id: "conf-signal-0",
    name: "stopsignal=SIG_DFL",
    seen: refused(`Error: value 'SIG_DFL' is not a valid signal name${inProgram}`),
  },
  {
    id: "conf-nameless",
    name: "command: echo %s",
    seen: refused(
      `Error: Format string 'echo %s' for 'program:p.command' is badly formatted: a conversion without a name${inProgram}`,
    ),
  },
  {
    id: "conf-twins",
    name: "numprocs=2 + literal %%(process_num)",
    seen: refused(`refused: the group "p" has a process "n%(process_num)s" already, of itself`),
  },
  {
    id: "conf-twins",
    name: "group: same program twice",
    seen: [
      { group: "b", priority: 999, kind: "ProcessGroupConfig", processes: ["b"] },
      { group: "g", priority: 999, kind: "ProcessGroupConfig", processes: ["a"] },
    ],
  },
  {
    id: "conf-twins",
    name: "group named like a program outside it",
    seen: refused("refused: there is a group of that name, and the program is not in it"),
  },
  {
    id: "conf-name",
    name: "program name empty",
    seen: refused("refused: expected a name behind the colon"),
  },
  {
    id: "refused",
    name: "command: ",
    seen: refused(`refused: expected the name of a program first, got ""`),
  },
  {
    id: "refused",
    name: "command:    ",
    seen: refused(`refused: expected the name of a program first, got ""`),
  },
  {
    id: "refused",
    name: 'command: echo "unclosed',
    seen: refused(
      String.raw`refused: cannot be split into words: No closing quotation in "echo \"unclosed"`,
    ),
  },
  {
    id: "conf-plugins",
    name: "eventlistener bad result_handler",
    seen: [
      {
        name: "l",
        priority: -1,
        kind: "EventListenerPoolConfig",
        buffer_size: 10,
        pool_events: ["Event"],
      },
    ],
  },
  { id: "conf-plugins", name: "rpcinterface unresolvable", seen: [] },
  {
    id: "conf-secret",
    name: "include %(ENV_LAB)s",
    seen: { WARN: ['No file matches via include "{dir}/%(ENV_LAB)s.conf"'] },
  },
];

export function deviationOf(name: string): Deviation | undefined {
  return deviations.find((one) => one.name === name);
}
