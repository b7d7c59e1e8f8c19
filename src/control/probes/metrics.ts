import type { ProcessInfo, StateName, Supervisor } from "../../index.ts";
import { respond } from "../http/respond.ts";
import type { Handler } from "../http/router.ts";
import { Counters, type Exits } from "./counters.ts";
import { expose, type Metric, type Sample } from "./exposition.ts";
import { usageOf, type Usage } from "./usage.ts";

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

/** All that is known of a process at a scrape. */
interface Reading {
  readonly info: ProcessInfo;
  readonly usage: Usage;
  readonly exits: Exits;
}

/** A metric with series for each process, which have `group` and `name` as labels, too. */
interface ProcessMetric extends Metric {
  readonly samples: (reading: Reading) => readonly Sample[];
}

const UP: Metric = {
  name: "supervisor_up",
  type: "gauge",
  help: "1, or 0 while the supervisor shuts down.",
};

const PROCESS_METRICS: readonly ProcessMetric[] = [
  {
    name: "supervisor_process_state",
    type: "gauge",
    help: "1 for the state that the process is in, 0 for the others.",
    samples: ({ info }) => STATES.map((state) => [{ state }, Number(info.state === state)]),
  },
  {
    name: "supervisor_process_up",
    type: "gauge",
    help: "Whether the process is RUNNING.",
    samples: ({ info }) => value(Number(info.state === "RUNNING")),
  },
  {
    name: "supervisor_process_restarts_total",
    type: "counter",
    help: "Automatic starts: after an exit, and after a failed start.",
    samples: ({ info }) => value(info.restarts),
  },
  {
    name: "supervisor_process_exits_total",
    type: "counter",
    help: "Ends of the process, by exit status or by the signal that ended it.",
    samples: ({ exits }) => [...exits.values()].map(({ labels, count }) => [labels, count]),
  },
  {
    name: "supervisor_process_start_time_seconds",
    type: "gauge",
    help: "When the process was started, in seconds since 1970.",
    samples: whileUp(({ info }) => info.start),
  },
  {
    name: "supervisor_process_uptime_seconds",
    type: "gauge",
    help: "How long ago the process was started.",
    samples: whileUp(({ info: { now, start } }) => Math.max(0, now - start)),
  },
  {
    name: "supervisor_process_cpu_seconds_total",
    type: "counter",
    help: "User and system time of the process itself, without its children.",
    samples: whileUp(({ usage }) => usage.cpu),
  },
  {
    name: "supervisor_process_resident_memory_bytes",
    type: "gauge",
    help: "Resident memory of the process itself, without its children.",
    samples: whileUp(({ usage }) => usage.memory),
  },
  {
    name: "supervisor_process_open_fds",
    type: "gauge",
    help: "Open file descriptors of the process itself.",
    samples: whileUp(({ usage }) => usage.fds),
  },
];

function value(number: number | undefined): readonly Sample[] {
  return number === undefined ? [] : [[{}, number]];
}

function whileUp(numberOf: (reading: Reading) => number | undefined): ProcessMetric["samples"] {
  return (reading) => value(reading.info.pid > 0 ? numberOf(reading) : undefined);
}

/**
 * `/metrics`, in Prometheus' text format. Counts ends from `open()` on; everything else is read at a
 * scrape. Scrapes at the same time share one reading.
 */
export class Metrics {
  readonly #supervisor: Supervisor;
  readonly #counters: Counters;
  #reading: Promise<string> | undefined;

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
    this.#counters = new Counters(supervisor);
  }

  /** Begins to count. */
  open(): void {
    this.#counters.open();
  }

  /** Stops counting. */
  close(): void {
    this.#counters.close();
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
    const usages: (readonly [ProcessInfo, Usage])[] = [];
    for (const info of this.#supervisor.status()) {
      // one after another: a scrape must not fill the queue of file operations that log files need
      usages.push([info, info.pid > 0 ? await usageOf(info.pid) : {}]);
    }
    this.#counters.keepOnly(usages.map(([info]) => info));
    const readings = usages.map(([info, usage]): Reading => {
      return { info, usage, exits: this.#counters.of(info) };
    });
    const up = expose(UP, value(Number(this.#supervisor.state === "RUNNING")));
    return (
      up + PROCESS_METRICS.map((metric) => expose(metric, samplesOf(metric, readings))).join("")
    );
  }
}

function samplesOf({ samples }: ProcessMetric, readings: readonly Reading[]): Sample[] {
  return readings.flatMap((reading) => {
    const { group, name } = reading.info;
    return samples(reading).map(([labels, number]): Sample => [{ group, name, ...labels }, number]);
  });
}
