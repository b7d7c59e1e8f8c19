#!/usr/bin/env node
import { check } from "./check.ts";
import { ctl } from "./ctl/ctl.ts";
import { makeWayForInit } from "./init.ts";
import { run } from "./run.ts";

const [word, ...rest] = process.argv.slice(2);

/** The command `libsupervisor`: a host like any other, which says by its exit status how it went. */
if (word === "check") process.exitCode = await check(rest);
else if (word === "ctl") process.exitCode = await ctl(rest, { ...streams(), interrupts: process });
else {
  if (process.pid === 1) makeWayForInit();
  process.exitCode = await run(process.argv.slice(2));
}

function streams() {
  const { stdin, stdout, stderr, env } = process;
  return { stdin, stdout, stderr, env };
}
