/** A stage with real processes, files and seconds. */
import { existsSync, lstatSync, readFileSync, readdirSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Stage } from "../player.ts";
import type { Fact, Step } from "../scenario.ts";
import { normal } from "../watch.ts";
import { heardBy } from "./listener.ts";

const POLL_MS = 5;

export class RealStage implements Stage {
  readonly io = {};
  readonly isReal = true;
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  now(): number {
    return performance.now() / 1000;
  }

  async wait(condition: () => boolean, seconds: number): Promise<boolean> {
    const end = this.now() + seconds;
    for (;;) {
      if (condition()) return true;
      const left = (end - this.now()) * 1000;
      if (left <= 0) return false;
      await delay(Math.min(POLL_MS, left));
    }
  }

  kill(pid: number, signal: NodeJS.Signals): void {
    process.kill(pid, signal);
  }

  async look({ verb, args }: Step): Promise<Fact | undefined> {
    const file = String(args[0]).replaceAll("{dir}", this.dir);
    switch (verb) {
      case "read":
        return this.#read(file);
      case "waitfile":
        return { appeared: await this.wait(() => existsSync(file), args[1] as number) };
      case "alive": {
        const pid = readFileSync(file, "utf8").trim();
        return { alive: isAlive(Number(pid)) };
      }
      case "mode": {
        if (!existsSync(file)) return {};
        const { mode, uid } = lstatSync(file);
        return { mode: `0o${(mode & 0o7777).toString(8)}`, uid };
      }
      case "ls":
        return { files: sizesIn(file) };
      case "names":
        return { names: readdirSync(file).map((name) => normal(name, this.dir)) };
      case "concat":
        return this.#lines(args[0] as string[]);
      case "py":
        return { value: this.#script(file) };
      case "gotstdout":
        return undefined; // whoever holds the other end knows
      default:
        throw new Error(`there is no verb ${verb}`);
    }
  }

  /** What the recording script did there. */
  #script(what: string): unknown {
    if (what.startsWith("rename")) {
      renameSync(path.join(this.dir, "out"), path.join(this.dir, "out.moved"));
      return null;
    }
    if (/listener|header|probe/.test(what)) return heardBy(path.join(this.dir, "el.jsonl"), what);
    const files = sizesIn(path.join(this.dir, "logs"));
    const { [".keep"]: _keep, out, ...full } = files;
    const sizes = Object.values(full);
    const lastBytes = Object.keys(full).map((name) =>
      readFileSync(path.join(this.dir, "logs", name)).at(-1),
    );
    const total = sizes.reduce((sum, size) => sum + size, out ?? 0);
    return {
      total_bytes: total,
      nothing_lost: total === 300_000,
      largest_file_at_most: Math.max(...sizes) <= 131_072 ? "131072" : "more",
      every_full_file_over_limit: sizes.every((size) => size >= 1000),
      current_file_empty: out === 0,
      some_file_ends_mid_line: lastBytes.some((byte) => byte !== 10),
    };
  }

  /** Files as one; the lines have numbers. */
  #lines(files: readonly string[]): Fact {
    const existing = files.map((file) => file.replaceAll("{dir}", this.dir)).filter(existsSync);
    const text = existing.map((file) => readFileSync(file, "latin1")).join("");
    const numbers = [...text.matchAll(/^line (\d+) x+$/gm)].map(([, number]) => Number(number));
    return {
      bytes: text.length,
      first_line: numbers[0],
      last_line: numbers.at(-1),
      contiguous: numbers.every((number, i) => number === (numbers[0] ?? 0) + i),
    };
  }

  #read(file: string): Fact {
    try {
      return { text: normal(readFileSync(file, "utf8"), this.dir) };
    } catch {
      return { error: "FileNotFoundError" };
    }
  }
}

function sizesIn(directory: string): Record<string, number> {
  const names = readdirSync(directory);
  return Object.fromEntries(names.map((name) => [name, statSync(path.join(directory, name)).size]));
}

/** Whether there is such a process; a zombie is dead. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
