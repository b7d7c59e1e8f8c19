/**
 * The host of one scenario, as supervisord was of its recording: its working directory, environment,
 * umask and user are the recording's. Takes the scenario on standard input, and tells what was seen on
 * descriptor 3: standard output is that of the children.
 */
import { closeSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { play } from "../player.ts";
import type { Scenario } from "../scenario.ts";
import { RealStage } from "./stage.ts";

interface Job {
  readonly scenario: Scenario;
  readonly sweep: boolean;
  readonly uid?: number;
}

const TELL = 3;

const { scenario, sweep, uid } = JSON.parse(await text(process.stdin)) as Job;
await import("execa"); // another user might not be allowed to read it
closeInherited();
process.umask(0o022);
if (uid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(uid);
  process.setuid?.(uid);
}
const observed = await play(scenario, new RealStage(process.cwd()), sweep);
writeFileSync(TELL, JSON.stringify(observed));

/** Whoever runs the tests may have left descriptors open for everybody. */
function closeInherited(): void {
  const CLOEXEC = 0o2000000;
  for (const fd of readdirSync("/proc/self/fd").map(Number)) {
    try {
      const [, flags = ""] =
        /^flags:\t(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8")) ?? [];
      if (fd > TELL && (Number.parseInt(flags, 8) & CLOEXEC) === 0) closeSync(fd);
    } catch {
      // that of the listing itself
    }
  }
}
