import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

/** The root of the repository. */
export const root = path.resolve(import.meta.dirname, "../../..");
/** For tests that need several users. */
export const needsRoot = process.geteuid?.() === 0 ? false : "only root can change users";
/** Processes carry a marker in their environment, by which they are found wherever they have gone. */
export const MARK = "LIBSUPERVISOR_TEST";

/** Whether a process lives; a zombie is dead. */
export function alive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !["Z", "X"].includes(stat.charAt(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** Waits until a process is gone that is not ours: nothing tells us. */
export async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 1000 && alive(pid); i++) await pause(5);
  assert.ok(!alive(pid), `${pid} is still there`);
}

/** The living processes whose environment holds the marker. */
export function marked(mark: string): number[] {
  const wanted = `${MARK}=${mark}`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(wanted);
      } catch {
        return false; // gone meanwhile
      }
    })
    .filter(alive);
}

/** Asserts that no process with the marker lives. */
export function nothingLeft(mark: string): void {
  assert.deepEqual(marked(mark).map(nameOf), [], "processes are left");
}

/**
 * The same for processes that were killed a moment ago by a host that is gone: nothing tells us when
 * those who are nobody's children here have died.
 */
export async function nothingLeftSoon(mark: string): Promise<void> {
  for (let i = 0; i < 1000 && marked(mark).length > 0; i++) await pause(5);
  nothingLeft(mark);
}

function nameOf(pid: number): string {
  try {
    return `${pid} ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`;
  } catch {
    return String(pid);
  }
}

let temporary: string | undefined;

/** The directory for temporary files, or another one where not everybody may enter that. */
export function openTemporary(): string {
  temporary ??= [tmpdir(), "/tmp", "/var/tmp"].find(isOpen) ?? tmpdir();
  return temporary;
}

function isOpen(directory: string): boolean {
  const { mode } = statSync(directory, { throwIfNoEntry: false }) ?? { mode: 0 };
  const parent = path.dirname(directory);
  return (
    process.platform === "win32" || ((mode & 1) === 1 && (parent === directory || isOpen(parent)))
  );
}

/** A directory that everybody may enter, for the length of a test. */
export function scratch(t: TestContext): string {
  const directory = mkdtempSync(path.join(openTemporary(), "libsupervisor-"));
  chmodSync(directory, 0o755);
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}
