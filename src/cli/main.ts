#!/usr/bin/env node
import { constants } from "node:os";
import { replaceWithInit } from "./run/pid1.ts";

const [command, ...rest] = process.argv.slice(2);

/** The command `libsupervisor`: a host like any other. */
process.exitCode = await main();

/** Each command loads the files that it needs, and no more. */
async function main(): Promise<number> {
  await closeInspector();
  if (command === "ctl") exitOnClosedOutput();
  else ignoreClosedOutput();
  if (command === "check") return (await import("./check.ts")).check(rest);
  if (command === "ctl") {
    const { stdin, stdout, stderr, env } = process;
    const { ctl } = await import("./ctl/ctl.ts");
    return ctl(rest, { stdin, stdout, stderr, env, interrupts: process });
  }
  if (process.pid === 1) replaceWithInit();
  return (await import("./run/run.ts")).run(process.argv.slice(2));
}

/** Leaves the port of the debugger that `NODE_OPTIONS` asks for to the programs. */
async function closeInspector(): Promise<void> {
  const isInspector = (words: string) => /(?:^|\s|")--inspect\b/.test(words);
  if (!isInspector(process.env["NODE_OPTIONS"] ?? "")) return;
  if (process.execArgv.some(isInspector)) return; // the command itself is being debugged
  (await import("node:inspector")).close();
}

/** Keeps the programs running when the reader of the output exits (`| head`), as supervisord does. */
function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

/** Ends a client when the reader of its output exits, with the status of SIGPIPE in a shell. */
function exitOnClosedOutput(): void {
  const { stdout, stderr } = process;
  stderr.on("error", () => {});
  stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") process.exit(128 + constants.signals.SIGPIPE);
    stderr.write(`Error: ${message}\n`);
    process.exit(1);
  });
}
