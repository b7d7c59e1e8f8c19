/**
 * The host of one scenario, as supervisord was of its recording: its working directory, environment,
 * umask and user are the recording's. Takes the scenario on standard input, and tells what was seen on
 * descriptor 3: standard output is that of the children.
 */
import { writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { loadExeca } from "../../../src/spawn/execute.ts";
import { play } from "../player.ts";
import type { Scenario } from "../scenario.ts";
import { closeInherited } from "./inherited.ts";
import { RealStage } from "./stage.ts";

interface Job {
  readonly scenario: Scenario;
  readonly sweep: boolean;
  readonly uid?: number;
}

const TELL = 3;

const { scenario, sweep, uid } = JSON.parse(await text(process.stdin)) as Job;
await loadExeca(); // another user might not be allowed to read it
closeInherited(TELL);
process.umask(0o022);
if (uid !== undefined) {
  process.setgroups?.([]);
  process.setgid?.(uid);
  process.setuid?.(uid);
}
const observed = await play(scenario, new RealStage(process.cwd()), sweep);
writeFileSync(TELL, JSON.stringify(observed));
