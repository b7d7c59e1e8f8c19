import { fixedText, toSetting, type Names, type Piece } from "../percent.ts";
import { pathTypes, type Options, type Reading } from "../section-reader.ts";
import { boolean, byteSize, count } from "../values.ts";
import type { Draft } from "./program-draft.ts";

/** Where one of the streams of a program goes. */
export function readLog(
  reading: Reading,
  options: Options,
  names: Names,
  settings: Draft,
  stream: "stdout" | "stderr",
): void {
  const key = `${stream}_logfile` as const;
  const pieces = options.pieces(key, names);
  const word = pieces && fixedText(pieces)?.toLowerCase();
  const isAuto = !options.has(key) || word === "auto";
  const isNone = word !== undefined && ["none", "off", "", "syslog"].includes(word);
  let value: string | undefined;
  if (isAuto) value = "AUTO";
  else if (isNone) value = "NONE";
  else if (pieces) value = readPath(reading, options, key, pieces);
  const backups = options.read(`${key}_backups`, count, names);
  if (backups !== undefined) settings[`${key}_backups`] = backups;
  const maxbytes = options.read(`${key}_maxbytes`, byteSize, names);
  if (maxbytes !== undefined) settings[`${key}_maxbytes`] = maxbytes;
  const syslog = options.read(`${stream}_syslog`, boolean, names);
  if (syslog !== undefined) settings[`${stream}_syslog`] = syslog;
  if (word === "syslog") {
    settings[`${stream}_syslog`] = true;
    options.warn(key, `the value syslog is deprecated; write ${stream}_syslog=true`);
  }
  const who = `For [${options.section.name}],`;
  if (isAuto && maxbytes === 0) {
    options.warn(
      `${key}_maxbytes`,
      "a file of AUTO that is never turned over may fill the disk",
      `${who} AUTO logging used for ${key} without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally`,
    );
  }
  if (stream === "stdout" || settings.redirect_stderr !== true) {
    if (value !== undefined) settings[key] = value;
  } else if (!isAuto && !isNone) {
    options.warn(
      key,
      "it is ignored because redirect_stderr is true",
      `${who} redirect_stderr=true but stderr_logfile has also been set to a filename, the filename has been ignored`,
    );
  }
}

function readPath(
  { facts }: Reading,
  options: Options,
  key: string,
  pieces: readonly Piece[],
): string | undefined {
  const text = toSetting(pieces);
  const fixed = fixedText(pieces);
  // what differs between the processes is looked at when the settings are resolved
  if (fixed === undefined) return text;
  const whole = options.accept(key, pathTypes(facts).inDirectory, fixed);
  return whole === undefined ? undefined : toSetting([whole]);
}
