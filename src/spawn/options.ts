import type { Command } from "../ports/command.ts";
import { option, type ValuesOf } from "../schema/option.ts";
import type { Planning } from "../schema/planning.ts";
import { show } from "../schema/show.ts";
import z from "#zod";
import { splitWords } from "./split-command.ts";

/** The options for the command to execute. */
export const commandOptions = {
  command: option(
    {
      syntax: "command",
      expected: "a command line, or an array of a program and its arguments",
      summary:
        "The program to run. A string is split into words by the rules of a POSIX shell's quotes (Python's shlex), and no shell is involved: no variables, globs or pipes.",
      isPerProcess: true,
    },
    (_, messages) =>
      z.union(
        [z.string(), z.array(z.string(messages), messages).min(1, messages).readonly()],
        messages,
      ),
  ),
};

/** The option `environment`, of a program and of the supervisor. */
export const environment = option(
  {
    syntax: "environment",
    preset: "{}",
    summary:
      "Environment variables for the process. They override the variables of the supervisor and of the host. In code, a variable whose value is `undefined` is taken away: the process does not have it, even if the supervisor or the host does.",
    isPerProcess: true,
  },
  (variables) => variables.default({}),
);

/** The options for the user, the directory and the environment of a process. */
export const contextOptions = {
  user: option(
    {
      syntax: "user",
      preset: "the host's",
      summary:
        "The user that the process runs as: sets uid, gid and supplementary groups. The host must run as root, or as that user. HOME, USER and LOGNAME stay as they are. Not on Windows.",
    },
    (user) => user.optional(),
  ),
  directory: option(
    {
      syntax: "directory",
      preset: "the host's",
      summary: "The working directory of the process.",
      differs: "A command given as a relative path is looked up there, too.",
      isPerProcess: true,
    },
    (directory) => directory.optional(),
  ),
  umask: option(
    {
      syntax: "umask",
      preset: "the host's",
      summary: "The file mode creation mask of the process. Not on Windows.",
    },
    (mask) => mask.optional(),
  ),
  environment,
  environment_inherit: option(
    {
      syntax: "inherited variables",
      summary:
        "Which environment variables of the host the process inherits: all (`true`), none (`false`), or those with these names. The variables of `environment`, of the program and of the supervisor, the `SUPERVISOR_` variables and the mark of the run do not depend on it, and the command is looked up along the host's PATH if the process has none. On Windows, SystemRoot is always inherited.",
      isExtension: true,
    },
    (inherited) => inherited.default(true),
  ),
  ipc: option(
    {
      syntax: "boolean",
      summary:
        "Whether the process has a channel for messages, for a program that runs Node: its `process.send()` emits PROCESS_MESSAGE, and `sendMessage()` emits `message` there. The channel keeps neither the host nor, by itself, the process alive, and takes the descriptor 3 of the process.",
      isExtension: true,
    },
    (flag) => flag.default(false),
  ),
};

/** The address of the control server, for the processes of this program. */
export const serverOptions = {
  serverurl: option(
    {
      syntax: "text",
      expected: 'a string, or "AUTO"',
      preset: '"AUTO"',
      summary:
        "`SUPERVISOR_SERVER_URL` in its environment. `AUTO`: the `serverurl` of the supervisor.",
    },
    (url) => url.optional(),
  ),
};

/** The address of the control server, for the processes of all programs. */
export const supervisorServerOptions = {
  serverurl: option(
    {
      syntax: "text",
      preset: "none",
      summary:
        "The URL of the supervisor's control server: `SUPERVISOR_SERVER_URL` in the environment of each process.",
    },
    (url) => url.optional(),
  ),
};

type CommandSettings = ValuesOf<typeof commandOptions>;
type ContextSettings = ValuesOf<typeof contextOptions>;

/** Plans the part that is the same for all processes of a program. */
export function planContext(
  {
    user,
    umask,
    environment_inherit: inherit,
    ipc,
  }: Pick<ContextSettings, "user" | "umask" | "environment_inherit" | "ipc">,
  { refuse, isUser }: Planning,
): Pick<Command, "user" | "umask" | "inherit" | "ipc"> {
  const isWindows = process.platform === "win32";
  if (user !== undefined && isWindows) refuse("user", "there is no changing of users on Windows");
  else if (user !== undefined && !isUser(user))
    refuse("user", `expected the name or uid of a user, got ${show(user)}`);
  if (umask !== undefined && isWindows) refuse("umask", "there is no umask on Windows");
  return {
    ...(user !== undefined && { user }),
    ...(umask !== undefined && { umask }),
    ...(inherit !== true && { inherit }),
    ...(ipc && { ipc }),
  };
}

/** Plans the command of a process, and its directory. */
export function planCommand(
  { command, directory }: CommandSettings & Pick<ContextSettings, "directory">,
  planning: Planning,
): Pick<Command, "argv" | "directory"> {
  const argv = wordsOf(command, planning);
  if (directory === undefined) return { argv };
  return { argv, directory: planning.expand("directory", directory) };
}

function wordsOf(
  command: CommandSettings["command"],
  { expand, refuse }: Planning,
): Command["argv"] {
  let words: readonly string[];
  if (typeof command === "string") {
    const split = splitWords(expand("command", command));
    if ("problem" in split)
      refuse("command", `cannot be split into words: ${split.problem} in ${show(command)}`);
    words = "problem" in split ? ["?"] : split.words;
  } else words = command.map((word, i) => expand("command", word, i));
  const [file, ...args] = words;
  if (file === undefined || file === "")
    refuse("command", `expected the name of a program first, got ${show(command)}`);
  if (words.some((word) => word.includes("\0")))
    refuse("command", `expected words without NUL, got ${show(command)}`);
  return [file ?? "", ...args];
}

/** The variables that identify a process and its supervisor, with supervisord's names. */
export function ownVariables(
  name: string,
  group: string,
  serverurl: string | undefined,
): Record<string, string> {
  return {
    SUPERVISOR_ENABLED: "1",
    ...(serverurl !== undefined && { SUPERVISOR_SERVER_URL: serverurl }),
    SUPERVISOR_PROCESS_NAME: name,
    SUPERVISOR_GROUP_NAME: group,
  };
}

/** The control server's address for a program: the program's own, or the supervisor's. */
export function serverOf(
  { serverurl }: ValuesOf<typeof serverOptions>,
  supervisor: ValuesOf<typeof supervisorServerOptions>,
): string | undefined {
  const isAuto = serverurl === undefined || /^\s*auto\s*$/i.test(serverurl);
  return isAuto ? supervisor.serverurl : serverurl;
}
