import { statSync, type BigIntStats } from "node:fs";
import { stat } from "node:fs/promises";
import { SharedCalls } from "./shared-calls.ts";

/** A file's identity, or the reason why it has none. */
type Found = { readonly id: string } | { readonly reason: string };

/** Identifies the file that is at the path now. */
export function fileId(path: string): string | undefined {
  try {
    return idOf(statSync(path, { bigint: true }));
  } catch {
    return undefined; // nobody can see one
  }
}

/** Looks for files, in two of Node's threads at most. */
export function fileCalls(): SharedCalls<Found> {
  return new SharedCalls(2, (path, done) => {
    stat(path, { bigint: true }).then(
      (stats) => done({ id: idOf(stats) }),
      (error: NodeJS.ErrnoException) => done({ reason: reasonOf(error, path) }),
    );
  });
}

/** Why the file does not count, or undefined if it does. */
export function fileFailure(path: string, found: Found, before?: string): string | undefined {
  if ("reason" in found) return found.reason;
  return found.id === before ? `${path} is still the one from before the start` : undefined;
}

function idOf({ ino, mtimeNs, size }: BigIntStats): string {
  return `${ino} ${mtimeNs} ${size}`;
}

function reasonOf({ code }: NodeJS.ErrnoException, path: string): string {
  return code === "ENOENT" || code === "ENOTDIR"
    ? `there is no ${path}`
    : `stat ${code ?? "failed"} ${path}`;
}
