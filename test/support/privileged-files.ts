import assert from "node:assert/strict";
import {
  chmodSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { TestContext } from "node:test";
import { Daemon, type DaemonOptions } from "./daemon.ts";
import { scratch } from "./processes.ts";
import { NOBODY } from "./public.ts";

export { NOBODY };
/** Says its pid. */
export const app = `[program:app]
command=sh -c 'echo "app $$"; exec sleep 1000'
startsecs=0
stdout_logfile=/dev/stdout
stdout_logfile_maxbytes=0
`;

/** Runs a file with these lines in `[supervisord]`, and a program that says its pid. */
export function run(t: TestContext, directory: string, lines: string, options: DaemonOptions = {}) {
  const file = path.join(directory, "supervisord.conf");
  writeFileSync(file, `[supervisord]\n${lines}\n${app}`);
  return new Daemon(t, file, options);
}

/** A directory in which everybody may do everything. */
export function openDirectory(t: TestContext): string {
  const directory = path.join(scratch(t), "openDirectory");
  mkdirSync(directory);
  chmodSync(directory, 0o777);
  return directory;
}

/** A file of root's, and the name of a link to it that nobody has made. */
export function linkToPrecious(t: TestContext, directory: string, name: string) {
  const precious = path.join(scratch(t), "precious");
  writeFileSync(precious, "precious\n", { mode: 0o600 });
  const link = path.join(directory, name);
  symlinkSync(precious, link);
  lchownSync(link, NOBODY, NOBODY);
  const isWhole = () => {
    assert.equal(readFileSync(precious, "utf8"), "precious\n");
    assert.equal(statSync(precious).mode & 0o777, 0o600);
  };
  return { precious, link, isWhole };
}

/** Lines of `[supervisord]` that leave nothing but a pid file. */
export const quiet = "logfile=/dev/null\nlogfile_maxbytes=0\npidfile=%(here)s/pid";
/** The permissions of a file. */
export const modeOf = (file: string) => statSync(file).mode & 0o777;
