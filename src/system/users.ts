import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** A line of the user database. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Finds a user by name or uid: in /etc/passwd, else by the name service of the machine. */
export function findUser(nameOrUid: string): User | undefined {
  const isSame = ({ name, uid }: User) => name === nameOrUid || String(uid) === nameOrUid;
  return readUsers().find(isSame) ?? parse(ask("passwd", nameOrUid)).find(isSame);
}

/** Finds the id of a group by name or gid, in the same places as users. */
export function findGroup(nameOrGid: string): number | undefined {
  for (const text of [readText("/etc/group"), ask("group", nameOrGid)]) {
    for (const line of text.split("\n")) {
      const [name, , gid = ""] = line.split(":");
      if (/^\d+$/.test(gid) && (name === nameOrGid || gid === nameOrGid)) return Number(gid);
    }
  }
  return undefined;
}

/** The ids of the groups of the user, as initgroups(3) would set them. */
export function groupsOf({ name, gid }: User): number[] {
  const lines = (readText("/etc/group") + ask("initgroups", name)).split("\n");
  const ids = lines.flatMap((line) => {
    const [, , id, members] = line.split(":");
    if (members !== undefined) return members.split(",").includes(name) ? [Number(id)] : [];
    const [who, ...known] = line.trim().split(/\s+/); // getent initgroups: name id id id
    return who === name ? known.map(Number) : [];
  });
  return [...new Set([gid, ...ids])];
}

function readUsers(): User[] {
  return parse(readText("/etc/passwd"));
}

function parse(passwd: string): User[] {
  return passwd.split("\n").flatMap((line) => {
    const [name = "", , uid = "", gid = ""] = line.split(":");
    return /^\d+$/.test(uid) && /^\d+$/.test(gid)
      ? [{ name, uid: Number(uid), gid: Number(gid) }]
      : [];
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Asks the name service (LDAP, for example); returns nothing if there is none. */
function ask(database: string, key: string): string {
  try {
    return execFileSync("getent", [database, key], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 5000,
    });
  } catch {
    return "";
  }
}
