import z from "#zod";
import { expected, type Messages } from "./messages.ts";
import { isPattern, patternOfRegExp, type Pattern } from "./pattern.ts";
import { parseSignal, signalHint, type SignalSetting } from "./signal.ts";

/** The names of processes, programs and groups: supervisord's rule, and at least one character. */
// and a name is used as the key of an object
export const NAME = /^(?!__proto__$)[^\s:/]+$/;

export const NAME_RULE = "a name without blanks, colons and slashes";

/** The names of environment variables. */
const VARIABLE = /^[^=\0]+$/;

/** A host's name or address, without a scheme, a port, a path or a wildcard. */
export const HOST_NAME = /^(?:[^\s:/?#@[\]*,]+|[\da-f.]*:[\da-f.]*:[\da-f:.]*)$/i;

/** The mode of the socket of a control server, unless one is given. */
export const CONTROL_SOCKET_MODE = 0o700;

/** A syntax: the values that settings in code may have. */
interface Type {
  /** The name of the values in an error text, unless the option has a better one. */
  readonly expected: string;
  readonly unit?: "s" | "bytes";
  readonly schema: (messages: Messages) => z.ZodType;
}

/**
 * The schemas of the values, by the name of their `syntax`. The formats in a configuration file are
 * in `config/values.ts` and `config/write.ts`, by the same names.
 */
export const types = {
  boolean: { expected: "true or false", schema: (messages) => z.boolean(messages) },
  integer: { expected: "a whole number", schema: (messages) => z.int(messages) },
  count: {
    expected: "a whole number, 0 or more",
    schema: (messages) => z.int(messages).min(0, messages),
  },
  numprocs: {
    expected: "a whole number, 0 or more",
    schema: (messages) => z.int(messages).min(0, messages),
  },
  seconds: { expected: "a number of seconds, 0 or more", unit: "s", schema: seconds },
  "positive seconds": {
    expected: "a number of seconds above 0",
    unit: "s",
    schema: (messages) => z.number(messages).gt(0, messages),
  },
  "whole seconds": { expected: "a number of seconds, 0 or more", unit: "s", schema: seconds },
  bytes: {
    expected: 'a number of bytes, or a string such as "50MB"',
    unit: "bytes",
    schema: bytes,
  },
  umask: { expected: 'octal digits ("022") or a number, up to 0o777', schema: octal },
  mode: { expected: 'octal digits ("0700") or a number, up to 0o777', schema: octal },
  signal: { expected: "the name or number of a signal", schema: signal },
  "exit codes": {
    expected: "an array of exit codes from 0 to 255",
    schema: (messages) =>
      z.array(z.int(messages).min(0, messages).max(255, messages), messages).readonly(),
  },
  autorestart: {
    expected: 'true, false or "unexpected"',
    schema: (messages) => z.union([z.boolean(), z.literal("unexpected")], messages),
  },
  sweep: {
    expected: 'true, false or "group"',
    schema: (messages) => z.union([z.boolean(), z.literal("group")], messages),
  },
  text: { expected: "a string", schema: (messages) => z.string(messages) },
  names: {
    expected: "an array of names",
    schema: (messages) => z.array(z.string(messages), messages).readonly(),
  },
  "host names": {
    expected: "an array of names of hosts, without ports",
    schema: (messages) => z.array(z.string(messages).regex(HOST_NAME, messages)).readonly(),
  },
  user: {
    expected: "the name or uid of a user",
    schema: (messages) =>
      z.union([z.string(), z.int(messages).min(0, messages)], messages).transform(String),
  },
  owner: { expected: '"user" or "user:group", names or ids', schema: filled },
  /** A path that may differ between the processes of a program. */
  directory: { expected: "the path of a directory", schema: filled },
  /** A path whose file is looked for when a configuration file is read. */
  "existing directory": { expected: "the path of a directory", schema: filled },
  /** A path in a directory that is looked for when a configuration file is read. */
  file: { expected: "the path of a file", schema: filled },
  "activity log": {
    expected: "the path of a file, without NUL",
    schema: (messages) => filled(messages).refine((file) => !file.includes("\0"), messages),
  },
  logfile: { expected: "a path, AUTO or NONE", schema: filled },
  loglevel: { expected: "a level", schema: (messages) => z.string(messages).toLowerCase() },
  command: { expected: "a command line", schema: (messages) => z.string(messages) },
  "process name": { expected: "a name", schema: (messages) => z.string(messages) },
  environment: { expected: "an object of strings", schema: environment },
  "inherited variables": {
    expected: "true, false, or an array of names of variables",
    schema: inherited,
  },
  socket: {
    expected: '"tcp://host:port" or "unix:///path"',
    schema: (messages) => z.string().regex(/^(?:tcp|unix):\/\//, messages),
  },
  urls: {
    expected: "a URL, or an array of URLs",
    schema: urls,
  },
  pattern: { expected: "a text, or a regular expression", schema: pattern },
  path: { expected: "a path", schema: filled },
  statuses: {
    expected: 'HTTP statuses, as in "200-399, 401", or an array of statuses',
    schema: (messages) =>
      z.union([z.string(messages), z.array(z.int(messages), messages).readonly()], messages),
  },
  backlog: {
    expected: "a whole number from 1 to 65535",
    schema: (messages) => z.int(messages).min(1, messages).max(65_535, messages),
  },
  // only in configuration files
  octal: { expected: "an octal number", schema: (messages) => z.int(messages) },
  "file mode": { expected: "an octal number", schema: (messages) => z.int(messages) },
  "file owner": {
    expected: "a user and a group",
    schema: (messages) =>
      z.custom<{ readonly uid: number; readonly gid: number }>(undefined, messages),
  },
  address: {
    expected: "a port, or host:port",
    schema: (messages) =>
      z.custom<{ readonly host: string; readonly port: number }>(undefined, messages),
  },
  /** Sections of a configuration file; not an option. */
  sections: { expected: "an object", schema: (messages) => z.object({}, messages) },
} as const satisfies Readonly<Record<string, Type>>;

/** The name of a syntax in {@link types}. */
export type Syntax = keyof typeof types;

/** The schema on which a syntax is based. */
export type SchemaOf<K extends Syntax> = ReturnType<(typeof types)[K]["schema"]>;

export function name() {
  return z.string().regex(NAME, expected(NAME_RULE));
}

function seconds(messages: Messages) {
  return z.number(messages).min(0, messages);
}

function bytes(messages: Messages) {
  return z
    .union(
      [z.int(messages).min(0, messages), z.string().regex(/^\s*\d+\s*(?:[KMG]B)?\s*$/i, messages)],
      messages,
    )
    .transform((value) => (typeof value === "number" ? value : parseBytes(value)));
}

function parseBytes(text: string): number {
  const unit = /[KMG](?=B)/i.exec(text)?.[0].toUpperCase() ?? "";
  return Number.parseInt(text, 10) * 1024 ** " KMG".indexOf(unit || " ");
}

function octal(messages: Messages) {
  const digits = z.string().regex(/^(?:0o)?0*[0-7]{1,3}$/, messages);
  return z
    .union([digits, z.int(messages).min(0, messages).max(0o777, messages)], messages)
    .transform((value) =>
      typeof value === "number" ? value : Number.parseInt(value.replace("0o", ""), 8),
    );
}

function signal(messages: Messages) {
  return z.custom<SignalSetting>((value) => parseSignal(value), {
    error: (issue) => messages.error(issue) + signalHint(issue.input),
  });
}

/** An undefined value takes a variable away. `process.env` is an object of a kind that zod refuses. */
function environment(messages: Messages) {
  const plain = (value: unknown) => (value === process.env ? { ...process.env } : value);
  const variables = z.record(
    z.string().regex(VARIABLE, expected("a variable name without =")),
    z
      .string(expected("a string"))
      .refine((value) => !value.includes("\0"), expected("a string without NUL"))
      .optional(),
    messages,
  );
  return z.custom<Record<string, string | undefined>>().transform(plain).pipe(variables);
}

/** No names are the same as false. */
function inherited(messages: Messages) {
  const names = z.array(z.string(messages).regex(VARIABLE, messages), messages).readonly();
  return z
    .union([z.boolean(), names], messages)
    .transform((value) => (typeof value !== "boolean" && value.length === 0 ? false : value));
}

function filled(messages: Messages) {
  return z.string(messages).min(1, messages);
}

/** Blanks and commas before a scheme: a URL may have a comma in it. */
const BETWEEN_URLS = /[\s,]+(?=[a-z][\w+.-]*:\/\/)/i;

/** In a text, blanks and commas separate URLs. */
function urls(messages: Messages) {
  return z
    .union([z.string(messages), z.array(z.string(messages), messages).readonly()], messages)
    .transform((given) => (typeof given === "string" ? given.trim().split(BETWEEN_URLS) : given))
    .refine((all) => all.length > 0 && !all.includes(""), messages);
}

/** A regular expression becomes plain data. */
function pattern(messages: Messages) {
  return z
    .union([filled(messages), z.instanceof(RegExp), z.custom<Pattern>(isPattern)], messages)
    .transform((given) => (typeof given === "string" ? given : patternOfRegExp(given)));
}
