import type { Signal } from "../ports/signal.ts";
import { constants } from "node:os";
import { meaning, nearest } from "./suggest.ts";

/** A signal's name, with or without `SIG` in front, or its number. */
export type SignalSetting =
  | NodeJS.Signals
  | (NodeJS.Signals extends `SIG${infer N}` ? N : never)
  | number;

/**
 * Parses a signal. `"TERM"`, `"sigterm"`, `15` and `"15"` are the same; undefined for a value that
 * is not a signal (such as 0).
 */
export function parseSignal(value: unknown): Signal | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const text = String(value).trim().toUpperCase();
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    const named = Object.entries(constants.signals).find(([, known]) => known === number);
    if (named) return named[0] as NodeJS.Signals;
    // real-time signals have no names in Node
    return process.platform === "linux" && number >= 34 && number <= 64 ? number : undefined;
  }
  const full = text.startsWith("SIG") ? text : `SIG${text}`;
  const isKnown = full in constants.signals || ELSEWHERE.has(full); // settings are portable
  return isKnown ? (full as NodeJS.Signals) : undefined;
}

/** The end of a message about an unknown signal: the signal that was probably intended, or nothing. */
export function signalHint(value: unknown): string {
  if (typeof value !== "string") return "";
  const [, prefix = "", name = ""] = /^\s*(SIG)?(.*?)\s*$/is.exec(value) ?? [];
  const known = [...Object.keys(constants.signals), ...ELSEWHERE].map((one) => one.slice(3));
  const meant = nearest(name, known);
  return meaning(meant && prefix.toUpperCase() + meant);
}

/** The signals of POSIX that Windows lacks. */
const ELSEWHERE = new Set([
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGCONT",
  "SIGSTOP",
  "SIGTSTP",
  "SIGPIPE",
]);
