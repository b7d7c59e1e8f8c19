import { fixedText, toSetting, type Piece } from "../percent.ts";
import { pathTypes } from "../system-values.ts";
import type { Each } from "./program-draft.ts";

/**
 * Reads the destination of a stream of a program: a path, or one of the words AUTO, NONE and
 * syslog.
 */
export function readLogfile(each: Each, option: string): string | undefined {
  const { options, names } = each;
  const pieces = options.pieces(option, names);
  const word = pieces && fixedText(pieces)?.toLowerCase();
  if (!options.has(option) || word === "auto") return "AUTO";
  if (word === "syslog") return word;
  if (word !== undefined && ["none", "off", ""].includes(word)) return "NONE";
  return pieces && readPath(each, option, pieces);
}

function readPath(
  { options, facts }: Each,
  option: string,
  pieces: readonly Piece[],
): string | undefined {
  const text = toSetting(pieces);
  const fixed = fixedText(pieces);
  // values that differ between the processes are checked when the settings are resolved
  if (fixed === undefined) return text;
  const whole = options.accept(option, pathTypes(facts).inDirectory, fixed);
  return whole === undefined ? undefined : toSetting([whole]);
}

/** Compares the options of each stream, after all are read. */
export function checkLogs(each: Each): void {
  for (const stream of ["stdout", "stderr"] as const) checkLog(each, stream);
}

function checkLog({ options, settings }: Each, stream: "stdout" | "stderr"): void {
  const key = `${stream}_logfile` as const;
  const isAuto = settings[key] === "AUTO";
  if (settings[key] === "syslog") {
    settings[key] = "NONE";
    settings[`${stream}_syslog`] = true;
    options.warn(key, `the value syslog is deprecated; write ${stream}_syslog=true`);
  }
  const who = `For [${options.section.name}],`;
  if (isAuto && settings[`${key}_maxbytes`] === 0) {
    options.warn(
      `${key}_maxbytes`,
      "a file of AUTO that is never rotated may fill the disk",
      `${who} AUTO logging used for ${key} without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally`,
    );
  }
  if (stream === "stdout" || settings.redirect_stderr !== true) return;
  if (!isAuto && settings[key] !== "NONE") {
    options.warn(
      key,
      "it is ignored because redirect_stderr is true",
      `${who} redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored`,
    );
  }
  delete settings[key];
}
