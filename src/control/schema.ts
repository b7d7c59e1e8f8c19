import z from "#zod";
import { check, type Vocabulary } from "../schema/check.ts";
import { HOST_NAME } from "../schema/types.ts";
import { expected } from "../schema/messages.ts";
import { show } from "../schema/show.ts";
import type { PortPlace, SocketPlace } from "./options.ts";

const MODES = 0o7777;
const IDS = 2 ** 32 - 2; // the one above means: unchanged
const PORTS = 65_535;

const whole = (least: number, most: number, what: string) =>
  z.int(expected(what)).min(least, expected(what)).max(most, expected(what)).optional();
const text = (what: string) => z.string(expected(what)).min(1, expected(what)).optional();
const callable = (what: string) =>
  z.custom((value) => typeof value === "function", expected(what)).optional();

const id = (whose: string) => whole(0, IDS, `the number of a ${whose}`);
const owner = z.strictObject(
  { uid: id("user"), gid: id("group") },
  expected("an object { uid, gid } of numbers"),
);

const place = z
  .strictObject(
    {
      file: text("the path of a socket"),
      chmod: whole(0, MODES, "a mode, from 0 to 0o7777"),
      chown: owner.optional(),
      allowUnsafeDirectory: z.boolean(expected("true or false")).optional(),
      host: z.string(expected("a name or an address")).optional(),
      port: whole(0, PORTS, "a port, from 0 to 65535"),
    },
    expected("a place, { file } or { port }"),
  )
  .superRefine(({ file, port, host, ...ofSocket }, context) => {
    const complain = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (file !== undefined && port !== undefined)
      complain([], "expected one place, got a file and a port: make two servers of them");
    else if (file !== undefined && host !== undefined)
      complain(["host"], "goes with a port, and not with a file");
    else if (port !== undefined) {
      for (const [key, value] of Object.entries(ofSocket))
        if (value !== undefined) complain([key], "goes with a file, and not with a port");
    } else if (file === undefined) complain([], "expected a place, { file } or { port }");
  });

const LOG = ["read", "tail", "clear", "follow"] as const;
const SUPERVISOR = ["status", "shutdown", "on", "ownFile"] as const;

/** A class may come from another copy of the package, or be a stand-in: what it can do counts. */
function can(value: unknown, methods: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const object = value as Readonly<Record<string, unknown>>;
  return methods.every((name) => typeof object[name] === "function");
}

const options = z.strictObject(
  {
    username: z.string(expected("a string")).optional(),
    password: z.string("expected a string").optional(), // what came is nobody's business
    config: callable("a function that reads the settings"),
    log: z.custom((value) => can(value, LOG), expected("an ActivityLog")).optional(),
    shutdown: callable("a function"),
    restart: callable("a function"),
    allowedHosts: z
      .array(
        z
          .string(expected("a name"))
          .regex(HOST_NAME, expected("the name of a host, without a port")),
        expected("an array of names"),
      )
      .readonly()
      .optional(),
    connections: whole(1, Number.MAX_SAFE_INTEGER, "a whole number, 1 or more"),
    requestBytes: whole(1, Number.MAX_SAFE_INTEGER, "a number of bytes, 1 or more"),
  },
  expected("an object with the options of a server"),
);

const wishes = z.object({ place, options });

/** What others call differently. */
const HABITS: Readonly<Record<string, string>> = {
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
    const habit = Object.hasOwn(HABITS, key) ? HABITS[key] : undefined;
    return habit !== undefined && KEYS[String(argument)]?.includes(habit)
      ? `; did you mean ${show(habit)}?`
      : undefined;
  },
};

/**
 * Checks what is asked of a server, before anything is opened.
 * @throws {TypeError} if it is no supervisor that is to be served
 * @throws {SettingsError} with all that is wrong with the place and the options
 */
export function checkWishes(supervisor: unknown, where: unknown, rest: unknown): void {
  if (!can(supervisor, SUPERVISOR))
    throw new TypeError(`serve(): expected a Supervisor first, got ${show(supervisor)}`);
  check(wishes, { place: where, options: rest }, VOCABULARY);
}

/** Of the two places, which have been checked. */
export function isSocket(where: SocketPlace | PortPlace): where is SocketPlace {
  return "file" in where && where.file !== undefined;
}
