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
        'Whether what a process leaves behind is ended after its end: before it is started again, and before it counts as stopped. After a stop it is first asked with `stopsignal`, and has what remains of `stopwaitsecs`; else it is killed at once. `true`: all its descendants, also in other process groups and sessions, as far as the system can tell; `"group"`: its process group; `false`: nothing.',
    },
    (which) => which.default(true),
  ),
  cgroup: option(
    {
      syntax: "boolean",
      isExtension: true,
      summary:
        "Whether it gets a cgroup (v2) of its own where one can be made, which needs Linux and root, or a delegated cgroup: for programs whose descendants leave group, session, environment and parent behind. Adds some 10 ms to a start.",
    },
    (flag) => flag.default(false),
  ),
  stopstdin: option(
    {
      syntax: "boolean",
      isExtension: true,
      summary:
        "Whether its standard input is closed when it is to stop, together with `stopsignal`. On Windows instead of it: the program then has `stopwaitsecs` to end by itself.",
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
        "Whether a small shell process stands by while programs run, which ends them, and all that they have started, when the host has ended without being able to: by SIGKILL, a crash of Node, or for want of memory. Holds from the construction on. Not on Windows, where the system does it.",
    },
    (flag) => flag.default(true),
  ),
  guardian_waitsecs: option(
    {
      syntax: "seconds",
      isExtension: true,
      summary:
        "How long the guardian lets the programs stop by their `stopsignal` before it kills them. 0: it kills them at once.",
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
