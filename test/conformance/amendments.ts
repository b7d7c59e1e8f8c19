/** What each row of docs/deviations.md changes of a recording. */
import { isDeepStrictEqual } from "node:util";
import { isByItself } from "./compare.ts";
import {
  fullName,
  type Failure,
  type RecordedEvent,
  type Scenario,
  type Sections,
  type Snapshot,
  type Step,
} from "./scenario.ts";

/** By the id of the row. */
export const amendments: Readonly<Record<string, (scenario: Scenario) => void>> = {
  refused(scenario) {
    scenario.refused = Object.entries(scenario.settings).flatMap(([section, { command = "" }]) =>
      command.replaceAll('"', "") === "" || command.split("'").length % 2 === 0
        ? [section.replace("program:", "")]
        : [],
    );
    scenario.steps = [];
    scenario.events = [];
  },

  "log-files"(scenario) {
    if (scenario.name === "logfile-auto") {
      for (const options of Object.values(scenario.settings)) {
        options["stdout_logfile"] = "AUTO";
        options["stderr_logfile"] = "AUTO";
      }
      return;
    }
    for (const one of snapshotsOf(scenario.steps)) {
      if (one.stdout_logfile.startsWith("{dir}/auto/")) one.stdout_logfile = "";
      if (one.stderr_logfile.startsWith("{dir}/auto/")) one.stderr_logfile = "";
    }
    // where NONE is the default, these say what is said already
    for (const sections of [scenario.settings, ...confsOf(scenario.steps)])
      for (const name of ["log2none", "none2auto"]) delete sections[`program:${name}`];
    for (const { shows } of scenario.steps) {
      const { changed } = shows as { changed?: string[] };
      const place = changed?.indexOf("log2none") ?? -1;
      if (place >= 0) changed?.splice(place, 1, "file2auto");
    }
  },

  "auto-logs"(scenario) {
    const { steps, events } = scenario;
    if (scenario.name === "fcgi-shared-socket") {
      for (const step of steps) if ("names" in step.shows) step.shows = { names: [] };
      return;
    }
    const names = ["p-stderr", "p-stdout"].map((name) => `${name}---supervisor-????????.log`);
    for (const [i, step] of steps.entries())
      if ("names" in step.shows) step.shows = { names: i === 0 ? [] : names };
    for (const one of snapshotsOf(steps))
      Object.assign(one, { stdout_logfile: "", stderr_logfile: "" });
    // then supervisord restarts itself
    scenario.steps = steps.slice(
      0,
      steps.findIndex(({ verb }) => verb === "write"),
    );
    const end = events.findIndex(({ event }) => event === "SUPERVISOR_STATE_CHANGE_STOPPING");
    scenario.events = events.slice(0, end);
  },

  "socket-life"({ steps }) {
    const start = steps.findIndex(({ args }) => args[0] === "startProcessGroup");
    for (const step of steps.slice(0, start)) if ("mode" in step.shows) step.shows = {};
  },

  memory(scenario) {
    let text = scenario.name === "logfile-none" ? "hi\n" : "out\nerr\n";
    for (const step of scenario.steps) {
      const [first] = [step.args[0]].flat().map(String);
      if (first === "clearProcessLogs") text = "";
      if (/^(?:readProcess|tail)/.test(first ?? "")) step.shows = { text };
    }
  },

  "cut-characters"({ steps }) {
    for (const step of steps) {
      if (!step.shows["answers"]) continue;
      const [, [name]] = step.args as [string, [string]];
      step.shows = { text: name === "p" ? "\uFFFD" : "ab\uFFFD\u0001c" };
    }
  },

  "clear-stopped"({ steps }) {
    for (const step of steps) if (step.verb === "read") step.shows = { text: "" };
  },

  "redirect-alone"({ settings }) {
    for (const options of Object.values(settings)) delete options["stderr_logfile"];
  },

  "capture-overflow"({ events, settings }) {
    const limit = Number(settings["program:p"]?.["stdout_capture_maxbytes"]);
    for (const event of events) if (event.data !== undefined) event.data = event.data.slice(-limit);
  },

  "capture-held"({ name, steps }) {
    const endings = {
      "{dir}/out": name === "communication-events" ? "\n" : "short",
      "{dir}/err": "\n",
    };
    for (const { args, shows } of steps) {
      const [file] = args as [keyof typeof endings];
      if (file in endings)
        Object.assign(shows, { text: `${String(shows["text"])}${endings[file]}` });
    }
  },

  tag({ steps }) {
    for (const step of steps) {
      const { text } = step.shows;
      if (step.verb !== "read" || typeof text !== "string") continue;
      const lines = text.split("\n").slice(0, -1);
      step.shows = { text: `${[...lines, "LIBSUPERVISOR_id=run"].toSorted().join("\n")}\n` };
    }
  },

  boolean({ events }) {
    for (const event of events)
      if (event.expected !== undefined) event.expected = event.expected === 1;
  },

  wire(scenario) {
    const isWire = ({ verb, args, shows }: Step) =>
      verb === "http" ||
      isDeepStrictEqual(args[1], ["p", "x", 0]) ||
      failuresOf(shows).some(({ code }) => /^(?:UNKNOWN_METHOD|INCORRECT_PARAMETERS)$/.test(code));
    scenario.steps = scenario.steps.filter((step) => !isWire(step));
  },

  "already-so"({ steps }) {
    for (const step of steps) {
      const isStop = /^(?:stop|restart)/.test([step.args[0]].flat().join(" "));
      const isVain = ({ code }: Failure) =>
        code === "ALREADY_STARTED" || (code === "NOT_RUNNING" && isStop);
      if (failuresOf(step.shows).some(isVain))
        step.shows = { failures: failuresOf(step.shows).filter((one) => !isVain(one)) };
    }
  },

  "at-once"({ events, steps, settings: first }) {
    // some come with a later file
    const settings: Sections = Object.assign({}, ...confsOf(steps), first) as Sections;
    const begin = events.findIndex(({ event }) => event === "PROCESS_STATE_STARTING");
    const isBegun = ({ event, process = "" }: RecordedEvent) =>
      event === "PROCESS_STATE_STARTING" &&
      settings[`program:${process}`]?.["autostart"] !== "false";
    let begun = begin;
    for (let event; (event = events[begun]) && isBegun(event);) begun++;
    // those that need no time are RUNNING before anybody can give an order
    for (const { process = "" } of events.slice(begin, begun)) {
      if (settings[`program:${process}`]?.["startsecs"] !== "0") continue;
      const place = events.findIndex((event, i) => i >= begun && event.process === process);
      if (place >= 0) events.splice(begun++, 0, ...events.splice(place, 1));
    }
    for (const event of events) {
      const { gap, from_state: from, tries = 0 } = event;
      if (!gap || !isByItself(event.event, from)) continue;
      const { process = "", group = "" } = event;
      const options =
        settings[`program:${process}`] ??
        settings[`program:${group}`] ??
        settings[`fcgi-program:${group}`] ??
        {};
      const due = (seconds: number) => {
        event.gap = [seconds, seconds + 0.1];
      };
      const state = event.event.replace("PROCESS_STATE_", "");
      if (state === "RUNNING") due(Number(options["startsecs"] ?? 1));
      else if (state === "FATAL") due(0);
      else if (state === "STARTING" && from === "BACKOFF") due(tries);
      else if (state === "STARTING" && options["autorestart"] !== "false") due(0);
      else event.gap = [Math.max(0, gap[0] - 1), gap[1]]; // the death may have been noticed late
    }
  },

  names(scenario) {
    const step = scenario.steps.find(({ args: [, args], shows }) => {
      const target = Array.isArray(args) ? String(args[0]).replace(":*", "") : "";
      const isKnown = Object.hasOwn(scenario.settings, `program:${target}`);
      return isKnown && failuresOf(shows).some(({ code }) => code === "BAD_NAME");
    });
    if (!step) return;
    const one = scenario.steps.find(({ args }) => /^(?:p:p|p,0,0)$/.test(String(args[1])));
    step.shows = one ? one.shows : { failures: [] };
  },

  "not-found"(scenario) {
    for (const [i, step] of scenario.steps.entries()) {
      for (const failure of failuresOf(step.shows)) {
        const { code } = failure;
        if (code !== "NO_FILE" && code !== "NOT_EXECUTABLE") continue;
        const [group = "", name = group] = failure.process.split(":");
        const earlier = scenario.steps.flatMap(({ shows }) => failuresOf(shows));
        const known = earlier.find((one) => one.process === failure.process && one.spawnerr);
        const spawnerr = failure.spawnerr ?? known?.spawnerr ?? "";
        Object.assign(failure, { code: "SPAWN_ERROR", spawnerr });
        const startretries = scenario.settings[`program:${name}`]?.["startretries"] ?? 3;
        insert(scenario, step, failedStart(group, name, spawnerr, Number(startretries), step.at));
        const change = { state: "FATAL", spawnerr, description: spawnerr, start: "time" };
        changeSnapshots(scenario.steps.slice(i + 1), group, name, change);
      }
    }
  },

  together(scenario) {
    scenario.isTotal = false;
  },

  "start-waits"({ steps }) {
    const [, snap] = steps;
    for (const one of snap ? snapshotsOf([snap]) : [])
      if (one.state === "BACKOFF") one.state = "FATAL";
  },

  "exec-failures"(scenario) {
    const [, name = ""] = Object.keys(scenario.settings)[0]?.split(":") ?? [];
    const read = scenario.steps.find(({ args }) => args[0] === "{dir}/err");
    if (!read) return;
    const [first = ""] = String(read.shows["text"]).split("\n");
    const spawnerr = first
      .replace("supervisor: ", "")
      .replace(/ENOEXEC$/, "$& (exec format error)");
    read.shows = { error: "FileNotFoundError" }; // no process, no log
    const change = { spawnerr, description: spawnerr, stop: 0 };
    changeSnapshots(scenario.steps, name, name, change);
    for (const event of scenario.events) {
      const isFailure = /BACKOFF|FATAL/.test(event.event);
      if (event.process === name && isFailure) event.spawnerr = spawnerr;
    }
    for (const failure of scenario.steps.flatMap(({ shows }) => failuresOf(shows)))
      failure.spawnerr = spawnerr;
    scenario.endings[name] = [];
  },

  "relative-command"(scenario) {
    const { steps, events } = scenario;
    for (const step of steps) {
      const isFound = failuresOf(step.shows).some(({ process }) => process === "r");
      if (isFound) {
        step.shows = { failures: [] };
        const base = { process: "r", group: "r", at: step.at };
        insert(scenario, step, [
          { ...base, event: "PROCESS_STATE_STARTING", from_state: "STOPPED", tries: 0 },
          { ...base, event: "PROCESS_STATE_RUNNING", from_state: "STARTING", pid: "r#1" },
        ]);
      }
      if (step.verb === "until") step.shows = { reached: false };
    }
    const at = events.find(({ process }) => process === "s")?.at ?? 0;
    scenario.events = events.filter(({ process }) => process !== "s");
    // after four seconds, in the wait for its last attempt
    const block = failedStart("s", "s", "can't find command './tool2'", 3, at).slice(0, 6);
    scenario.events.push(...block);
    scenario.endings["s"] = [];
  },

  waves(scenario) {
    const { events, settings } = scenario;
    const rank = ({ process = "" }: RecordedEvent) =>
      Number(settings[`program:${process}`]?.["priority"] ?? 999);
    const stops = events.filter(({ event }) => event === "PROCESS_STATE_STOPPING");
    for (let from = 0, to = 0; from < stops.length; from = to) {
      const [first] = stops.slice(from);
      while (to < stops.length && (stops[to]?.at ?? 0) - (first?.at ?? 0) < 0.1) to++;
      // numbers decide; of equals, the last started is the first to be told
      const down = stops
        .slice(from, to)
        .toSorted((a, b) => rank(b) - rank(a) || ((a.process ?? "") < (b.process ?? "") ? 1 : -1));
      const place = events.findIndex((event) => event === first);
      const others = events.slice(place).filter((event) => !down.includes(event));
      events.splice(place, Infinity, ...down, ...others);
    }
    // one of BACKOFF ends with the others of its wave, not after them
    const fatal = events.findIndex(({ event }) => event === "PROCESS_STATE_FATAL");
    const stopped = events.findIndex(({ event }) => event === "PROCESS_STATE_STOPPED");
    const [one] = events.slice(fatal);
    if (fatal > stopped && stopped >= 0 && one?.from_state === "BACKOFF" && scenario.isTotal)
      events.splice(stopped, 0, ...events.splice(fatal, 1));
  },

  "server-url"({ steps }) {
    for (const step of steps) {
      const { text } = step.shows;
      if (typeof text === "string")
        step.shows = { text: text.replace(/^SUPERVISOR_SERVER_URL=.*\n/m, "") };
    }
  },

  session: replaced("own session False", "own session True"),
  sockets: replaced("(0, 'fifo')", "(0, 'other')"),

  "send-waits"({ steps }) {
    for (const { shows } of steps) {
      const { answers } = shows as { answers?: string[] };
      if (!answers) continue;
      for (const [i, answer] of answers.entries())
        // a pipe holds 64 KiB; a socket pair more, and how much more depends
        if (answer === "refused") answers[i] = i === 2 ? "not refused" : "waiting";
    }
  },

  sweep({ steps }) {
    for (const step of steps) {
      if (step.verb === "alive") step.shows = { alive: false };
      if (step.args[0] === "{dir}/grand.got") step.shows = { text: "TERM\n" };
    }
  },
};

function replaced(what: string | RegExp, by: string): (scenario: Scenario) => void {
  return ({ steps }) => {
    for (const step of steps) {
      const { text } = step.shows;
      if (typeof text === "string") step.shows = { text: text.replace(what, by) };
    }
  };
}

/** The sections of the files that come later. */
function confsOf(steps: readonly Step[]): Sections[] {
  return steps.flatMap(({ verb, args }) => (verb === "conf" ? (args as Sections[]) : []));
}

function failuresOf(shows: Step["shows"]): Failure[] {
  return (shows["failures"] ?? []) as Failure[];
}

function snapshotsOf(steps: readonly Step[]): Snapshot[] {
  return steps.flatMap(({ shows }) => (shows["snapshots"] ?? []) as Snapshot[]);
}

function changeSnapshots(
  steps: readonly Step[],
  group: string,
  name: string,
  change: Partial<Snapshot>,
): void {
  for (const one of snapshotsOf(steps))
    if (one.group === group && one.name === name) Object.assign(one, change);
  const rows = steps.flatMap(({ shows }) => (shows["rows"] ?? []) as Row[]);
  for (const row of rows)
    if (row.process === fullName(group, name) && change.state !== undefined)
      Object.assign(row, { state: change.state, description: change.description });
}

interface Row {
  readonly process: string;
}

/** The events of a start that fails without a process, retries and all. */
function failedStart(
  group: string,
  process: string,
  spawnerr: string,
  startretries: number,
  at: number,
): RecordedEvent[] {
  const base = { process, group, at };
  const attempts = Array.from({ length: startretries + 1 }, (_, tries) => [
    {
      ...base,
      event: "PROCESS_STATE_STARTING",
      from_state: tries === 0 ? "STOPPED" : "BACKOFF",
      tries,
      ...(tries > 0 && { gap: [tries, tries] as [number, number] }),
    },
    {
      ...base,
      event: "PROCESS_STATE_BACKOFF",
      from_state: "STARTING",
      tries: tries + 1,
      spawnerr,
      gap: [0, 0] as [number, number],
    },
  ]).flat();
  const fatal = { ...base, event: "PROCESS_STATE_FATAL", from_state: "BACKOFF", spawnerr };
  return [...attempts, { ...fatal, gap: [0, 0] }];
}

/** Puts the events of a process where a step has them come: among those it starts, by name. */
function insert(scenario: Scenario, step: Step, [first, ...rest]: readonly RecordedEvent[]): void {
  const { events } = scenario;
  if (!first) return;
  const { process = "" } = first;
  const isLater = ({ at, process: other = "", event }: RecordedEvent) =>
    event === "PROCESS_STATE_STARTING" && (other > process || at > step.at + step.lasts);
  let place = events.findIndex((event) => event.at > step.at && isLater(event));
  if (place < 0) place = events.length;
  const before = events.slice(0, place).findLast((event) => event.process === process);
  const state = before?.event.replace("PROCESS_STATE_", "") ?? "STOPPED";
  events.splice(place, 0, { ...first, from_state: state }, ...rest);
  const parallel = new Set(events.map((event) => event.process)).size > 2;
  if (parallel) scenario.isTotal = false;
}
