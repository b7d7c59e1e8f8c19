/** A stage in virtual time: the children end as the recording says theirs did. */
import { setImmediate as turn } from "node:timers/promises";
import { FakeClock, FakeSpawner, type FakeChild } from "../../src/testing/index.ts";
import type { ExitStatus } from "../../src/index.ts";
import type { Stage } from "./player.ts";
import type { RecordedEvent, Scenario } from "./scenario.ts";

/** One run of a process: from STARTING to its end. */
interface Life {
  /** Why there is no process at all. */
  readonly spawnerr?: string;
  /** When it ends by itself, in ms from its start. */
  readonly endsAfter?: number;
  /** How long it takes to obey, in ms. */
  readonly obeysAfter: number;
  readonly status?: ExitStatus;
}

interface Known {
  readonly child: FakeChild;
  readonly life: Life;
  heard: number;
  hasEnded: boolean;
}

/** Plays the children of a scenario. */
export class VirtualStage implements Stage {
  readonly clock = new FakeClock();
  readonly spawner = new FakeSpawner();
  readonly io = { clock: this.clock, spawner: this.spawner };
  readonly isReal = false;
  readonly dir: string;
  readonly #lives: Map<string, Life[]>;
  readonly #known: Known[] = [];
  readonly #stubborn: readonly string[];

  /** The directory is there for the names of files in it. */
  constructor(scenario: Scenario, dir: string) {
    this.dir = dir;
    this.spawner.slow = true; // the child hears of its fate only after it is known here
    this.#lives = livesOf(scenario);
    this.#stubborn = scenario.stubborn;
  }

  now(): number {
    return this.clock.now() / 1000;
  }

  async wait(condition: () => boolean, seconds: number): Promise<boolean> {
    const end = this.clock.now() + seconds * 1000;
    for (;;) {
      this.#act();
      await turn();
      if (condition()) return true;
      if (this.clock.now() >= end) return false;
      this.clock.advance(1);
    }
  }

  /** The child's end is in the recording, at its time. */
  kill(): void {}

  /** Files are not played; the time that was spent on them is. */
  async look({ lasts }: { readonly lasts: number }): Promise<undefined> {
    await this.wait(() => false, lasts);
  }

  #act(): void {
    for (const child of this.spawner.children.slice(this.#known.length)) {
      const name = child.command.name.split(":").at(-1) ?? "";
      const life = this.#lives.get(name)?.shift() ?? { obeysAfter: 0 };
      const one = { child, life, heard: 0, hasEnded: false };
      this.#known.push(one);
      if (life.spawnerr !== undefined) child.fail(life.spawnerr);
      else {
        child.begin();
        if (life.endsAfter !== undefined) this.#endLater(one, life.endsAfter);
      }
    }
    for (const one of this.#known) {
      const { child, life } = one;
      const orders = child.kills.slice(one.heard);
      one.heard = child.kills.length;
      const name = child.command.name.split(":").at(-1) ?? "";
      const isDeaf =
        this.#stubborn.includes(name) && !orders.some((kill) => kill.startsWith("SIGKILL"));
      if (orders.length > 0 && !isDeaf) this.#endLater(one, life.obeysAfter);
    }
  }

  #endLater(one: Known, ms: number): void {
    this.clock.setTimeout(() => {
      if (one.hasEnded) return;
      one.hasEnded = true;
      const { code, signal } = one.life.status ?? { code: null, signal: "SIGKILL" };
      one.child.exit(code, signal);
    }, ms);
  }
}

/** The runs of each process, as its events and the log tell them. */
function livesOf({ events, endings, stubborn, isCut }: Scenario): Map<string, Life[]> {
  const lives = new Map<string, Life[]>();
  for (const name of new Set(events.flatMap(({ process }) => process ?? []))) {
    const said = [...(endings[name] ?? [])];
    const own = events.filter(({ process }) => process === name);
    const starts = own.flatMap(({ event }, i) => (event === "PROCESS_STATE_STARTING" ? [i] : []));
    let last: Life | undefined;
    const runs = starts.map((start, k) => own.slice(start, starts[k + 1] ?? own.length));
    lives.set(
      name,
      runs.map((run) => {
        const life = lifeOf(run, said, stubborn.includes(name));
        // where the events are cut short, the log goes on
        if (!life.status && isCut && said.length > 0 && last) return last;
        last = life;
        return life;
      }),
    );
  }
  return lives;
}

function lifeOf(run: readonly RecordedEvent[], said: string[], isStubborn: boolean): Life {
  const [starting] = run;
  const end = run.find(
    ({ event, from_state }) =>
      /BACKOFF|EXITED/.test(event) || (/STOPPED/.test(event) && from_state === "STOPPING"),
  );
  if (!starting || !end) return { obeysAfter: 0 };
  if (end.spawnerr !== undefined) return { spawnerr: end.spawnerr, obeysAfter: 0 };
  const how = said.shift() ?? "";
  const status = statusOf(how);
  if (end.event === "PROCESS_STATE_STOPPED") {
    return { obeysAfter: isStubborn ? 0 : Math.round((end.gap?.[0] ?? 0) * 1000), status };
  }
  return { endsAfter: Math.round((end.at - starting.at) * 1000), obeysAfter: 0, status };
}

/** From the words of the log: `exit status 1; not expected`, `terminated by SIGTERM`. */
function statusOf(words: string): ExitStatus {
  const [, code] = /^exit status (\d+)/.exec(words) ?? [];
  const [, signal] = /^terminated by (SIG\w+)/.exec(words) ?? [];
  if (code === undefined && signal === undefined)
    throw new Error(`no ending: ${JSON.stringify(words)}`);
  return {
    code: code === undefined ? null : Number(code),
    signal: signal === undefined ? null : (signal as NodeJS.Signals),
  };
}
