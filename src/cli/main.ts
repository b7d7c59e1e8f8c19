#!/usr/bin/env node
import { constants } from "node:os";
import { makeWayForInit } from "./run/pid1.ts";

const [word, ...rest] = process.argv.slice(2);

/** The command `libsupervisor`: a host like any other, which says by its exit status how it went. */
process.exitCode = await go();

/** Each word loads what it needs, and no more. */
async function go(): Promise<number> {
  await leaveInspector();
  if (word === "ctl") endWithReader();
  else ignoreLostReaders();
  if (word === "check") return (await import("./check.ts")).check(rest);
  if (word === "ctl") {
    const { stdin, stdout, stderr, env } = process;
    const { ctl } = await import("./ctl/ctl.ts");
    return ctl(rest, { stdin, stdout, stderr, env, interrupts: process });
  }
  if (process.pid === 1) makeWayForInit();
  return (await import("./run/run.ts")).run(process.argv.slice(2));
}

/** The debugger that `NODE_OPTIONS` asks for is the programs': its port is not to be taken here. */
async function leaveInspector(): Promise<void> {
  const isInspector = (words: string) => /(?:^|\s|")--inspect\b/.test(words);
  if (!isInspector(process.env["NODE_OPTIONS"] ?? "")) return;
  if (process.execArgv.some(isInspector)) return; // asked for by whoever looks for a mistake here
  (await import("node:inspector")).close();
}

/** Who reads what we say may go (`| head`), as for supervisord: the programs go on. */
function ignoreLostReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

/** A client for whom nobody waits any more ends as the commands of a shell do: as of SIGPIPE. */
function endWithReader(): void {
  const { stdout, stderr } = process;
  stderr.on("error", () => {});
  stdout.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") process.exit(128 + constants.signals.SIGPIPE);
    stderr.write(`Error: ${message}\n`);
    process.exit(1);
  });
}
