/** Plays a scenario against the library, in a real or in a virtual world, and notes what is seen. */
import { isDeepStrictEqual } from "node:util";
import {
  SettingsError,
  Supervisor,
  SupervisorError,
  type Leftover,
  type ProcessInfo,
  type SignalSetting,
  type SupervisorIo,
} from "../../src/index.ts";
import { settingsOf } from "./settings.ts";
import {
  fullName,
  type Fact,
  type Failure,
  type RecordedEvent,
  type Scenario,
  type Sections,
  type Step,
} from "./scenario.ts";
import { Watch, type SeenEvent } from "./watch.ts";

/** Where a scenario is played: what passes time, and what only real processes and files have. */
export interface Stage {
  readonly io: SupervisorIo;
  /** Whether children write. */
  readonly isReal: boolean;
  /** Stands for `{dir}`. */
  readonly dir: string;
  /** Seconds. */
  now(): number;
  /** Lets time pass until the condition holds, or for so many seconds; says whether it holds. */
  wait(condition: () => boolean, seconds: number): Promise<boolean>;
  /** Kills a process from outside. */
  kill(pid: number, signal: NodeJS.Signals): void;
  /** Reads, looks at or waits for what the children do; undefined where there is no such world. */
  look(step: Step): Promise<Fact | undefined>;
}

export interface Observed {
  /** For each step what it showed; undefined where this stage cannot tell. */
  readonly facts: readonly (Fact | undefined)[];
  readonly events: readonly SeenEvent[];
  readonly refused: readonly string[];
  /** Every process id there was. */
  readonly pids: readonly number[];
}

const WAIT_LIMIT = 60;
/** So long a message may wait for the pipe before it counts as waiting. */
const SEND_LIMIT = 0.3;

/** Which event the next start of that target is; -1 where that is not known. */
export function placeOfStart({ events, isTotal }: Scenario, seen: number, target: string): number {
  const isStart = ({ event, process = "", group = "" }: RecordedEvent, i: number) =>
    i >= seen && event === "PROCESS_STATE_STARTING" && fullName(group, process) === target;
  return isTotal ? events.findIndex(isStart) : -1;
}

/** What files show; the children get a moment for what they should have written. */
export async function lookFor(
  stage: Pick<Stage, "look" | "now" | "wait">,
  step: Step,
): Promise<Fact | undefined> {
  const end = stage.now() + 3;
  for (;;) {
    const fact = await stage.look(step);
    if (!fact || isDeepStrictEqual(fact, step.shows) || stage.now() > end) return fact;
    await stage.wait(() => false, 0.01);
  }
}

export async function play(scenario: Scenario, stage: Stage, sweep: boolean): Promise<Observed> {
  let supervisor: Supervisor;
  try {
    supervisor = new Supervisor(settingsOf(scenario.settings, stage.dir, sweep), stage.io);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    const refused = [...new Set(error.issues.map(({ path }) => String(path[1])))];
    return { facts: [], events: [], refused, pids: [] };
  }
  const player = new Player(scenario, stage, supervisor, sweep);
  try {
    const facts = await player.run();
    const { events, pids } = player.watch;
    return { facts, events: events.slice(), refused: [], pids: [...pids.keys()] };
  } finally {
    let isDown = false;
    const down = () => {
      isDown = true;
    };
    void supervisor.shutdown().then(down);
    await stage.wait(() => isDown, WAIT_LIMIT);
  }
}

class Player {
  readonly watch: Watch;
  readonly #scenario: Scenario;
  readonly #stage: Stage;
  readonly #supervisor: Supervisor;
  readonly #sweep: boolean;
  readonly #background = new Map<string, () => readonly Failure[] | undefined>();
  #sections: Sections;
  #leaving: readonly Leftover[] | undefined;

  constructor(scenario: Scenario, stage: Stage, supervisor: Supervisor, sweep: boolean) {
    this.#scenario = scenario;
    this.#sections = scenario.settings;
    this.#stage = stage;
    this.watch = new Watch(stage.dir, () => stage.now());
    this.#supervisor = supervisor;
    this.#sweep = sweep;
  }

  async run(): Promise<(Fact | undefined)[]> {
    // supervisord has added its groups before anybody can listen
    const kinds = [
      "PROCESS_STATE",
      "PROCESS_LOG",
      "PROCESS_COMMUNICATION",
      "REMOTE_COMMUNICATION",
    ] as const;
    for (const kind of kinds) this.#supervisor.on(kind, (event) => this.watch.note(event));
    this.#supervisor.on("SUPERVISOR_STATE_CHANGE", (event) => {
      this.watch.note(event);
      this.#supervisor.on("PROCESS_GROUP", (change) => this.watch.note(change));
    });
    const started = this.#outcome("all", this.#supervisor.start());
    await this.#forked("all", started);
    const facts: (Fact | undefined)[] = [];
    for (const step of this.#scenario.steps) facts.push(await this.#do(step));
    // what the last step has begun
    await this.#stage.wait(() => this.watch.events.length >= this.#scenario.events.length, 1);
    return facts;
  }

  async #do(step: Step): Promise<Fact | undefined> {
    const [first, second, third, fourth] = step.args;
    const name = String(first);
    switch (step.verb) {
      case "call":
        return this.#call(name, second as unknown[], step);
      case "bg": {
        const [target] = third as [string];
        const outcome = this.#outcome(target, this.#supervisor.start(target));
        this.#background.set(name, outcome);
        await this.#forked(target, outcome);
        return {};
      }
      case "join":
        return { failures: await this.#settled(this.#background.get(name)) };
      case "ctl":
        return this.#ctl(first as string[]);
      case "snap":
        return this.#snap(this.#named(name));
      case "snapall":
        return this.#snap(this.#supervisor.status());
      case "sleep":
        await this.#stage.wait(() => false, first as number);
        return {};
      case "until":
        return this.#until(name, String(second), third as number, fourth as number, step);
      case "event": {
        const isWritten = /^PROCESS_(?:LOG|COMMUNICATION)/.test(name);
        if (isWritten && !this.#stage.isReal) return this.#stage.look(step); // nobody writes
        const reached = () =>
          this.watch.events.filter(({ event }) => event === name).length >= Number(second);
        return { reached: await this.#stage.wait(reached, third as number) };
      }
      case "kill":
        for (const { pid } of this.#named(name))
          this.#stage.kill(pid, `SIG${String(second)}` as NodeJS.Signals);
        return {};
      case "conf":
        this.#sections = first as Sections;
        return {};
      case "sup":
        if (name !== "USR2") return this.#shutdown();
        this.#supervisor.reopen();
        return {};
      case "exit": {
        await this.#stage.wait(() => this.#leaving !== undefined, first as number);
        return { status: this.#leaving?.length };
      }
      case "py":
        if (!("answers" in step.shows)) return lookFor(this.#stage, step);
        return {
          answers: await this.#send(
            "p",
            ["x", "x", "x", "x"].map((x) => x.repeat(60_000)),
          ),
        };
      case "read":
      case "ls":
      case "concat":
        return lookFor(this.#stage, step);
      default:
        return this.#stage.look(step);
    }
  }

  async #call(method: string, args: unknown[], step: Step): Promise<Fact | undefined> {
    const [first, second, third] = args;
    const name = String(first);
    const length = Number(third);
    const supervisor = this.#supervisor;
    switch (method) {
      case "startProcess":
        await this.#caughtUp(name);
        return this.#order(name, supervisor.start(name), second !== false);
      case "startProcessGroup":
        return this.#order(name, supervisor.start(name), second !== false);
      case "startAllProcesses":
        return this.#order("all", supervisor.start("all"), first !== false);
      case "stopProcess":
      case "stopProcessGroup":
        return this.#order(name, supervisor.stop(name), second !== false);
      case "stopAllProcesses":
        return this.#order("all", supervisor.stop("all"), first !== false);
      case "signalProcess":
      case "signalProcessGroup":
        return this.#order(name, supervisor.signal(name, second as SignalSetting), true);
      case "signalAllProcesses":
        return this.#order("all", supervisor.signal("all", first as SignalSetting), true);
      case "system.multicall": {
        const [stop] = first as [{ readonly params: [string] }];
        return this.#order(stop.params[0], supervisor.restart(stop.params[0]), true);
      }
      case "getProcessInfo":
        try {
          return this.#snap(supervisor.status(name));
        } catch (error) {
          return { failures: this.#failuresOf(name, error) };
        }
      case "reloadConfig":
        return this.#update(true);
      case "addProcessGroup": {
        const { programs = {} } = this.#settings();
        supervisor.add(name, programs[name] ?? { command: "" });
        return { failures: [] };
      }
      case "removeProcessGroup":
        return this.#order(name, supervisor.remove(name), true);
      case "sendProcessStdin":
        return { answers: await this.#send(name, [String(second)]) };
      case "sendRemoteCommEvent":
        supervisor.sendRemoteCommEvent(name, String(second));
        return { failures: [] };
      case "shutdown":
        return { ...this.#shutdown(), failures: [] };
      case "readProcessLog":
      case "readProcessStdoutLog":
        return this.#log(name, () => supervisor.read(name, "stdout", Number(second), length));
      case "readProcessStderrLog":
        return this.#log(name, () => supervisor.read(name, "stderr", Number(second), length));
      case "tailProcessStdoutLog":
        return this.#log(name, () => supervisor.tail(name, "stdout", length));
      case "clearProcessLogs":
        return this.#order(name, supervisor.clear(name), true);
      case "clearAllProcessLogs":
        return this.#order("all", supervisor.clear(), true);
      default:
        throw new Error(`${method} has no counterpart (step at ${step.at})`);
    }
  }

  async #ctl([action = "", ...names]: string[]): Promise<Fact | undefined> {
    const supervisor = this.#supervisor;
    const [name = ""] = names;
    switch (action) {
      case "start":
        return this.#order(name, supervisor.start(name), true);
      case "restart":
        return this.#order(name, supervisor.restart(name), true);
      case "stop":
        await this.#order(name, Promise.all(names.map((each) => supervisor.stop(each))), true);
        return { failures: [] };
      case "update":
        return this.#update(false);
      case "clear":
        return this.#order(name, supervisor.clear(name), true);
      case "tail":
        return this.#log(name, () => supervisor.tail(name));
      case "status":
        return {
          rows: supervisor.status(name).map((info) => {
            const { group, state, description } = this.watch.snapshot(info);
            const kind = description.replace("stop time: ", "").replace("AM/PM", "AM");
            return { process: `${group}:${info.name}`, state, description: kind };
          }),
        };
      default:
        throw new Error(`supervisorctl ${action} has no counterpart`);
    }
  }

  /** Children may be slower than they were: what came before this start comes before it. */
  async #caughtUp(target: string): Promise<void> {
    const seen = this.watch.events;
    const place = placeOfStart(this.#scenario, seen.length, target);
    await this.#stage.wait(() => seen.length >= place, 2);
  }

  /** An order's failures; one that nobody waits for is answered once it is on its way. */
  async #order(target: string, order: Promise<unknown>, isAwaited: boolean): Promise<Fact> {
    const outcome = this.#outcome(target, order);
    if (isAwaited) {
      const failures = (await this.#settled(outcome)) ?? [];
      // a command that cannot be executed is told at once, and the attempts go on
      const isTrying = ({ process, code }: Failure) =>
        code === "SPAWN_ERROR" &&
        /^(?:STARTING|BACKOFF)$/.test(this.#supervisor.process(process)?.state ?? "");
      await this.#stage.wait(() => !failures.some(isTrying), WAIT_LIMIT);
      return { failures };
    }
    await this.#forked(target, outcome);
    // how a start goes on is told by events alone
    return { failures: outcome()?.filter(({ code }) => code !== "SPAWN_ERROR") ?? [] };
  }

  /** Tells the failures once there is an outcome. */
  #outcome(target: string, order: Promise<unknown>): () => readonly Failure[] | undefined {
    let outcome: readonly Failure[] | undefined;
    const fail = (error: unknown) => {
      outcome = this.#failuresOf(target, error);
    };
    void order.then(() => {
      outcome = [];
    }, fail);
    return () => outcome;
  }

  async #settled(
    outcome: (() => readonly Failure[] | undefined) | undefined,
  ): Promise<readonly Failure[] | undefined> {
    await this.#stage.wait(() => outcome?.() !== undefined, WAIT_LIMIT);
    return outcome?.();
  }

  /** When supervisord answers, what it starts has a pid, and is RUNNING if that takes no time. */
  async #forked(target: string, outcome: () => unknown): Promise<void> {
    const lasts = ({ group, name }: ProcessInfo) =>
      [...this.#supervisor.programs.values()].some(
        ({ processes, settings }) =>
          settings.startsecs > 0 &&
          processes.some((one) => one.group === group && one.name === name),
      );
    const isForked = () =>
      this.#supervisor
        .status(target)
        .every((info) => info.state !== "STARTING" || (info.pid !== 0 && lasts(info)));
    await this.#stage.wait(() => outcome() !== undefined || isForked(), 2);
  }

  async #until(
    process: string,
    state: string,
    seconds: number,
    nth: number | undefined,
    { shows }: Step,
  ): Promise<Fact> {
    const event = `PROCESS_STATE_${state}`;
    const entries = () =>
      this.watch.events.filter((one) => one.process === process && one.event === event).length;
    const before = entries();
    const isThere = () =>
      nth === undefined
        ? entries() > before || this.#named(process).some((info) => info.state === state)
        : entries() >= nth;
    // what supervisord's poll has missed, we cannot: then only the time passes
    const wasMissed = shows["reached"] === false;
    const reached = await this.#stage.wait(() => !wasMissed && isThere(), seconds);
    return { reached };
  }

  async #send(target: string, messages: readonly string[]): Promise<string[]> {
    const states = messages.map((message) => {
      const outcome = this.#outcome(target, this.#supervisor.send(target, message));
      return () => {
        const failures = outcome();
        if (failures === undefined) return "waiting";
        return failures.length === 0 ? "taken" : "refused";
      };
    });
    await this.#stage.wait(() => states.every((state) => state() !== "waiting"), SEND_LIMIT);
    return states.map((state) => state());
  }

  /** What a log holds, where there are children that write. */
  async #log(target: string, read: () => Promise<Buffer>): Promise<Fact | undefined> {
    let text: string | undefined;
    const reading = async () => {
      text = this.watch.normal((await read()).toString());
    };
    const failures = (await this.#settled(this.#outcome(target, reading()))) ?? [];
    if (!this.#stage.isReal && failures.length === 0) return undefined;
    return text === undefined ? { failures } : { text };
  }

  async #update(dryRun: boolean): Promise<Fact> {
    const update = this.#supervisor.update(this.#settings(), { dryRun });
    let changes: Fact | undefined;
    const outcome = this.#outcome(
      "",
      update.then((result) => {
        changes = { ...result };
      }),
    );
    const failures = await this.#settled(outcome);
    return changes ?? { failures };
  }

  #settings() {
    return settingsOf(this.#sections, this.#stage.dir, this.#sweep);
  }

  #shutdown(): Fact {
    void this.#supervisor.shutdown().then((leftovers) => {
      this.#leaving = leftovers;
    });
    return {};
  }

  /** The reports of the processes of that name, in whatever group. */
  #named(name: string): ProcessInfo[] {
    return this.#supervisor.status().filter((info) => info.name === name);
  }

  #snap(infos: readonly ProcessInfo[]): Fact {
    return { snapshots: infos.map((info) => this.watch.snapshot(info)) };
  }

  #failuresOf(target: string, error: unknown): Failure[] {
    if (!(error instanceof SupervisorError)) throw error;
    return (error.errors ?? [error]).map(({ process = target, code, spawnerr }) =>
      spawnerr === undefined
        ? { process, code }
        : { process, code, spawnerr: this.watch.normal(spawnerr) },
    );
  }
}
