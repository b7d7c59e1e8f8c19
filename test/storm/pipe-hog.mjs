/** Takes all the memory for pipes that a user may have: those that he makes from now on have one page. */
import { execFileSync } from "node:child_process";
import { constants, mkdtempSync, openSync, rmSync } from "node:fs";
import path from "node:path";

const PIPES = 1100; // 1,024 of 16 pages are what Linux gives, unless it was told otherwise
const [, , uid, directory] = process.argv;
process.setgroups([]);
process.setgid(Number(uid));
process.setuid(Number(uid));
const place = mkdtempSync(path.join(directory, "pipes-"));
const files = Array.from({ length: PIPES }, (_, i) => path.join(place, `${i}`));
execFileSync("mkfifo", files);
for (const file of files) openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
rmSync(place, { recursive: true });
process.stdout.write("held\n");
setInterval(() => {}, 1_000_000);
