import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { LineChannel } from "./line-channel.ts";
import { runHost, type HostOptions } from "./host.ts";
import { alive, nothingLeftSoon } from "./processes.ts";

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // gone meanwhile
  }
}

/** The living guardians of a host. */
export function guardiansOf(host: number): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 1 && read(pid, "cmdline").includes("libsupervisor-guardian"))
    .filter((pid) => new RegExp(`^PPid:\\t${host}$`, "m").test(read(pid, "status")));
}

/** The memory of a process, in kB. */
export function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(pid, "status"))?.[1]);
}

export const isLinux = process.platform === "linux";
export const deaf = `trap '' TERM HUP INT; echo up $$ >$CHANNEL; while :; do sleep 1000; done`;
/** Scripts that say `up PID` for each of their processes, and how many those are. */
export const trees: Readonly<Record<string, readonly [script: string, count: number]>> = {
  "a plain process": [`echo up $$ >$CHANNEL; exec sleep 1000`, 1],
  "a shell with children": [
    `sleep 1000 & echo up $! >$CHANNEL; sleep 1000 & echo up $! >$CHANNEL; echo up $$ >$CHANNEL; wait`,
    3,
  ],
  "one that ignores TERM": [deaf, 1],
  "one in a session of its own": [
    `setsid sh -c 'echo up $$ >$CHANNEL; exec sleep 1000' & echo up $$ >$CHANNEL; wait`,
    2,
  ],
  "a double fork": [
    `( (sh -c 'echo up $$ >$CHANNEL; exec sleep 1000') & ); echo up $$ >$CHANNEL; exec sleep 1000`,
    2,
  ],
  "a daemon that ignores TERM": [
    `setsid -f sh -c "$DEAF"; echo up $$ >$CHANNEL; exec sleep 1000`,
    2,
  ],
  "one of its group with a clean environment": [
    `env -i CHANNEL=$CHANNEL sh -c 'echo up $$ >$CHANNEL; exec sleep 1000' & echo up $$ >$CHANNEL; wait`,
    2,
  ],
};
export const always = "startsecs: 0, startretries: 0";
export const nap = `{ command: ["/bin/sh", "-c", "echo up $$ >$CHANNEL; exec sleep 1000"], ${always} }`;
export const program = (script: string) =>
  `{ command: ["/bin/sh", "-c", ${JSON.stringify(script)}], ${always}, environment: { DEAF: ${JSON.stringify(deaf)} } }`;

/** Runs a host until it is told to be killed, and proves that nothing is left. */
export async function death(
  t: TestContext,
  source: string,
  meanwhile: (
    pid: number,
    channel: LineChannel,
    heard: (pattern: RegExp) => Promise<void>,
  ) => Promise<void>,
  options: HostOptions = {},
) {
  const channel = new LineChannel(t);
  const end = await runHost(`process.stdin.on("end", () => process.exit(1)).resume();\n${source}`, {
    ...options,
    channel,
    meanwhile: async (pid, _tell, heard) => {
      await meanwhile(pid, channel, heard);
      if (alive(pid)) process.kill(pid, "SIGKILL");
    },
  });
  await nothingLeftSoon(end.mark);
  return { ...end, channel };
}

export async function ups(channel: LineChannel, count: number): Promise<number[]> {
  const pids: number[] = [];
  while (pids.length < count) pids.push(await channel.pid("up"));
  for (const pid of pids) assert.ok(alive(pid));
  return pids;
}

/** Nothing tells us of a process that is not ours. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !isTrue(); i++) await pause(5);
  assert.ok(isTrue(), "it did not come true");
}
