import type { Signal } from "../ports/signal.ts";
import { option, type ValuesOf } from "../schema/option.ts";
import { parseSignal } from "../schema/signal.ts";
import type { Policy } from "./state.ts";

/** The options for when a process starts, restarts and stops. */
export const lifecycleOptions = {
  autostart: option(
    { syntax: "boolean", summary: "Whether the process starts with the supervisor." },
    (flag) => flag.default(true),
  ),
  startsecs: option(
    {
      syntax: "whole seconds",
      summary:
        "The time that the process must stay up to count as RUNNING. 0: it is RUNNING at once.",
    },
    (seconds) => seconds.default(1),
  ),
  startretries: option(
    {
      syntax: "count",
      summary:
        "The number of times that a failed start is tried again, after 1, 2, 3 … seconds, before the process is FATAL.",
    },
    (count) => count.default(3),
  ),
  autorestart: option(
    {
      syntax: "autorestart",
      summary:
        'Whether a process that ends after having been RUNNING is started again, at once. `"unexpected"`: unless its exit code is one of `exitcodes`.',
    },
    (when) => when.default("unexpected"),
  ),
  exitcodes: option(
    {
      syntax: "exit codes",
      summary: "The expected exit codes. An end by a signal is never expected.",
    },
    (codes) => codes.default([0]),
  ),
  stopsignal: option(
    {
      syntax: "signal",
      preset: '"TERM"',
      summary: "The signal that asks the process to stop.",
      differs:
        "On Windows, where there are no signals, every stop ends the process and its descendants at once.",
    },
    (signal) =>
      signal.default("TERM").transform((value): Signal => parseSignal(value) ?? "SIGTERM"),
  ),
  stopwaitsecs: option(
    {
      syntax: "whole seconds",
      summary:
        "The time that the process, and then the processes that it leaves behind, have to stop before SIGKILL.",
    },
    (seconds) => seconds.default(10),
  ),
  stopasgroup: option(
    {
      syntax: "boolean",
      summary:
        "Whether the stop signal is sent to its whole process group. Turns `killasgroup` on.",
    },
    (flag) => flag.default(false),
  ),
  killasgroup: option(
    {
      syntax: "boolean",
      preset: "`stopasgroup`",
      summary: "Whether SIGKILL is sent to its whole process group.",
    },
    (flag) => flag.optional(),
  ),
};

/** Plans the life of a process. Seconds become milliseconds here. */
export function policyOf(settings: ValuesOf<typeof lifecycleOptions>): Policy {
  return {
    startMs: settings.startsecs * 1000,
    startRetries: settings.startretries,
    stopMs: settings.stopwaitsecs * 1000,
    stopSignal: settings.stopsignal,
    stopAsGroup: settings.stopasgroup,
    killAsGroup: settings.killasgroup ?? settings.stopasgroup,
    autorestart: settings.autorestart,
    exitCodes: settings.exitcodes,
  };
}
