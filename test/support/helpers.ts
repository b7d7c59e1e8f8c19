import { setImmediate as turn } from "node:timers/promises";
import {
  Supervisor,
  SupervisorError,
  type Command,
  type ErrorCode,
  type ChildEvents,
  type SupervisorEvent,
  type SupervisorSettings,
  type Outputs,
  type OutputStream,
} from "../../src/index.ts";
import { FakeClock, FakeProber, FakeSpawner, type FakeChild } from "../../src/testing/index.ts";

/** A command that nobody executes. */
export const anyCommand: Command = {
  name: "x",
  argv: ["x"],
  environment: {},
  sweep: true,
  cgroup: false,
  stopstdin: false,
  stopsignal: "SIGTERM",
};

/** The streams of a process that nobody logs. */
export function outputsTo(
  push: (stream: OutputStream, chunk: Uint8Array) => void = () => {},
): Outputs {
  return {
    stdout: () => "push",
    stderr: () => "push",
    push: (stream, chunk) => {
      push(stream, chunk);
      return undefined;
    },
    started: () => {},
    pushed: () => 2,
    gather: () => Infinity,
  };
}

/** A spawner whose children end when they are told to, unless they are `stubborn`. */
export class ObedientSpawner extends FakeSpawner {
  /** The names of processes that do not end by a signal but SIGKILL. */
  readonly stubborn = new Set<string>();

  override spawn(command: Command, events: ChildEvents, outputs: Outputs): FakeChild {
    const child = super.spawn(command, events, outputs);
    const note = child.kill.bind(child);
    child.kill = (signal, group) => {
      note(signal, group);
      if (this.stubborn.has(command.name) && signal !== "SIGKILL") return;
      queueMicrotask(() => child.exit(null, typeof signal === "string" ? signal : "SIGTERM"));
    };
    return child;
  }
}

/** A supervisor in virtual time, with all that it tells. */
export class Stage {
  readonly clock = new FakeClock();
  readonly spawner = new ObedientSpawner();
  readonly prober = new FakeProber();
  readonly supervisor: Supervisor;
  readonly events: SupervisorEvent[] = [];

  constructor(settings: SupervisorSettings = {}) {
    const { clock, spawner, prober } = this;
    this.supervisor = new Supervisor(settings, { clock, spawner, prober });
    // not to EVENT: that would make it tick
    for (const name of ["PROCESS_STATE", "PROCESS_GROUP", "SUPERVISOR_STATE_CHANGE"] as const)
      this.supervisor.on(name, (event) => this.events.push(event));
  }

  /** `web STARTING`, `web RUNNING`: the changes of state since the last call. */
  seen(): string[] {
    const told = this.events.splice(0).flatMap((event) => {
      if (!("processname" in event)) return [];
      const { processname, groupname, type } = event;
      const name = processname === groupname ? processname : `${groupname}:${processname}`;
      return [`${name} ${type.replace("PROCESS_STATE_", "")}`];
    });
    return told;
  }

  /** `web ADDED`, `web REMOVED`: what has become of groups since `seen()`. */
  groups(): string[] {
    return this.events.flatMap((event) =>
      event.type === "PROCESS_GROUP_ADDED" || event.type === "PROCESS_GROUP_REMOVED"
        ? [`${event.groupname} ${event.type.replace("PROCESS_GROUP_", "")}`]
        : [],
    );
  }

  /** The states of all processes, by full name. */
  states(): Record<string, string> {
    return Object.fromEntries(
      this.supervisor
        .status()
        .map(({ name, group, state }) => [name === group ? name : `${group}:${name}`, state]),
    );
  }

  /** Has everything start, and startsecs pass. */
  async up(name?: string): Promise<void> {
    const started = this.supervisor.start(name);
    await this.pass(1000);
    await started;
    this.seen();
  }

  /** Lets virtual time pass, and all promises settle before and after. */
  async pass(ms: number): Promise<void> {
    await turn();
    this.clock.advance(ms);
    await turn();
  }
}

/** A check for `assert.rejects`: a SupervisorError of that code. */
export function fault(code: ErrorCode, message?: string | RegExp) {
  return (error: unknown): boolean => {
    if (!(error instanceof SupervisorError)) throw error;
    if (error.code !== code)
      throw new Error(`expected ${code}, got ${error.code}`, { cause: error });
    if (message === undefined) return true;
    const isRight =
      typeof message === "string" ? error.message === message : message.test(error.message);
    if (!isRight) throw new Error(`unexpected message: ${error.message}`, { cause: error });
    return true;
  };
}

/** What a promise came to by now: its value, its error, or "pending". */
export function watch(promise: Promise<unknown>): { outcome: unknown } {
  const seen: { outcome: unknown } = { outcome: "pending" };
  promise.then(
    () => {
      seen.outcome = "done";
    },
    (error: unknown) => {
      seen.outcome = error instanceof SupervisorError ? error.code : error;
    },
  );
  return seen;
}

export { turn };
