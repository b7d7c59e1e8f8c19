import { normalize, resolve } from "node:path";
import type { Facts } from "./facts.ts";
import type { Type } from "./values.ts";

/** Makes a path absolute. */
export function absolute(path: string, { cwd, expandHome }: Facts): string {
  return normalize(resolve(cwd, expandHome(path)));
}

/** Types that need the file system. */
export function pathTypes({ cwd, expandHome, isDirectory }: Facts) {
  /** A path in a directory that exists. */
  const inDirectory: Type<string> = (value) => {
    const whole = expandHome(value);
    const slash = whole.lastIndexOf("/");
    const directory = slash <= 0 ? whole.slice(0, slash + 1) : whole.slice(0, slash);
    if (directory === "" || isDirectory(resolve(cwd, directory))) return { value: whole };
    return {
      problem: `The directory named as part of the path ${value} does not exist`,
      expected: "a file in a directory that exists",
    };
  };
  const directory: Type<string> = (value) => {
    const whole = expandHome(value);
    if (whole !== "" && isDirectory(resolve(cwd, whole))) return { value: whole };
    return {
      problem: `${value} is not an existing directory`,
      expected: "a directory that exists",
    };
  };
  const activityLog: Type<string> = (value) =>
    value.toLowerCase() === "syslog" ? { value: "syslog" } : inDirectory(value);
  return { inDirectory, directory, activityLog };
}

/** Types that need the user database. */
export function userTypes({ findUser, findGroup }: Facts) {
  const user: Type<string> = (value) => {
    const number = /^[+-]?\d+$/.test(value) ? Number(value) : undefined;
    if (number !== undefined) {
      const found = number >= 0 && findUser(String(number));
      if (found && found.uid === number) return { value: String(number) };
      return { problem: `Invalid user id ${value}`, expected: "the name or uid of a user" };
    }
    if (value !== "" && findUser(value)) return { value };
    return { problem: `Invalid user name ${value}`, expected: "the name or uid of a user" };
  };
  const owner =
    (what: string): Type<Owner> =>
    (value) => {
      const [name = "", ...rest] = value.split(":");
      const group = rest.length === 0 ? undefined : rest.join(":");
      const known = "value" in user(name) ? findUser(name) : undefined;
      const gid = group === undefined ? known?.gid : findGroup(group);
      if (known && gid !== undefined) return { value: { text: value, uid: known.uid, gid } };
      return { problem: `Invalid ${what} value ${value}`, expected: "user or user:group" };
    };
  /** Returns the text as written: the settings look up the user themselves. */
  const written =
    (what: string): Type<string> =>
    (value) => {
      const parsed = owner(what)(value);
      return "value" in parsed ? { value: parsed.value.text } : parsed;
    };
  return { user, owner, written };
}

/** A user and a group, as written and as the system has them. */
export interface Owner {
  readonly text: string;
  readonly uid: number;
  readonly gid: number;
}
