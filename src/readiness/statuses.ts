import type { StatusRange } from "../ports/prober.ts";
import type { Problem } from "./probe-url.ts";

const RANGE = /^\s*(\d{3})\s*(?:-\s*(\d{3})\s*)?$/;

/** Reads `200-399, 401`, or a list of statuses. */
export function parseStatuses(given: string | readonly number[]): readonly StatusRange[] | Problem {
  const parts = typeof given === "string" ? given.split(",") : given.map(String);
  const ranges: StatusRange[] = [];
  for (const part of parts) {
    const [, first, last = first] = RANGE.exec(part) ?? [];
    const range: StatusRange = [Number(first), Number(last)];
    if (!isRange(range)) return refuse(part);
    ranges.push(range);
  }
  return ranges.length > 0 ? ranges : refuse("");
}

/** Whether the status is in one of the ranges. */
export function hasStatus(ranges: readonly StatusRange[], status: number): boolean {
  return ranges.some(([from, to]) => from <= status && status <= to);
}

function isRange([from, to]: StatusRange): boolean {
  return from >= 100 && from <= to && to <= 599; // and NaN is not
}

function refuse(part: string): Problem {
  const shown = JSON.stringify(part.trim());
  return { problem: `expected HTTP statuses from 100 to 599, as in "200-399, 401", got ${shown}` };
}
