/** What was seen beside what is expected. */
import { isDeepStrictEqual } from "node:util";
import type { Fact, Failure, RecordedEvent, Scenario } from "./scenario.ts";
import type { Observed } from "./player.ts";
import type { SeenEvent } from "./watch.ts";

type Timed = Pick<RecordedEvent, "event" | "process" | "group" | "at">;

/** How far a gap may be out of its bounds, in seconds. */
export interface Slack {
  readonly early: number;
  readonly late: number;
}

/** Every difference, as a line; none if the scenario was followed. */
export function differences(expected: Scenario, seen: Observed, slack: Slack): string[] {
  if (!isDeepStrictEqual(seen.refused.toSorted(), expected.refused.toSorted()))
    return [`refused: ${show(seen.refused)} instead of ${show(expected.refused)}`];
  return [...ofFacts(expected, seen), ...ofOrder(expected, seen), ...ofGaps(expected, seen, slack)];
}

function ofFacts({ steps }: Scenario, { facts }: Observed): string[] {
  return steps.flatMap(({ verb, args, shows }, i) => {
    const fact = facts[i];
    if (fact === undefined) return [];
    const [a, b] = [comparable(shows, shows), comparable(fact, shows)];
    if (isDeepStrictEqual(a, b)) return [];
    return [`step ${i} ${verb} ${show(args)}: ${show(b)} instead of ${show(a)}`];
  });
}

/** Lists whose order says nothing are sorted; reasons count where the expectation has them. */
function comparable(fact: Fact, wanted: Fact): Fact {
  const { failures } = fact as { failures?: readonly Failure[] };
  if (failures) {
    const reasons = ((wanted["failures"] ?? []) as Failure[]).filter(({ spawnerr }) => spawnerr);
    const plain = failures.map(({ process, code, spawnerr }) => ({
      process,
      code,
      spawnerr: reasons.some((one) => one.process === process) ? spawnerr : undefined,
    }));
    return { failures: plain.toSorted((a, b) => (show(a) < show(b) ? -1 : 1)) };
  }
  const { answers } = fact as { answers?: readonly string[] };
  if (answers) {
    const open = (i: number) => (wanted["answers"] as string[])[i] === "not refused";
    return { answers: answers.map((one, i) => (open(i) && one !== "refused" ? "" : one)) };
  }
  if ("changed" in fact) {
    const lists = Object.entries(fact).map(([key, list]) => [key, (list as string[]).toSorted()]);
    return Object.fromEntries(lists) as Fact;
  }
  return fact;
}

function ofOrder(expected: Scenario, { events }: Observed): string[] {
  if (expected.isTotal) return sequence("events", expected.events, events, expected.isCut);
  const names = new Set([...expected.events, ...events].map(lineOf));
  return [
    ...[...names].flatMap((name) => {
      const own = <E extends Timed>(list: readonly E[]) =>
        list.filter((event) => lineOf(event) === name);
      return sequence(name, own(expected.events), own(events), expected.isCut);
    }),
    ...["PROCESS_STATE_STARTING", "PROCESS_STATE_STOPPING"].flatMap((type) => {
      const ordered = <E extends Timed & { readonly from_state?: string }>(list: readonly E[]) =>
        list.filter(({ event, from_state }) => event === type && from_state !== "BACKOFF");
      const [a, b] = [ordered(expected.events), ordered(events)].map((list) =>
        list.map(({ process }) => process),
      );
      if (isDeepStrictEqual(a, b)) return [];
      return [`order of ${type}: ${show(b)} instead of ${show(a)}`];
    }),
  ];
}

/** Whose events these are. */
function lineOf({ process, group }: Timed): string {
  return process === undefined ? "supervisor and groups" : `${group}:${process}`;
}

function sequence(
  what: string,
  expected: readonly RecordedEvent[],
  seen: readonly SeenEvent[],
  isCut: boolean,
): string[] {
  const count = isCut ? expected.length : Math.max(expected.length, seen.length);
  for (let i = 0; i < count; i++) {
    const a = expected[i];
    const b = seen[i];
    const wanted = a && fieldsOf(a, a);
    const got = b && fieldsOf(b, a ?? b);
    if (!isDeepStrictEqual(got, wanted))
      return [`${what}, number ${i}: ${show(got)} instead of ${show(wanted)}`];
  }
  return [];
}

/** The fields of supervisord's payload; a reason, and what more we tell, only if expected. */
function fieldsOf(event: RecordedEvent | SeenEvent, wanted: RecordedEvent | SeenEvent): Fact {
  const { event: type, process, group, from_state, tries, expected, pid, spawnerr } = event;
  const { channel, data, head } = event;
  const reason = wanted.spawnerr === undefined ? undefined : spawnerr;
  return {
    type,
    process,
    group,
    from_state,
    tries,
    expected,
    pid,
    spawnerr: reason,
    channel,
    data,
    head,
  };
}

/** States that come by themselves, and when. */
const BY_ITSELF = new Set(["RUNNING", "BACKOFF", "EXITED", "FATAL", "STOPPED"]);

function ofGaps(expected: Scenario, { events }: Observed, slack: Slack): string[] {
  const found: string[] = [];
  const names = new Set(expected.events.flatMap(({ process }) => process ?? []));
  for (const name of names) {
    const own = <E extends Timed>(list: readonly E[]) =>
      list.filter(({ process }) => process === name);
    const seen = own(events);
    for (const [i, { event, from_state, gap }] of own(expected.events).entries()) {
      const [before, now] = [seen[i - 1], seen[i]];
      if (!gap || !before || !now || !isByItself(event, from_state)) continue;
      const took = now.at - before.at;
      if (took < gap[0] - slack.early || took > gap[1] + slack.late)
        found.push(`${name} ${event} came after ${took.toFixed(3)} s instead of ${show(gap)}`);
    }
  }
  return found;
}

/** Not by an order of a step, whose time is that of the step. */
export function isByItself(event: string, from: string | undefined): boolean {
  const state = event.replace("PROCESS_STATE_", "");
  return (
    BY_ITSELF.has(state) || (state === "STARTING" && (from === "BACKOFF" || from === "EXITED"))
  );
}

function show(value: unknown): string {
  return JSON.stringify(value);
}
