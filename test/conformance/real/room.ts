/** The directory a scenario is played in, and whoever is left in it. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { NOBODY } from "../../support/public.ts";
import { load, type Scenario } from "../scenario.ts";
import { isAlive } from "./stage.ts";

/** The environment of all recordings. */
export const BASE = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/root",
  LANG: "C.UTF-8",
  LAB_INHERITED: "yes",
};

/** Plays in a fresh directory with the scenario's files; nobody and nothing of it remains. */
export async function within(
  scenario: Pick<Scenario, "files" | "user">,
  play: (dir: string) => Promise<void>,
): Promise<void> {
  const dir = realpathSync(mkdtempSync(path.join(tmpdir(), "conformance-")));
  try {
    prepare(scenario, dir);
    await play(dir);
  } finally {
    for (const pid of descendants(dir)) end(pid);
    rmSync(dir, { recursive: true });
  }
}

function prepare({ files, user }: Pick<Scenario, "files" | "user">, dir: string): void {
  chmodSync(dir, 0o755);
  mkdirSync(path.join(dir, "auto"));
  for (const [file, [content, mode]] of Object.entries(files)) {
    const target = file.replaceAll("{dir}", dir);
    mkdirSync(path.dirname(target), { recursive: true });
    // on a busy machine, two lines in such quick succession might be read as one
    const calm = content.replace("time.sleep(0.012)", "time.sleep(0.04)");
    writeFileSync(target, calm.replaceAll("{dir}", dir));
    chmodSync(target, mode);
  }
  if (user === undefined) return;
  for (const each of [dir, path.join(dir, "auto")]) chownSync(each, NOBODY, NOBODY);
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone meanwhile
  }
}

/** Whoever of the scenario's processes, or of their children, is alive: all know its directory. */
export function descendants(dir: string, known: readonly number[] = []): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const own = pids.map(Number).filter((pid) => {
    if (pid === process.pid || !isAlive(pid)) return false;
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      return readlinkSync(`/proc/${pid}/cwd`) === dir || words.includes(dir);
    } catch {
      return false; // gone meanwhile
    }
  });
  return [...new Set([...own, ...known.filter(isAlive)])];
}

/** A few take ten seconds: they should not be the last. */
export function longestFirst(names: readonly string[]): string[] {
  const length = (name: string) => load(name).steps.at(-1)?.at ?? 0;
  const isPatient = (name: string) =>
    /not-found|not-executable|is-directory|-path$|group-start/.test(name);
  const time = (name: string) => length(name) + (isPatient(name) ? 10 : 0);
  return names.toSorted((a, b) => time(b) - time(a));
}
