import type { EventMap, ProcessInfo, StateName, Supervisor } from "../../index.ts";
import { respond } from "../http/respond.ts";
import { usageOf, type Usage } from "./usage.ts";
import type { Handler } from "../http/router.ts";

const STATES: readonly StateName[] = [
  "STOPPED",
  "STARTING",
  "RUNNING",
  "BACKOFF",
  "STOPPING",
  "EXITED",
  "FATAL",
  "UNKNOWN",
];

/** What has happened to one process since the counting began. */
interface Counts {
  wasStarted: boolean;
  restarts: number;
  /** By `exitstatus` and `signal`, one of which is empty. */
  readonly exits: Map<string, { readonly labels: Labels; count: number }>;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/**
 * `/metrics`, in Prometheus' text format. Counts what happens from `open()` on; everything else is looked up when somebody asks, one reading shared by all who ask at a time.
 */
export class Metrics {
  readonly #supervisor: Supervisor;
  readonly #counts = new Map<string, Counts>();
  #reading: Promise<string> | undefined;
  #unsubscribe: (() => void)[] = [];

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** Begins to count. */
  open(): void {
    for (const { group, name, start } of this.#supervisor.status())
      this.#of(group, name).wasStarted = start > 0;
    this.#unsubscribe = [
      this.#supervisor.observe("PROCESS_STATE", this.#count),
      this.#supervisor.observe("PROCESS_GROUP_REMOVED", this.#drop),
    ];
  }

  /** Ceases to count. */
  close(): void {
    for (const ignore of this.#unsubscribe.splice(0)) ignore();
  }

  /** Answers a scrape. */
  readonly handle: Handler = async (request, response) => {
    respond(request, response, 200, await this.text(), {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
    });
  };

  /** All series, as they are now. */
  text(): Promise<string> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<string> {
    const processes: (readonly [ProcessInfo, Usage])[] = [];
    for (const info of this.#supervisor.status()) {
      // one after another: a scrape is not to fill the queue that log files wait in, too
      processes.push([info, info.pid > 0 ? await usageOf(info.pid) : {}]);
    }
    this.#forget(processes.map(([info]) => info));
    const each = (value: (info: ProcessInfo, usage: Usage) => number | undefined): Sample[] =>
      processes.flatMap(([info, usage]) => {
        const found = value(info, usage);
        return found === undefined ? [] : [[labelsOf(info), found] as const];
      });
    const up = (value: (info: ProcessInfo, usage: Usage) => number | undefined) =>
      each((info, usage) => (info.pid > 0 ? value(info, usage) : undefined));
    return [
      family("supervisor_up", "gauge", "1, or 0 while the supervisor shuts down.", [
        [{}, Number(this.#supervisor.state === "RUNNING")],
      ]),
      family(
        "supervisor_process_state",
        "gauge",
        "1 for the state that the process is in, 0 for the others.",
        processes.flatMap(([info]) =>
          STATES.map((state): Sample => [
            { ...labelsOf(info), state },
            Number(info.state === state),
          ]),
        ),
      ),
      family(
        "supervisor_process_up",
        "gauge",
        "Whether the process is RUNNING.",
        each(({ state }) => Number(state === "RUNNING")),
      ),
      family(
        "supervisor_process_restarts_total",
        "counter",
        "Starts after the first, whoever asked for them, tries that failed included.",
        each(({ group, name }) => this.#of(group, name).restarts),
      ),
      family(
        "supervisor_process_exits_total",
        "counter",
        "Ends of the process, by exit status or by the signal that ended it.",
        processes.flatMap(([info]) =>
          [...this.#of(info.group, info.name).exits.values()].map(({ labels, count }): Sample => [
            { ...labelsOf(info), ...labels },
            count,
          ]),
        ),
      ),
      family(
        "supervisor_process_start_time_seconds",
        "gauge",
        "When the process was started, in seconds since 1970.",
        up(({ start }) => start),
      ),
      family(
        "supervisor_process_uptime_seconds",
        "gauge",
        "How long ago the process was started.",
        up(({ now, start }) => Math.max(0, now - start)),
      ),
      family(
        "supervisor_process_cpu_seconds_total",
        "counter",
        "User and system time of the process itself, without its children.",
        up((_info, { cpu }) => cpu),
      ),
      family(
        "supervisor_process_resident_memory_bytes",
        "gauge",
        "Resident memory of the process itself, without its children.",
        up((_info, { memory }) => memory),
      ),
      family(
        "supervisor_process_open_fds",
        "gauge",
        "Open file descriptors of the process itself.",
        up((_info, { fds }) => fds),
      ),
    ].join("");
  }

  readonly #count = (event: EventMap["PROCESS_STATE"]): void => {
    const counts = this.#of(event.groupname, event.processname);
    const { from_state: from, type } = event;
    if (type === "PROCESS_STATE_STARTING") {
      if (counts.wasStarted || from !== "STOPPED") counts.restarts++;
      counts.wasStarted = true;
    }
    // an end is told once: FATAL repeats that of its BACKOFF
    const isEnd =
      type === "PROCESS_STATE_EXITED" ||
      type === "PROCESS_STATE_BACKOFF" ||
      (type === "PROCESS_STATE_STOPPED" && from !== "BACKOFF");
    if (!isEnd || event.exitstatus === undefined) return;
    const { exitstatus, signal } = event;
    const labels = { exitstatus: exitstatus === null ? "" : `${exitstatus}`, signal: signal ?? "" };
    const key = labels.exitstatus + labels.signal;
    const known = counts.exits.get(key);
    if (known) known.count++;
    else counts.exits.set(key, { labels, count: 1 });
  };

  #of(group: string, name: string): Counts {
    const key = `${group}:${name}`;
    let counts = this.#counts.get(key);
    if (!counts) {
      counts = { wasStarted: false, restarts: 0, exits: new Map() };
      this.#counts.set(key, counts);
    }
    return counts;
  }

  /** Also where nobody ever asks, nothing of what is gone stays. */
  readonly #drop = ({ groupname }: EventMap["PROCESS_GROUP_REMOVED"]): void => {
    for (const key of this.#counts.keys())
      if (key.startsWith(`${groupname}:`)) this.#counts.delete(key);
  };

  /** Drops what is counted of processes that were removed. */
  #forget(present: readonly ProcessInfo[]): void {
    const names = new Set(present.map(({ group, name }) => `${group}:${name}`));
    for (const key of this.#counts.keys()) if (!names.has(key)) this.#counts.delete(key);
  }
}

function labelsOf({ group, name }: ProcessInfo): Labels {
  return { group, name };
}

/** One metric with its series; nothing, where there are none. */
function family(
  name: string,
  type: "counter" | "gauge",
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return "";
  const lines = samples.map(([labels, value]) => `${name}${show(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function show(labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
