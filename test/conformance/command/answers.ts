/** What comes back over the wire, without what differs from run to run. */
import { isDriver, type RawStep } from "../scenario.ts";
import { kindOf, normal } from "../watch.ts";

/** Gives a process id the name that the recordings would give it. */
export type PidName = (pid: number) => string | number;

type Struct = Readonly<Record<string, unknown>>;

/** A step as it would have been recorded. */
export function asRecorded(step: RawStep, dir: string, pidName: PidName): RawStep {
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return normal(value, dir);
    if (Array.isArray(value)) return value.filter((one) => !isOfDriver(one)).map(clean);
    if (typeof value !== "object" || value === null) return value;
    const fields = Object.entries("statename" in value ? reportOf(value, pidName) : value);
    return Object.fromEntries(fields.map(([key, one]) => [key, clean(one)]));
  };
  const { do: done, stdout, ...rest } = step;
  const answer = clean(rest) as Struct;
  if (stdout === undefined) return { do: done, ...answer };
  const lines = (stdout as string[]).filter((line) => !isDriver(/^\w+/.exec(line)?.[0]));
  return { do: done, stdout: lines.map((line) => printedKind(normal(line, dir))), ...answer };
}

function isOfDriver(value: unknown): boolean {
  return typeof value === "object" && value !== null && "group" in value && isDriver(value.group);
}

function reportOf(report: Struct, pidName: PidName): Struct {
  if (!("pid" in report)) return report; // the state of supervisord itself
  const { start, stop, pid, description } = report;
  const kind = kindOf(String(description));
  return {
    ...report,
    start: start === 0 ? 0 : "time",
    stop: stop === 0 ? 0 : "time",
    now: "time",
    pid: pidName(Number(pid)),
    description: kind === "" ? "empty" : kind,
  };
}

/** A line of `status` has a description, too. */
function printedKind(line: string): string {
  const [, head = "", description = ""] = /^(\S+\s+[A-Z]+\s+)(.*)$/.exec(line) ?? [];
  return head === "" ? line : head + kindOf(description).replace(/^stop time: (.*)\/PM$/, "$1");
}

const UNTOLD = new Set(["at_s", "took_s", "do", "size", "varies_between_runs", "result_order"]);

/** What of a recorded step must come again, word for word. */
export function toldBy(step: RawStep): Struct {
  const told = Object.entries(step).filter(([key]) => !UNTOLD.has(key));
  const { result, ...rest } = Object.fromEntries(told);
  return {
    ...rest,
    ...(result !== undefined && { result: "result_order" in step ? sorted(result) : result }),
  };
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1);

/** Of several, the order is that in which they were done. */
export function sorted(result: unknown): unknown {
  if (!Array.isArray(result)) return result;
  if (typeof result[0] === "string") return (result as string[]).toSorted(byText);
  const key = ({ group, name }: Struct) => `${String(group)}:${String(name)}`;
  return (result as Struct[]).toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}
