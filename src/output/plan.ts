import { dirname } from "node:path";
import type { ChannelPlan, HostOutput } from "./channel-plan.ts";
import { absolute, expandHome } from "../system/directories.ts";
import { isWindows } from "../system/platform.ts";
import type { OutputStream } from "../ports/streams.ts";
import type { ValuesOf } from "../schema/option.ts";
import type { Planning } from "../schema/planning.ts";
import type { logOptions, outputOptions } from "./options.ts";
import { show } from "../schema/show.ts";

/** The destinations of the streams of a process. */
export interface OutputPlans {
  readonly stdout: ChannelPlan;
  readonly stderr: ChannelPlan | "stdout";
}

/** Whether one of the streams has an AUTO log, in `childlogdir`. */
export function hasAutoLog({ stdout, stderr }: OutputPlans): boolean {
  return stdout.log?.type === "auto" || (stderr !== "stdout" && stderr.log?.type === "auto");
}

/** Names of the host's own output. */
const STANDARD = new Map<string, HostOutput>([
  ["/dev/stdout", 1],
  ["/dev/fd/1", 1],
  ["/proc/self/fd/1", 1],
  ["/dev/stderr", 2],
  ["/dev/fd/2", 2],
  ["/proc/self/fd/2", 2],
]);

/** The settings of the two streams, and the settings that make a program an event listener. */
type OutputSettings = ValuesOf<typeof outputOptions> & {
  readonly events?: unknown;
  readonly ready_line?: unknown;
};

/** The settings that all logs share. */
type LogSettings = ValuesOf<typeof logOptions> & { readonly identifier: string };

/** Plans the destinations of the streams of a process. */
export function planOutputs(
  name: string,
  settings: OutputSettings,
  supervisor: LogSettings,
  { expand, refuse, isDirectory }: Planning,
): OutputPlans {
  const plan = (stream: OutputStream): ChannelPlan => {
    const value = settings[`${stream}_logfile`];
    const hasSyslog = settings[`${stream}_syslog`];
    if (hasSyslog && isWindows) {
      refuse(`${stream}_syslog`, "there is no syslog on Windows");
    }
    const isListenerOutput = stream === "stdout" && settings.events !== undefined;
    return {
      log:
        typeof value === "string"
          ? logOf(stream, value)
          : value && { type: "stream", stream: value },
      rule: {
        maxbytes: settings[`${stream}_logfile_maxbytes`],
        backups: settings[`${stream}_logfile_backups`],
      },
      capture: isListenerOutput ? 0 : settings[`${stream}_capture_maxbytes`],
      events: !isListenerOutput && settings[`${stream}_events_enabled`],
      ...(isListenerOutput && { isListenerOutput }),
      ...(settings.ready_line !== undefined && { isWatched: true }),
      ...(hasSyslog && { syslog: { identifier: supervisor.identifier, prefix: name } }),
      stripAnsi: supervisor.strip_ansi,
    };
  };
  const logOf = (stream: OutputStream, value: string): ChannelPlan["log"] => {
    const key = `${stream}_logfile`;
    const file = expand(key, value);
    if (file.toUpperCase() === "AUTO") {
      if (supervisor.identifier.includes("/")) {
        refuse(key, "expected an identifier without slashes for AUTO");
      }
      const stem = `${name}-${stream}---${supervisor.identifier}`;
      return { type: "auto", directory: absolute(supervisor.childlogdir), stem };
    }
    const fd = STANDARD.get(file);
    if (fd !== undefined) return { type: "std", file, fd };
    if (file.includes("\0")) {
      refuse(key, `expected a path without NUL, got ${show(file)}`);
      return undefined;
    }
    const whole = absolute(expandHome(file));
    if (!isDirectory(dirname(whole))) {
      refuse(key, `expected a file in a directory that exists, got ${show(value)}`);
    } else if (isDirectory(whole)) refuse(key, `expected a file, got the directory ${show(value)}`);
    return { type: "file", file: whole };
  };
  return { stdout: plan("stdout"), stderr: settings.redirect_stderr ? "stdout" : plan("stderr") };
}
