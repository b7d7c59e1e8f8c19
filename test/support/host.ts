import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { LineChannel } from "./line-channel.ts";
import { MARK, root } from "./processes.ts";
import { publicPackage } from "./public.ts";

/** How a host has ended. */
export interface HostEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly mark: string;
}

type Words = readonly [string, ...string[]];

/** How to run a host. */
export interface HostOptions {
  readonly channel?: LineChannel;
  /** Words before `node`. */
  readonly wrapper?: Words;
  readonly cwd?: string;
  /** Whether the package is one that every user may read. */
  readonly isPublic?: boolean;
  /** Whether it finds nothing in scope. */
  readonly isBare?: boolean;
  /** What happens to it while it runs. */
  readonly meanwhile?: (
    pid: number,
    tell: (line: string) => void,
    heard: (pattern: RegExp) => Promise<void>,
  ) => Promise<void>;
}

/**
 * Runs a small host: a module that finds `Supervisor` of the built package in scope. It runs on its
 * own, so that its end, its listeners and its limits are its own.
 */
export async function runHost(source: string, options: HostOptions = {}): Promise<HostEnd> {
  const mark = randomUUID();
  const place = options.isPublic ? publicPackage() : root;
  const entry = pathToFileURL(path.join(place, "dist/index.js")).href;
  const own = options.isBare ? "" : `import { Supervisor } from ${JSON.stringify(entry)};\n`;
  const code = own + source;
  const node: Words = [process.execPath, "--input-type=module", "--eval", code];
  const [file, ...args] = options.wrapper ? [...options.wrapper, ...node] : node;
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...environment } = process.env;
  const child = spawn(file, args, {
    cwd: options.cwd ?? place,
    env: { ...environment, [MARK]: mark, CHANNEL: options.channel?.path },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const end = new Promise<HostEnd>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status, signal, stdout, stderr, mark }));
  });
  const tell = (line: string) => child.stdin.write(`${line}\n`);
  const heard = async (pattern: RegExp) => {
    while (!pattern.test(stdout)) await once(child.stdout, "data");
  };
  try {
    await Promise.race([options.meanwhile?.(child.pid as number, tell, heard) ?? end, end]);
    return await end;
  } finally {
    child.kill("SIGKILL"); // of a test that fails meanwhile, which would wait for it for ever
  }
}
