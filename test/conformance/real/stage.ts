/** A stage with real processes, files and seconds. */
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Stage } from "../player.ts";
import type { Fact, Step } from "../scenario.ts";

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

  async look({ verb, args }: Step): Promise<Fact> {
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
        const { mode, uid } = lstatSync(file);
        return { mode: `0o${(mode & 0o7777).toString(8)}`, uid };
      }
      default:
        throw new Error(`there is no verb ${verb}`);
    }
  }

  #read(file: string): Fact {
    try {
      return { text: readFileSync(file, "utf8").replaceAll(this.dir, "{dir}") };
    } catch {
      return { error: "FileNotFoundError" };
    }
  }
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
