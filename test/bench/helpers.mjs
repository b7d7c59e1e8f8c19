import { execFile, execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const FRESH = fileURLToPath(new URL("fresh.mjs", import.meta.url));
/** Far beyond any measurement: one that hangs does not hold the others. */
const LIMIT_MS = 300_000;

export function quantile(numbers, part) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function shuffled(items) {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

export function isInstalled(program) {
  try {
    execFileSync("/bin/sh", ["-c", `command -v ${program}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Measures every row once in each round, in a new order each time and each in a fresh process, so
 * that what else the machine does meets all of them alike. A row whose `program` is not installed is
 * left out.
 */
export async function interleaved(file, { rows: all, title }, { rounds, quick }) {
  const rows = Object.fromEntries(
    Object.entries(all).filter(([row, { program }]) => {
      const isThere = program === undefined || isInstalled(program);
      if (!isThere) console.log(`${title}: ${row} is skipped, no ${program} along PATH`);
      return isThere;
    }),
  );
  const results = Object.fromEntries(Object.keys(rows).map((row) => [row, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [row, options] of shuffled(Object.entries(rows))) {
      results[row].push(await fresh(file, { ...options, quick }));
    }
  }
  return results;
}

async function fresh(file, options) {
  const args = ["--expose-gc", FRESH, file, JSON.stringify(options)];
  const run = promisify(execFile)(process.execPath, args, { timeout: LIMIT_MS });
  const stop = () => run.child.kill();
  process.once("exit", stop);
  try {
    return JSON.parse((await run).stdout);
  } finally {
    process.off("exit", stop);
  }
}

/**
 * What a number should be: `limit` times that of the row `against`, or `limit` itself where there is
 * no such row.
 */
export function atMost(limit, column, row, against) {
  return { limit, column, row, against };
}

/** As `atMost`, for what should be large. */
export function atLeast(limit, column, row, against) {
  return { limit, column, row, against, isLeast: true };
}

/** Prints the medians of all rounds, ratios to the bare rows, and what was aimed at. */
export function report({ title, columns, bare: wanted = [], aims = [] }, results) {
  const bare = wanted.filter((base) => base in results); // it may not be installed
  const rounds = Math.max(...Object.values(results).map(({ length }) => length));
  const cells = (ofColumn, ofRatio) =>
    columns.flatMap(({ name, isPlain }) => [
      ofColumn(name),
      ...(isPlain ? [] : bare).map((base) => ofRatio(name, base)),
    ]);
  const head = cells(String, (_, base) => `x ${base}`);
  const lines = [["", ...head]];
  for (const row of Object.keys(results)) {
    const rest = cells(
      (name) => spread(valuesOf(results, row, name)),
      (name, base) => plain(ratio(results, name, row, base)),
    );
    lines.push([row, ...rest]);
  }
  console.log(`\n${title} (${rounds === 1 ? "1 round" : `${rounds} rounds`})`);
  printTable(lines);
  for (const aim of aims) {
    // a row may be missing where a program is not installed
    if ((aim.against ?? aim.row) in results) console.log(`  ${verdict(results, aim)}`);
  }
}

function verdict(results, { limit, column, row, against, isLeast = false }) {
  const value =
    against === undefined
      ? median(valuesOf(results, row, column))
      : ratio(results, column, row, against);
  const what = `${row}, ${column}: ${plain(value)}${against === undefined ? "" : ` x ${against}`}`;
  const isReached = isLeast ? value >= limit : value <= limit;
  return `${what}, aim at ${isLeast ? "least" : "most"} ${limit}: ${isReached ? "reached" : "NOT REACHED"}`;
}

function valuesOf(results, row, column) {
  return results[row].map((result) => result[column]).filter((value) => value !== undefined);
}

/** The median of the ratios of each round: its rows were measured close together. */
function ratio(results, column, row, base) {
  const values = valuesOf(results, row, column);
  const bases = valuesOf(results, base, column);
  return median(values.map((value, round) => value / bases[round]));
}

function spread(values) {
  if (values.length === 0) return "";
  const text = plain(median(values));
  if (values.length === 1) return text;
  return `${text} [${plain(Math.min(...values))}..${plain(Math.max(...values))}]`;
}

function plain(value) {
  if (value === undefined || Number.isNaN(value)) return "";
  if (Number.isInteger(value) || Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

function printTable(lines) {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  for (const [first, ...rest] of lines) {
    const cells = rest.map((cell, i) => cell.padStart(widths[i + 1]));
    console.log(`  ${first.padEnd(widths[0])}  ${cells.join("  ")}`);
  }
}
