import { randomInt } from "node:crypto";
import { closeSync, constants, lstatSync, openSync, readdirSync, unlinkSync } from "node:fs";
import path from "node:path";
import { isPidInUse } from "../system/signals.ts";

/** How many names are tried for an AUTO log. */
const AUTO_TRIES = 100;

/** The place of an AUTO log, and the beginning of its name. */
export interface AutoPlace {
  readonly directory: string;
  readonly stem: string;
}

/**
 * Creates a log file with a unique name, as supervisord's AUTO, which no other user may read. The
 * last part of the name identifies the host that created the file: `L`, the process id of the host,
 * and eight random characters, as mkstemp makes them.
 */
export function makeAutoLog({ directory, stem }: AutoPlace): string {
  const owner = process.pid.toString(36).padStart(5, "0");
  const random = () => randomInt(36).toString(36);
  for (let tries = 1; ; tries++) {
    const chance = Array.from({ length: 8 }, random).join("");
    const file = path.join(directory, `${stem}-L${owner}${chance}.log`);
    try {
      closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600));
      return file;
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === "EEXIST";
      if (!isTaken || tries === AUTO_TRIES) throw error;
    }
  }
}

/**
 * Removes the AUTO logs (and their rotated files) of hosts that have exited; never the logs of
 * other users.
 */
export function removeAutoLogs(directory: string, identifier: string): void {
  const user = process.geteuid?.();
  for (const name of namesIn(directory)) {
    const [, owner, pid = ""] =
      /-std(?:out|err)---(.*)-L([0-9a-z]{5})[0-9a-z]{8}\.log(?:\.\d{1,4})?$/.exec(name) ?? [];
    if (owner !== identifier || isPidInUse(Number.parseInt(pid, 36))) continue;
    const file = path.join(directory, name);
    try {
      const stat = lstatSync(file);
      if (stat.isFile() && (user === undefined || stat.uid === user)) unlinkSync(file);
    } catch {
      // another host was quicker
    }
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return []; // the directory was removed meanwhile: the creation of new logs reports it
  }
}
