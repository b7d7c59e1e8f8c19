import type { Signal } from "../ports/signal.ts";
import { HOST_NAME } from "../schema/types.ts";
import { logLevels, type LogLevel } from "../events/levels.ts";
import { parseSignal, signalHint } from "../schema/signal.ts";
import { repr, strip, toInteger } from "./python.ts";

/** A value, or a description of the error in the text, in supervisord's words and in ours. */
export type Parsed<T> =
  | { readonly value: T }
  | {
      readonly problem: string;
      readonly expected: string;
      /** The value that was probably intended, as the end of our message. */
      readonly hint?: string;
    };

/** The largest number of processes of a program: more than a system can run. */
export const MOST_PROCESSES = 100_000;

/** Reads the text of an option, after expansion. */
export type Type<T> = (text: string) => Parsed<T>;

export const text: Type<string> = (value) => ({ value });

export const boolean: Type<boolean> = (value) => {
  const word = value.toLowerCase();
  if (["true", "yes", "on", "1"].includes(word)) return { value: true };
  if (["false", "no", "off", "0"].includes(word)) return { value: false };
  return {
    problem: `not a valid boolean value: ${repr(value)}`,
    expected: "true, yes, on or 1, or false, no, off or 0",
  };
};

export const integer: Type<number> = (value) => {
  const number = toInteger(value);
  return number === undefined
    ? { problem: noInteger(value), expected: "a whole number" }
    : { value: number };
};

/** Values below 0 mean 0. */
export const count: Type<number> = (value) => atLeast0(integer(value));

/** Seconds in an option that supervisord does not have. */
export const seconds: Type<number> = (value) =>
  /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/.test(value)
    ? { value: Number(value) }
    : {
        problem: `not a number of seconds: ${repr(value)}`,
        expected: "a number of seconds, 0 or more",
      };

/** Values below 0 mean 0. */
export const byteSize: Type<number> = (value) => {
  const lower = value.toLowerCase();
  const power = ["kb", "mb", "gb"].indexOf(lower.slice(-2)) + 1;
  const digits = power === 0 ? lower : lower.slice(0, -2);
  const number = toInteger(digits);
  if (number === undefined)
    return {
      problem: noInteger(digits),
      expected: "a number of bytes, such as 1024, 10KB, 50MB or 1GB",
    };
  return atLeast0({ value: Math.min(number * 1024 ** power, Number.MAX_SAFE_INTEGER) });
};

export const octal: Type<number> = (value) => {
  const match = /^([+-]?)(?:0o)?_?([0-7]+(?:_[0-7]+)*)$/i.exec(strip(value));
  const digits = match?.[2]?.replaceAll("_", "");
  if (!match || digits === undefined) {
    return {
      problem: `${value} can not be converted to an octal type`,
      expected: "an octal number, such as 022",
    };
  }
  return { value: Number.parseInt(match[1] + digits, 8) };
};

/** The mode of a file. */
export function fileMode(option: string): Type<number> {
  return (value) => {
    const parsed = octal(value);
    return "value" in parsed ? parsed : { ...parsed, problem: `Invalid ${option} value ${value}` };
  };
}

/** The last nine bits of a mode. */
export function permissions(option: string): Type<number> {
  return (value) => {
    const parsed = fileMode(option)(value);
    return "value" in parsed ? { value: parsed.value & 0o777 } : parsed;
  };
}

/** The system uses the last nine bits of a mask. */
export const umask: Type<number> = (value) => {
  const parsed = octal(value);
  return "value" in parsed ? { value: parsed.value & 0o777 } : parsed;
};

export function backlog(option: string): Type<number> {
  return (value) => {
    const parsed = integer(value);
    if (!("value" in parsed) || (parsed.value >= 1 && parsed.value <= 65_535)) return parsed;
    return {
      problem: `Invalid ${option} value ${parsed.value}`,
      expected: "a whole number from 1 to 65535",
    };
  };
}

export const exitCodes: Type<readonly number[]> = (value) => {
  const codes = value === "" ? [] : value.split(",").map(toInteger);
  if (codes.every((code) => code !== undefined && code >= 0 && code <= 255))
    return { value: codes as number[] };
  return {
    problem: `not a valid list of exit codes: ${repr(value)}`,
    expected: "exit codes from 0 to 255, separated by commas",
  };
};

export const autorestart: Type<boolean | "unexpected"> = (value) => {
  const word = value.toLowerCase();
  if (word === "unexpected") return { value: word };
  const parsed = boolean(word);
  if ("value" in parsed) return parsed;
  return {
    problem: `invalid 'autorestart' value ${repr(word)}`,
    expected: "true, false or unexpected",
  };
};

export const signal: Type<Signal> = (value) => {
  const number = toInteger(value);
  const expected = "the name or number of a signal";
  if (number !== undefined) {
    const known = parseSignal(number);
    // of the real-time signals, Python has names only for the first and the last
    if (known !== undefined && (typeof known === "string" || number === 34 || number === 64))
      return { value: known };
    return { problem: `value ${repr(value)} is not a valid signal number`, expected };
  }
  const name = strip(value).toUpperCase().replace(/^SIG/, "");
  const alias = { RTMIN: 34, RTMAX: 64, CLD: "CHLD" as const }[name] ?? name;
  const known = parseSignal(alias);
  return known === undefined || /^\d*$/.test(name)
    ? {
        problem: `value ${repr(value)} is not a valid signal name`,
        expected,
        hint: signalHint(value),
      }
    : { value: known };
};

/** Reads a name without surrounding blanks. */
export const processName: Type<string> = (value) => {
  const character = [" ", ":", "/"].find((one) => strip(value).includes(one));
  if (character === undefined) return { value: strip(value) };
  return {
    problem: `Invalid name: ${repr(value)} because of character: ${repr(character)}`,
    expected: "a name without blanks, colons and slashes",
  };
};

/** Splits a text at commas; an empty text has no parts. */
export const list: Type<readonly string[]> = (value) => ({
  value: value === "" ? [] : value.split(",").map(strip),
});

/** Reads a value for an option that supervisord does not have. */
export const hostNames: Type<readonly string[]> = (value) => {
  const names = value.split(",").map(strip).filter(Boolean);
  if (names.every((name) => HOST_NAME.test(name))) return { value: names };
  const expected = "names of hosts without ports, separated by commas";
  return { problem: `not a list of host names: ${repr(value)}`, expected };
};

/** A port, with or without a host. */
export const inetAddress: Type<{ readonly host: string; readonly port: number }> = (value) => {
  const colon = value.lastIndexOf(":");
  const expected = "a port, or host:port";
  const digits = value.slice(colon + 1);
  if (colon !== -1 && digits === "")
    return { problem: `no port number specified in ${repr(digits)}`, expected };
  const port = toInteger(digits);
  if (port === undefined || port < 1 || port > 65_535)
    return { problem: `not a valid port number: ${repr(digits)} `, expected };
  const host = value.slice(0, Math.max(colon, 0)).toLowerCase();
  return { value: { host: host === "*" ? "" : host, port } };
};

export const logLevel: Type<LogLevel> = (value) => {
  const level = logLevels.find((one) => one === value.toLowerCase());
  if (level !== undefined) return { value: level };
  return {
    problem: `bad logging level name ${repr(value)}`,
    expected: `one of ${logLevels.join(", ")}`,
  };
};

/** Reads `true`, `false` or a word. */
export function booleanOr<W extends string>(word: W): Type<boolean | W> {
  return (value) => {
    if (value.toLowerCase() === word) return { value: word };
    const parsed = boolean(value);
    return "value" in parsed ? parsed : { ...parsed, expected: `true, false or ${word}` };
  };
}

/**
 * Reads `true`, `false`, or names of environment variables. A comma after a name makes it a list:
 * `on,` is a variable.
 */
export const inheritedVariables: Type<boolean | readonly string[]> = (value) => {
  const parsed = boolean(strip(value));
  if ("value" in parsed) return parsed;
  const names = value.split(",").map(strip).filter(Boolean);
  if (names.length > 0 && names.every((name) => /^[^=\s\0]+$/.test(name))) return { value: names };
  const expected = "true, false, or names of variables, separated by commas";
  return { problem: `not a list of environment variables: ${repr(value)}`, expected };
};

function atLeast0(parsed: Parsed<number>): Parsed<number> {
  return "value" in parsed ? { value: Math.max(parsed.value, 0) } : parsed;
}

function noInteger(value: string): string {
  return `invalid literal for int() with base 10: ${repr(value)}`;
}
