import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import type { Variables } from "./environment.ts";

/*
 * Environment variables that a shell which executes a program would not pass on: variables whose
 * names are not words (`a.b`), which dash drops, and variables that the shell uses itself. Also
 * variables that Node does not pass on: bytes that are not UTF-8. The shell gets the variables as a
 * script, in a variable that only the shell sees, and env(1) sets them again: all users can read a
 * command line, but not an environment.
 */

const SCRIPT = "LIBSUPERVISOR_ENVIRONMENT";
/** A line for `sh -c`: the command `"$@"`, which follows, then has all variables that were lost. */
export const RESTORE = `eval "$${SCRIPT}"; unset ${SCRIPT}`;
const WORD = /^[A-Za-z_]\w*$/;
const SHELLS_OWN = /^(?:IFS|LINENO|OPTIND|PPID|PS[124]|RANDOM|SECONDS|SHELLOPTS|BASHOPTS)$/;

/** An environment variable of the host that Node cannot represent as it is. */
interface RawVariable {
  readonly name: string;
  /** The name or value as Node represents it. */
  readonly value: string;
  readonly bytes: Buffer;
}

let raw: readonly RawVariable[] | undefined;

/**
 * The environment for a shell that runs `RESTORE`; undefined if no variable is lost without the
 * shell.
 *
 * @param isShell whether there is a shell in any case
 * @param isInherited whether the program inherits a variable of the host, for those that are not in
 * `env` because Node cannot represent their names
 */
export function restorable(
  env: Variables,
  isShell: boolean,
  isInherited: (name: string) => boolean = () => true,
): Variables | undefined {
  raw ??= readRaw();
  const bytes = raw.filter(({ name, value }) =>
    env[name] === undefined ? isInherited(name) : env[name] === value,
  );
  const known = new Set(bytes.map(({ name }) => name));
  const isLost = (name: string) => name !== "" && (!WORD.test(name) || SHELLS_OWN.test(name));
  if (bytes.length === 0 && !isShell) return undefined;
  const lost = Object.entries(env).filter(([name]) => isLost(name) && !known.has(name));
  const entries = [
    ...lost.map(([name, value]) => Buffer.from(`${name}=${value}`)),
    ...bytes.map((one) => one.bytes),
  ];
  if (entries.length === 0) return undefined;
  // a command substitution drops the last line breaks, and a full stop ends no character of any code
  const lines = entries.map(
    (entry) => `${SCRIPT}=$(printf %b '${escape(entry)}.'); set -- "\${${SCRIPT}%.}" "$@"`,
  );
  return { ...env, [SCRIPT]: [...lines, 'set -- /usr/bin/env "$@"'].join("\n") };
}

/** Escapes for `%b` of printf, in single quotes. */
function escape(bytes: Buffer): string {
  return bytes
    .toString("latin1")
    .replaceAll(/[^ -&(-[\]-~]/g, (one) => `\\0${one.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

/** Finds the variables that are not UTF-8 in the host's environment; only Linux provides them. */
function readRaw(): RawVariable[] {
  let whole: Buffer;
  try {
    whole = readFileSync("/proc/self/environ");
  } catch {
    return [];
  }
  if (isUtf8(whole)) return [];
  return whole
    .toString("latin1")
    .split("\0")
    .map((entry) => Buffer.from(entry, "latin1"))
    .filter((bytes) => !isUtf8(bytes))
    .map((bytes) => {
      const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(bytes.toString("utf8")) ?? [];
      return { name, value, bytes };
    });
}
