#!/usr/bin/env node
import { makeWayForInit } from "./init.ts";

const [word, ...rest] = process.argv.slice(2);

/** The command `libsupervisor`: a host like any other, which says by its exit status how it went. */
process.exitCode = await go();

/** Each word loads what it needs, and no more. */
async function go(): Promise<number> {
  if (word !== "ctl") ignoreLostReaders();
  if (word === "check") return (await import("./check.ts")).check(rest);
  if (word === "ctl") {
    const { stdin, stdout, stderr, env } = process;
    const { ctl } = await import("./ctl/ctl.ts");
    return ctl(rest, { stdin, stdout, stderr, env, interrupts: process });
  }
  if (process.pid === 1) makeWayForInit();
  return (await import("./run.ts")).run(process.argv.slice(2));
}

/** Who reads what we say may go (`| head`), as for supervisord: the programs go on. */
function ignoreLostReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}
