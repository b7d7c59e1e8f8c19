/** Notes what is seen, in the words of the recordings. */
import type { ProcessInfo, SupervisorEvent } from "../../src/index.ts";
import { LAB_LISTENER, type Snapshot } from "./scenario.ts";

/** An event as it came; `at` in seconds. */
export interface SeenEvent {
  readonly event: string;
  readonly process?: string;
  readonly group?: string;
  readonly from_state?: string;
  readonly tries?: number;
  /** A number where it comes over the wire. */
  readonly expected?: boolean | number;
  readonly pid?: string | number;
  readonly spawnerr?: string;
  readonly channel?: string;
  readonly data?: string;
  readonly head?: string;
  readonly at: number;
}

export class Watch {
  readonly events: SeenEvent[] = [];
  /** By process id, what the recordings call it: the n-th of that process to be seen. */
  readonly pids = new Map<number, string>();
  readonly #dir: string;
  readonly #now: () => number;

  /** `dir` stands for `{dir}`; `now` is in seconds. */
  constructor(dir: string, now: () => number) {
    this.#dir = dir;
    this.#now = now;
  }

  /** A report, with what differs from run to run made the same. */
  snapshot(info: ProcessInfo): Snapshot {
    // without what supervisord does not have
    const { now: _now, namespec: _spec, signal: _signal, restarts: _restarts, ...rest } = info;
    return {
      ...rest,
      pid: this.#pidName(info.name, info.pid),
      start: info.start === 0 ? 0 : "time",
      stop: info.stop === 0 ? 0 : "time",
      stdout_logfile: this.normal(info.stdout_logfile),
      stderr_logfile: this.normal(info.stderr_logfile),
      spawnerr: this.normal(info.spawnerr),
      description: kindOf(this.normal(info.description)),
    };
  }

  /** Notes an event. */
  note(event: SupervisorEvent): void {
    const at = this.#now();
    const { type, at: _wall, ...fields } = event;
    if ("comm_type" in fields) {
      this.events.push({ event: type, data: fields.data, head: `type:${fields.comm_type}`, at });
      return;
    }
    if (!("processname" in fields)) {
      const group = "groupname" in fields ? { group: fields.groupname } : {};
      this.events.push({ event: type, ...group, at });
      return;
    }
    const {
      processname: process,
      groupname: group,
      ...rest
    } = fields as typeof fields & {
      readonly pid?: number;
      readonly spawnerr?: string;
      readonly data?: Buffer;
    };
    if (process === LAB_LISTENER) return;
    this.events.push({
      event: type,
      process,
      group,
      ...rest,
      ...(rest.pid !== undefined && { pid: this.#pidName(process, rest.pid) }),
      ...(rest.spawnerr !== undefined && {
        spawnerr: this.normal(rest.spawnerr),
      }),
      ...(rest.data !== undefined && { data: rest.data.toString() }),
      at,
    } as SeenEvent);
  }

  #pidName(process: string, pid: number): string | number {
    if (pid === 0) return 0;
    const known = this.pids.get(pid);
    if (known !== undefined) return known;
    const before = [...this.pids.values()].filter((one) => one.startsWith(`${process}#`));
    const name = `${process}#${before.length + 1}`;
    this.pids.set(pid, name);
    return name;
  }

  /** A text without what differs from run to run. */
  normal(text: string): string {
    return normal(text, this.#dir);
  }
}

/** A description as its kind. */
export function kindOf(description: string): string {
  return description
    .replace(/^pid \d+, uptime \d+:\d\d:\d\d$/, "pid N, uptime H:MM:SS")
    .replace(/^[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M$/, "stop time: Mon DD HH:MM AM/PM");
}

/** A text without the name of the directory, the random part of AUTO names, and our mark. */
export function normal(text: string, dir: string): string {
  return text
    .replaceAll(dir, "{dir}")
    .replaceAll(/(---.*-)(?:[^-]{8}|L[0-9a-z]{13})\.log/g, "$1????????.log")
    .replaceAll(/LIBSUPERVISOR_[0-9a-f]{16}=\d+-\d+/g, "LIBSUPERVISOR_id=run");
}
