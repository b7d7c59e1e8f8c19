import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";

/** Errors for a lack of processes, of descriptors (of this process, of the system) or of memory. */
const SHORTAGES = new Set(["EAGAIN", "EMFILE", "ENFILE", "ENOMEM"]);

/** How many descriptors are reserved for the host where programs could use all of them. */
const RESERVE = 6;

/** Whether the system lacks a resource for now, and not for ever. */
export function isShortage(error: unknown): boolean {
  return SHORTAGES.has((error as NodeJS.ErrnoException).code ?? "");
}

/**
 * Makes sure that this number of descriptors is free.
 * @throws EMFILE or ENFILE if they are not
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
 * Makes sure that a process can be started with this number of Node's pipes. If the descriptors run
 * out in the middle of a start, Node never closes the pipes that it has made.
 * @throws EMFILE or ENFILE if it cannot
 */
export function needPipes(count: number): void {
  needDescriptors(2 * count + 2); // one more by which libuv learns the result of exec()
}

/**
 * Makes sure that programs can keep this number of descriptors of the host.
 * @throws EMFILE or ENFILE if too few would be left for the host
 */
export function spareDescriptors(count: number): void {
  needDescriptors(count + RESERVE);
}
