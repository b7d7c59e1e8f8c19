import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { needsRoot, openTemporary, root } from "./processes.ts";

/** A user that owns nothing. */
export const NOBODY = 65_534;
/** Why a test cannot run Node as another user, or false. */
export const needsUsers = needsRoot || mayOthers();

let copy: string | undefined;

/**
 * A copy of the built package and of what it needs, which every user may read: a checkout below root's
 * home is root's alone. It is there until this process ends.
 */
export function publicPackage(): string {
  if (copy !== undefined) return copy;
  const directory = mkdtempSync(path.join(openTemporary(), "libsupervisor-public-"));
  copy = directory;
  process.on("exit", () => rmSync(directory, { recursive: true, force: true }));
  const lock = readFileSync(path.join(root, "package-lock.json"), "utf8");
  const { packages } = JSON.parse(lock) as {
    packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const needed = Object.entries(packages).flatMap(([name, { dev }]) => (name && !dev ? name : []));
  for (const name of ["package.json", "dist", "src/schema/zod.cjs", ...needed]) {
    const isNeeded = (file: string) => !/\.d\.[cm]?ts$|\.map$/.test(file);
    cpSync(path.join(root, name), path.join(directory, name), {
      recursive: true,
      filter: isNeeded,
    });
  }
  execFileSync("chmod", ["-R", "a+rX", directory]); // whatever umask the checkout was made with
  return directory;
}

function mayOthers(): string | false {
  const as = { uid: NOBODY, gid: NOBODY, cwd: "/" };
  const { status } = spawnSync(process.execPath, ["-e", ""], as);
  return status === 0 ? false : `other users may not execute ${process.execPath}`;
}
