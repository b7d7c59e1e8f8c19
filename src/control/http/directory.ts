import fs from "node:fs";
import path from "node:path";

/** The user who is to use a directory. */
export interface DirectoryUser {
  /** The number of the user. */
  readonly uid?: number | undefined;
  /** The number of the user's own group. */
  readonly gid?: number | undefined;
}

/** A directory, and whether another user could replace it, or the files in it. */
export interface Inspected {
  /** The path without links. */
  readonly real: string;
  /** The reason why the directory is not safe. */
  readonly danger?: string;
}

/** The number of links that the kernel follows. */
const MAX_LINKS = 40;

/**
 * Follows a path as the kernel does, and inspects every directory and every link on the way: a user
 * who may change one of them could make the path lead elsewhere.
 * @throws {Error} the system's own if the path does not lead to a directory
 */
export function inspectDirectory(directory: string, user: DirectoryUser): Inspected {
  let real = path.parse(directory).root;
  if (process.platform === "win32") return { real: directory };
  let danger = dangerOf(real, user);
  let links = 0;
  const names = partsOf(directory);
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = path.join(real, name); // right for `..`, too: the part before it is no link
    danger ??= dangerOf(next, user);
    if (!fs.lstatSync(next).isSymbolicLink()) {
      real = next;
      continue;
    }
    if (++links > MAX_LINKS) throw new Error(`There are too many links on the way to ${directory}`);
    const target = fs.readlinkSync(next);
    names.unshift(...partsOf(target));
    if (path.isAbsolute(target)) real = path.parse(target).root;
  }
  fs.statSync(`${real}${path.sep}.`); // throws ENOTDIR
  return { real, ...(danger !== undefined && { danger }) };
}

function partsOf(name: string): string[] {
  return name.split(path.sep).filter(Boolean);
}

/** Tells which other users could replace a directory or a link, or the files in it. */
function dangerOf(file: string, user: DirectoryUser): string | undefined {
  const stats = fs.lstatSync(file);
  const { uid, gid, mode } = stats;
  const isLink = stats.isSymbolicLink();
  const what = isLink ? "link" : "directory";
  if (uid !== 0 && uid !== user.uid && isMapped(uid))
    return `The ${what} ${file} belongs to another user (uid ${uid}), who could replace the socket`;
  const isSticky = (mode & 0o1000) !== 0;
  if (isLink || isSticky) return undefined; // other users may not remove files that are not theirs
  if ((mode & 0o002) !== 0)
    return `Everybody may write to the directory ${file}, and could replace the socket`;
  // safe are root's group and the user's own, which has no other member where the umask is 002
  if ((mode & 0o020) !== 0 && gid !== 0 && gid !== user.gid)
    return `The group ${gid} may write to the directory ${file}, and could replace the socket`;
  return undefined;
}

/**
 * Whether a number stands for a user here. In a user namespace all owners from outside, root among
 * them, show as one number that stands for no user.
 */
function isMapped(uid: number): boolean {
  let map: string;
  try {
    map = fs.readFileSync("/proc/self/uid_map", "latin1");
  } catch {
    return true;
  }
  return map.split("\n").some((line) => {
    const [first = Number.NaN, , count = 0] = line.trim().split(/\s+/).map(Number);
    return uid >= first && uid < first + count;
  });
}
