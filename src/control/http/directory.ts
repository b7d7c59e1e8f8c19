import fs from "node:fs";
import path from "node:path";

/** Who is to use a directory. */
export interface DirectoryUser {
  /** The number of the user. */
  readonly uid?: number | undefined;
  /** The number of the user's own group. */
  readonly gid?: number | undefined;
}

/** A directory, and who else could put another in its place, or another file into it, if somebody could. */
export interface Looked {
  /** Without links. */
  readonly real: string;
  /** The reason why it is not safe. */
  readonly danger?: string;
}

/** As many as the kernel follows. */
const MAX_LINKS = 40;

/**
 * Walks to a directory as the kernel does, and looks at every directory and every link on the way:
 * whoever may change one of them could have the path lead elsewhere.
 * @throws {Error} the system's own if it does not lead to a directory
 */
export function lookAtDirectory(directory: string, user: DirectoryUser): Looked {
  let real = path.parse(directory).root;
  if (process.platform === "win32") return { real: directory };
  let danger = dangerOf(real, user);
  let links = 0;
  const names = partsOf(directory);
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const next = path.join(real, name); // also of `..`: what stands before it is no link
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
  fs.statSync(`${real}${path.sep}.`); // ENOTDIR of what is none
  return { real, ...(danger !== undefined && { danger }) };
}

function partsOf(name: string): string[] {
  return name.split(path.sep).filter(Boolean);
}

/** Who else could replace a directory or a link, or what is in it. */
function dangerOf(place: string, user: DirectoryUser): string | undefined {
  const stats = fs.lstatSync(place);
  const { uid, gid, mode } = stats;
  const isLink = stats.isSymbolicLink();
  const what = isLink ? "link" : "directory";
  if (uid !== 0 && uid !== user.uid && isMapped(uid))
    return `The ${what} ${place} belongs to somebody else (uid ${uid}), who could replace the socket`;
  const isSticky = (mode & 0o1000) !== 0;
  if (isLink || isSticky) return undefined; // others may not take away what is not theirs
  if ((mode & 0o002) !== 0)
    return `Everybody may write to the directory ${place}, and could replace the socket`;
  // the group of the user's own name, as a umask of 002 supposes, and root's are nobody else's
  if ((mode & 0o020) !== 0 && gid !== 0 && gid !== user.gid)
    return `The group ${gid} may write to the directory ${place}, and could replace the socket`;
  return undefined;
}

/**
 * Whether a number is that of a user here. In a user namespace all owners from outside, root among
 * them, show as one that is no user.
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
