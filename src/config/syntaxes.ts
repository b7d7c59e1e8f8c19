import type { Syntax } from "../schema/types.ts";
import type { Facts } from "./facts.ts";
import { pattern, positiveSeconds } from "./readiness-values.ts";
import { pathTypes, userTypes } from "./system-values.ts";
import {
  autorestart,
  backlog,
  boolean,
  booleanOr,
  byteSize,
  count,
  exitCodes,
  fileMode,
  hostNames,
  inheritedVariables,
  inetAddress,
  integer,
  list,
  logLevel,
  octal,
  permissions,
  seconds,
  signal,
  text,
  umask,
  type Type,
} from "./values.ts";

type Make = (option: string, facts: Facts) => Type<unknown>;

/**
 * Creates the function that reads the text of an option of this syntax. There is no such function
 * for a syntax that needs more of the section than the text, after expansion.
 */
export function readerOf(syntax: Syntax, option: string, facts: Facts): Type<unknown> | undefined {
  return READERS[syntax]?.(option, facts);
}

const READERS: Readonly<Record<Syntax, Make | undefined>> = {
  boolean: () => boolean,
  integer: () => integer,
  count: () => count,
  numprocs: () => count,
  seconds: () => seconds,
  "positive seconds": () => positiveSeconds,
  "whole seconds": () => count,
  bytes: () => byteSize,
  octal: () => octal,
  umask: () => umask,
  mode: (option) => permissions(option),
  "file mode": (option) => fileMode(option),
  signal: () => signal,
  "exit codes": () => exitCodes,
  autorestart: () => autorestart,
  sweep: () => booleanOr("group"),
  text: () => text,
  names: () => list,
  "host names": () => hostNames,
  "inherited variables": () => inheritedVariables,
  user: (_, facts) => userTypes(facts).user,
  owner: (option, facts) => userTypes(facts).written(option),
  "existing directory": (_, facts) => pathTypes(facts).directory,
  file: (_, facts) => pathTypes(facts).inDirectory,
  "activity log": (_, facts) => pathTypes(facts).activityLog,
  loglevel: () => logLevel,
  backlog: (option) => backlog(option),
  address: () => inetAddress,
  "file owner": (_, facts) => userTypes(facts).owner("sockchown"),
  pattern: () => pattern,
  statuses: () => text,
  directory: undefined,
  path: undefined,
  urls: undefined,
  logfile: undefined,
  command: undefined,
  "process name": undefined,
  environment: undefined,
  socket: undefined,
  sections: undefined,
};
