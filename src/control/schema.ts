import z from "#zod";
import { check, type Vocabulary } from "../schema/check.ts";
import { CONTROL_SOCKET_MODE, HOST_NAME } from "../schema/types.ts";
import { expected } from "../schema/messages.ts";
import { show } from "../schema/show.ts";
import type {
  MainLog,
  PortPlace,
  ResolvedPlace,
  ResolvedServeOptions,
  ServeOptions,
  SocketPlace,
} from "./options.ts";

const MODES = 0o7777;
const IDS = 2 ** 32 - 2; // the one above means: unchanged
const PORTS = 65_535;

const integer = (least: number, most: number, what: string) =>
  z.int(expected(what)).min(least, expected(what)).max(most, expected(what));
const positive = (what: string) => integer(1, Number.MAX_SAFE_INTEGER, what);
const text = (what: string) => z.string(expected(what)).min(1, expected(what)).optional();
const callable = <K extends "config" | "shutdown" | "restart">(what: string) =>
  z
    .custom<NonNullable<ServeOptions[K]>>((value) => typeof value === "function", expected(what))
    .optional();

const id = (whose: string) => integer(0, IDS, `the number of a ${whose}`).optional();
const owner = z.strictObject(
  { uid: id("user"), gid: id("group") },
  expected("an object { uid, gid } of numbers"),
);

const place = z
  .strictObject(
    {
      file: text("the path of a socket"),
      chmod: integer(0, MODES, "a mode, from 0 to 0o7777").optional(),
      chown: owner.optional(),
      allowUnsafeDirectory: z.boolean(expected("true or false")).optional(),
      host: z.string(expected("a name or an address")).optional(),
      port: integer(0, PORTS, "a port, from 0 to 65535").optional(),
    },
    expected("a place, { file } or { port }"),
  )
  .superRefine(({ file, port, host, ...ofSocket }, context) => {
    const report = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (file !== undefined && port !== undefined)
      report([], "expected one place, got a file and a port: make two servers of them");
    else if (file !== undefined && host !== undefined)
      report(["host"], "goes with a port, and not with a file");
    else if (port !== undefined) {
      for (const [key, value] of Object.entries(ofSocket))
        if (value !== undefined) report([key], "goes with a file, and not with a port");
    } else if (file === undefined) report([], "expected a place, { file } or { port }");
  });

const LOG = ["read", "tail", "clear", "follow"] as const;
const SUPERVISOR = ["status", "shutdown", "on", "ownFile"] as const;

/** Whether a value has these methods. Its class may come from another copy of the package. */
function hasMethods(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const object = value as Readonly<Record<string, unknown>>;
  return methods.every((name) => typeof object[name] === "function");
}

const options = z.strictObject(
  {
    username: z.string(expected("a string")).optional(),
    password: z.string("expected a string").optional(), // without the value, which is a secret
    config: callable<"config">("a function that reads the settings"),
    log: z
      .custom<MainLog>((value) => hasMethods(value, LOG), expected("an ActivityLog"))
      .optional(),
    shutdown: callable<"shutdown">("a function"),
    restart: callable<"restart">("a function"),
    allowedHosts: z
      .array(
        z
          .string(expected("a name"))
          .regex(HOST_NAME, expected("the name of a host, without a port")),
        expected("an array of names"),
      )
      .readonly()
      .default([]),
    connections: positive("a whole number, 1 or more").default(512),
    requestBytes: positive("a number of bytes, 1 or more").default(1024 * 1024),
  },
  expected("an object with the options of a server"),
);

const serveArguments = z.object({ place, options });

/** Names that other packages have for our options. */
const ALIASES: Readonly<Record<string, string>> = {
  user: "username",
  pass: "password",
  path: "file",
  socket: "file",
  mode: "chmod",
  address: "host",
  hostname: "host",
};

const KEYS: Readonly<Record<string, readonly string[]>> = {
  place: Object.keys(place.shape),
  options: Object.keys(options.shape),
};
const ARGUMENTS: Readonly<Record<string, string>> = {
  place: "the second argument",
  options: "the third argument",
};

const VOCABULARY: Vocabulary = {
  noun: "option",
  known: ([argument, key]) =>
    key === undefined ? (KEYS[String(argument)] ?? []) : Object.keys(owner.shape),
  hint(key, path) {
    const [argument] = path;
    if (path.length > 1) return undefined;
    const other = argument === "place" ? "options" : "place";
    if (KEYS[other]?.includes(key)) return ` here; it belongs into ${ARGUMENTS[other]}`;
    const alias = Object.hasOwn(ALIASES, key) ? ALIASES[key] : undefined;
    return alias !== undefined && KEYS[String(argument)]?.includes(alias)
      ? `; did you mean ${show(alias)}?`
      : undefined;
  },
};

/**
 * Checks the arguments of `serve`, before anything is opened, and fills in the defaults.
 * @throws {TypeError} if the first is no supervisor
 * @throws {SettingsError} with all that is wrong with the place and the options
 */
export function checkServeOptions(
  supervisor: unknown,
  where: unknown,
  rest: unknown,
): { readonly place: ResolvedPlace; readonly options: ResolvedServeOptions } {
  if (!hasMethods(supervisor, SUPERVISOR))
    throw new TypeError(`serve(): expected a Supervisor first, got ${show(supervisor)}`);
  const checkedArguments = check(serveArguments, { place: where, options: rest }, VOCABULARY);
  return {
    place: withDefaults(checkedArguments.place as SocketPlace | PortPlace),
    options: checkedArguments.options as ResolvedServeOptions,
  };
}

/** Fills in the defaults of a place. */
export function withDefaults(where: SocketPlace | PortPlace): ResolvedPlace {
  if (!isSocket(where)) {
    const { host = "127.0.0.1", port } = where;
    return { host, port };
  }
  const { file, chmod = CONTROL_SOCKET_MODE, chown, allowUnsafeDirectory = false } = where;
  return { file, chmod, ...(chown && { chown }), allowUnsafeDirectory };
}

/** Whether a place is a unix socket, and not a port. */
export function isSocket<S extends SocketPlace>(where: S | PortPlace): where is S {
  return "file" in where && where.file !== undefined;
}
