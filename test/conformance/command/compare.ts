/** What was seen of a command beside what is expected of it. */
import { isDeepStrictEqual } from "node:util";
import { differences, type Slack } from "../compare.ts";
import { factOf, load, recorded, type Failure, type LogLine, type Scenario } from "../scenario.ts";
import { sorted, toldBy } from "./answers.ts";
import type { FoundLine } from "./log.ts";
import type { Outcome } from "./player.ts";

/** What a log line may be early, in seconds: it is written a little after what it tells. */
const EARLY = 0.02;

/** Every difference, as a line. Where a step was not amended, its answer is the recorded one. */
export function commandDifferences(expected: Scenario, seen: Outcome, slack: Slack): string[] {
  const { events, refused, pids } = seen;
  const facts = seen.steps.map((step) => factOf(step));
  return [
    ...differences(overTheWire(expected), { facts, events, refused, pids }, slack),
    ...ofAnswers(expected, seen),
    ...ofLog(expected, seen),
    ...ofTimes(seen.log),
    ...(seen.status === 0 ? [] : [`it ended with ${seen.status}`]),
  ];
}

/** Why a start has failed is not in what a listener hears, nor in a SPAWN_ERROR. */
function overTheWire(scenario: Scenario): Scenario {
  const wire = structuredClone(scenario);
  for (const event of wire.events) delete event.spawnerr;
  for (const { shows } of wire.steps)
    for (const failure of (shows["failures"] ?? []) as Failure[])
      if (failure.code === "SPAWN_ERROR") delete failure.spawnerr;
  return wire;
}

function ofAnswers({ name, steps }: Scenario, seen: Outcome): string[] {
  const original = recorded(name).steps;
  if (original.length !== steps.length) return []; // amended as a whole
  return original.flatMap((step, i) => {
    const answer = seen.steps[i];
    if (!answer || "varies_between_runs" in step || step.do[0] === "py") return [];
    if (!isDeepStrictEqual(factOf(step), steps[i]?.shows)) return [];
    const wanted = toldBy(step);
    const got = { ...toldBy(answer) };
    if ("result_order" in step) got["result"] = sorted(answer["result"]);
    const [a, b] = [comparable(got), comparable(wanted)];
    if (isDeepStrictEqual(a, b)) return [];
    return [`step ${i} ${show(step.do)}: ${show(a)} instead of ${show(b)}`];
  });
}

/** The texts of logs and files are facts, and compared as such; a page may look as it likes. */
function comparable(told: Readonly<Record<string, unknown>>): object {
  const { text: _, value: __, headers: ___, body: ____, stdout, ...rest } = told;
  return stdout === undefined ? rest : { ...rest, stdout: sorted(stdout) };
}

/** Kinds that come as often as somebody looks; and the error that devices raise in supervisord. */
const NOT_COMPARED = new Set(["waiting_to_stop", "waiting_to_die", "channel_closed_by_exception"]);

function ofLog({ name, events, isCut, steps, endings }: Scenario, { log }: Outcome): string[] {
  const original = recorded(name);
  // what happens otherwise is also told otherwise
  const isOther = !isDeepStrictEqual(endings, load(name).endings);
  if (isCut || isOther || original.steps.length !== steps.length) return [];
  const names = new Set([...original.log, ...log].map(({ process }) => process));
  return [...names].flatMap((process) => {
    const types = (list: readonly { readonly event: string; readonly process?: string }[]) =>
      list.flatMap((one) => (one.process === process ? [one.event] : []));
    if (!isDeepStrictEqual(types(original.events), types(events))) return [];
    const own = (list: readonly LogLine[]) =>
      list.flatMap((line) => (line.process === process ? (toldOf(line) ?? []) : []));
    const [wanted, got] = [own(original.log), own(log)];
    if (isDeepStrictEqual(got, wanted)) return [];
    return [`log of ${process ?? "all"}: ${show(got)} instead of ${show(wanted)}`];
  });
}

function toldOf({ level, kind, process, detail }: LogLine): LogLine | undefined {
  if (NOT_COMPARED.has(kind)) return undefined;
  const isNumbered = kind === "event_discarded"; // with ours, there are more events to number
  const said = detail === undefined || isNumbered ? {} : { detail };
  return { level, kind, ...(process !== undefined && { process }), ...said };
}

/** Nobody is called RUNNING before `startsecs`, by the times of the log itself. */
function ofTimes(log: readonly FoundLine[]): string[] {
  const begun = new Map<string, number>();
  return log.flatMap(({ kind, process = "", at, detail }) => {
    if (kind === "spawned") begun.set(process, at);
    const lasted = at - (begun.get(process) ?? -Infinity);
    if (kind !== "success" || lasted >= Number(detail) - EARLY) return [];
    return [`${process} was called RUNNING ${lasted.toFixed(3)} s after it was spawned`];
  });
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
