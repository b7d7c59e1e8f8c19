import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/** Out of processes, descriptors (of this process, of the system), memory. */
const SHORTAGES = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"]);

/** How many descriptors are left to the host where programs could have all of them. */
const RESERVE = 6;

/** Whether the system lacks something for now, and not for ever. */
export function isShortage(error: unknown): boolean {
  return SHORTAGES.has((error as NodeJS.ErrnoException).code ?? "");
}

/**
 * Makes sure that so many descriptors are free.
 * @throws EMFILE or ENFILE where they are not
 */
export function needDescriptors(count: number): void {
  const open: number[] = [];
  try {
    while (open.length < count) open.push(openSync(devNull, "r"));
  } finally {
    for (const fd of open) closeSync(fd);
  }
}

/**
 * Makes sure that a process can be started with so many of Node's pipes. Where the descriptors run out
 * in the middle of a start, Node never closes the pipes that it has made.
 * @throws EMFILE or ENFILE where it cannot
 */
export function needPipes(count: number): void {
  needDescriptors(2 * count + 2); // one more by which libuv hears how exec() went
}

/**
 * Makes sure that programs can have so many descriptors of the host for good.
 * @throws EMFILE or ENFILE where the host would be left with too few
 */
export function spareDescriptors(count: number): void {
  needDescriptors(count + RESERVE);
}
