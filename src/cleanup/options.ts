import type { Command } from "../ports/command.ts";
import type { Signal } from "../ports/signal.ts";
import { option, type ValuesOf } from "../schema/option.ts";

/**
 * The options for the processes that a process leaves behind, and for closing its standard input.
 */
export const cleanupOptions = {
  sweep: option(
    {
      syntax: "sweep",
      isExtension: true,
      summary:
        'Which of the processes that a process leaves behind are ended after its exit: before it is started again, and before it counts as stopped. After a stop, they are first sent `stopsignal`, and have the rest of `stopwaitsecs` to exit; otherwise they are killed at once. `true`: all its descendants, also in other process groups and sessions, as far as the system can tell; `"group"`: its process group; `false`: nothing.',
    },
    (which) => which.default(true),
  ),
  cgroup: option(
    {
      syntax: "boolean",
      isExtension: true,
      summary:
        "Whether the process gets its own cgroup (v2), where a cgroup can be created, which needs Linux and root, or a delegated cgroup: for programs whose descendants change their group, session, environment and parent. Adds some 10 ms to a start.",
    },
    (flag) => flag.default(false),
  ),
  stopstdin: option(
    {
      syntax: "boolean",
      isExtension: true,
      summary:
        "Whether the standard input of the process is closed on a stop, together with `stopsignal`. On Windows, it is closed instead of a signal, and the program has `stopwaitsecs` to exit by itself.",
    },
    (flag) => flag.default(false),
  ),
};

/** The options for the programs of a host that has ended. */
export const guardianOptions = {
  guardian: option(
    {
      syntax: "boolean",
      isExtension: true,
      summary:
        "Whether a small shell process runs while programs run. It ends the programs, and all processes that they have started, when the host has ended without being able to do so: by SIGKILL, a crash of Node, or a lack of memory. It cannot be changed after the construction. Not on Windows, where the system does this.",
    },
    (flag) => flag.default(true),
  ),
  guardian_waitsecs: option(
    {
      syntax: "seconds",
      isExtension: true,
      summary:
        "The time that the guardian gives programs to exit after their `stopsignal` before it kills them. 0: it kills them at once.",
    },
    (seconds) => seconds.default(0),
  ),
};

/** Plans the end of a process, and of the processes that it leaves behind. */
export function planCleanup({
  sweep,
  cgroup,
  stopstdin,
  stopsignal,
}: ValuesOf<typeof cleanupOptions> & {
  readonly stopsignal: Signal;
}): Pick<Command, "sweep" | "cgroup" | "stopstdin" | "stopsignal"> {
  return { sweep, cgroup, stopstdin, stopsignal };
}
