import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import type { ProgramSettings } from "../../src/index.ts";

/** What a program has that runs once, as soon as it is told. */
export const once = { startsecs: 0, autorestart: false } satisfies Partial<ProgramSettings>;

/** A file's text. */
export const text = (file: string) => readFileSync(file, "utf8");

/** The files of a log, the oldest first. */
export function filesOf(file: string): string[] {
  const directory = path.dirname(file);
  const base = path.basename(file);
  const numbers = readdirSync(directory)
    .filter((name) => name === base || name.startsWith(`${base}.`))
    .map((name) => Number(name.slice(base.length + 1)));
  return numbers
    .toSorted((a, b) => b - a)
    .map((number) => (number === 0 ? file : `${file}.${number}`));
}

/** All that a log and its old files hold, the oldest first. */
export function whole(file: string): Buffer {
  return Buffer.concat(filesOf(file).map((each) => readFileSync(each)));
}

/** What a command writes when nobody stands between it and a file. */
export function reference(
  [file, ...args]: readonly [string, ...string[]],
  into: string,
  stream: "stdout" | "stderr" = "stdout",
): Buffer {
  const fd = openSync(into, "w");
  try {
    const [out, err] = stream === "stdout" ? [fd, "ignore" as const] : ["ignore" as const, fd];
    execFileSync(file, args, { stdio: ["ignore", out, err] });
  } finally {
    closeSync(fd);
  }
  return readFileSync(into);
}
