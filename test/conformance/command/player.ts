/** Plays a recording against a supervisord in the foreground, from outside, and notes what is seen. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { lookFor, placeOfStart } from "../player.ts";
import { RealStage } from "../real/stage.ts";
import {
  recorded,
  type RawRecording,
  type RawStep,
  type Scenario,
  type Sections,
  type Step,
} from "../scenario.ts";
import type { SeenEvent } from "../watch.ts";
import { asRecorded } from "./answers.ts";
import { namesOf, timed } from "./beside.ts";
import { confOf, fixtures } from "./conf.ts";
import { Daemon, type Make } from "./daemon.ts";
import { linesIn, statesIn, type FoundLine } from "./log.ts";
import { MARK_TYPE, Notes } from "./notes.ts";
import { Wire, type Value } from "./wire.ts";

export interface Outcome {
  /** What came back, step by step, as it would have been recorded. */
  readonly steps: readonly RawStep[];
  readonly events: readonly SeenEvent[];
  readonly log: readonly FoundLine[];
  /** Every process id of a program. */
  readonly pids: readonly number[];
  /** Programs whose settings it did not take. */
  readonly refused: readonly string[];
  /** What it ended with, if it was the player that ended it. */
  readonly status: number | null;
}

/** So long a start and an end may take, in seconds. */
const LIMIT = 30;

/** Plays the steps that the scenario has left of its recording. */
export async function play(scenario: Scenario, make: Make, dir: string): Promise<Outcome> {
  const player = new Player(scenario, make, dir);
  try {
    return await player.run();
  } finally {
    await player.end();
  }
}

class Player {
  readonly #scenario: Scenario;
  readonly #raw: RawRecording;
  readonly #dir: string;
  readonly #stage: RealStage;
  readonly #notes: Notes;
  readonly #notesFile: string;
  readonly #wire: Wire;
  readonly #daemon: Daemon;
  readonly #background = new Map<string, Promise<object>>();
  #marks = 0;

  constructor(scenario: Scenario, make: Make, dir: string) {
    this.#scenario = scenario;
    this.#raw = recorded(scenario.name);
    this.#dir = dir;
    this.#stage = new RealStage(dir);
    // where the recording has no listener of its own, what is looked at is ours
    const name = this.#hasListener() ? "envelopes.jsonl" : "el.jsonl";
    this.#notesFile = path.join(dir, name);
    this.#notes = new Notes(this.#notesFile);
    copyFileSync(path.join(fixtures, "envelopes.mjs"), path.join(dir, "envelopes.mjs"));
    this.#configure(this.#raw.settings);
    this.#wire = new Wire(`${dir}/s`);
    this.#daemon = new Daemon(make, dir, this.#raw);
  }

  async run(): Promise<Outcome> {
    const refused = await this.#untilUp();
    if (refused) return refused;
    const steps: RawStep[] = [];
    for (const step of this.#scenario.steps) {
      const fact = await this.#do(step);
      steps.push({ do: [step.verb, ...step.args], ...fact });
    }
    const { events, isCut } = this.#scenario;
    await this.#sync(5);
    await this.#wait(() => this.#notes.events.length >= events.length, isCut ? 0 : 3);
    const log = this.#log();
    const seen = timed(this.#notes.events, log);
    const status = this.#daemon.ending ? 0 : await this.end();
    const { pids, pidName } = namesOf(log, JSON.stringify([seen, steps]));
    return {
      steps: steps.map((step) => asRecorded(step, this.#dir, pidName)),
      events: seen.map(({ pid, ...event }) =>
        pid === undefined ? event : Object.assign(event, { pid: pidName(pid) }),
      ),
      log,
      pids,
      refused: [],
      status,
    };
  }

  /** Ends it, if that has not happened yet. */
  async end(): Promise<number | null> {
    this.#wire.close();
    if (!this.#daemon.ending) this.#daemon.signal("TERM");
    await this.#wait(() => this.#daemon.ending !== undefined, LIMIT);
    if (!this.#daemon.ending) this.#daemon.signal("KILL");
    return this.#daemon.ending?.status ?? null;
  }

  /** Waits until orders can be given; if it takes the settings. */
  async #untilUp(): Promise<Outcome | undefined> {
    const end = this.#stage.now() + LIMIT;
    while (!(await this.#daemon.answers())) {
      const { ending } = this.#daemon;
      const errors = this.#text("stderr.txt");
      const refused = [...new Set(errors.match(/(?<=\[program:)\w+(?=\])/g))];
      if (ending?.status === 2 && refused.length > 0)
        return { steps: [], events: [], log: [], pids: [], refused, status: 0 };
      if (ending || this.#stage.now() > end)
        assert.fail(`it does not come up: ${JSON.stringify(ending)} ${errors}`);
      await this.#wait(() => false, 0.01);
    }
    while (
      (await this.#wire.reports()).some((one) => one.statename === "STARTING" && one.pid === 0)
    )
      await this.#wait(() => false, 0.01);
    const programs = Object.entries(this.#raw.settings).filter(([name]) =>
      name.startsWith("program:"),
    );
    // where nothing begins by itself, there is time for the listener
    if (programs.every(([, { autostart }]) => autostart === "false")) await this.#sync(LIMIT);
    return undefined;
  }

  async #do(step: Step): Promise<object> {
    const { verb, args } = step;
    const [first, second, third, fourth] = args;
    const name = String(first);
    switch (verb) {
      case "call":
        if (name === "startProcess") await this.#caughtUp((second as [string])[0]);
        return this.#wire.call(name, second as Value[]);
      case "bg":
        this.#background.set(name, this.#wire.callAside(String(second), third as Value[]));
        await this.#forked((third as [string])[0]);
        return {};
      case "join":
        return (await this.#background.get(name)) ?? {};
      case "ctl": {
        const { stdout, exit } = await this.#daemon.ask(first as string[]);
        return { stdout: stdout.split("\n").slice(0, -1), exit };
      }
      case "snap":
        return this.#wire.call("getProcessInfo", [name]);
      case "snapall":
        return this.#wire.call("getAllProcessInfo", []);
      case "sleep":
        await this.#wait(() => false, first as number);
        return {};
      case "until":
        // what supervisord's poll has missed, this would see: then only the time passes
        if (step.shows["reached"] === false)
          return { reached: await this.#wait(() => false, third as number) };
        return this.#until(name, String(second), third as number, fourth as number | undefined);
      case "event": {
        const count = () => this.#notes.events.filter(({ event }) => event === name).length;
        return { reached: await this.#wait(() => count() >= Number(second), third as number) };
      }
      case "kill":
        process.kill(await this.#wire.pidOf(name), `SIG${String(second)}`);
        return {};
      case "conf":
        this.#configure(first as Sections);
        return {};
      case "write":
        writeFileSync(this.#inDir(name), this.#inDir(String(second)));
        return {};
      case "sup":
        this.#daemon.signal(name);
        return {};
      case "exit":
        await this.#wait(() => this.#daemon.ending !== undefined, first as number);
        return { status: this.#daemon.ending?.status };
      case "http":
        return this.#wire.request(name, String(second));
      case "gotstdout":
        await this.#wait(() => this.#daemon.output.split("\n").length > 3, 2);
        return { text: this.#daemon.output };
      case "py":
        if (name.startsWith("sendProcessStdin")) return { value: await this.#wire.fill() };
    }
    return (await lookFor(this.#stage, step)) ?? {};
  }

  async #caughtUp(target: string): Promise<void> {
    const seen = this.#notes.events;
    const place = placeOfStart(this.#scenario, seen.length, target);
    await this.#wait(() => seen.length >= place, 2);
  }

  async #until(name: string, state: string, seconds: number, nth?: number): Promise<object> {
    await this.#sync();
    // the log is faster, but does not tell all
    const heard = () =>
      this.#notes.events.flatMap(({ process, event }) =>
        process === name ? [event.replace("PROCESS_STATE_", "")] : [],
      );
    const told = () => statesIn(this.#log(), name).map((line) => line.state);
    const wasThere = (before: readonly string[], now: readonly string[]) => {
      const [a, b] = [before, now].map((list) => list.filter((one) => one === state).length);
      return nth === undefined ? Number(b) > Number(a) || now.at(-1) === state : Number(b) >= nth;
    };
    const [heardBefore, toldBefore] = [heard(), told()];
    const isThere = () => wasThere(heardBefore, heard()) || wasThere(toldBefore, told());
    return { reached: await this.#wait(isThere, seconds) };
  }

  /** Waits until the listener has heard what was so far; a mark would be heard by others, too. */
  async #sync(seconds = 0.5): Promise<void> {
    if (this.#daemon.ending || this.#hasListener()) return;
    const mark = String(++this.#marks);
    try {
      await this.#wire.call("sendRemoteCommEvent", [MARK_TYPE, mark]);
    } catch {
      return; // it is about to end, or to begin again
    }
    await this.#wait(() => this.#notes.mark === mark, seconds);
  }

  async #wait(condition: () => boolean, seconds: number): Promise<boolean> {
    return this.#stage.wait(() => {
      this.#notes.catchUp();
      return condition();
    }, seconds);
  }

  /** Waits until there is a process, which may take a moment. */
  async #forked(name: string): Promise<void> {
    const end = this.#stage.now() + 2;
    while ((await this.#wire.pidOf(name)) === 0 && this.#stage.now() < end)
      await this.#wait(() => false, 0.01);
  }

  #hasListener(): boolean {
    return Object.keys(this.#raw.settings).some((name) => name.startsWith("eventlistener:"));
  }

  #configure(sections: Sections): void {
    const ends = ({ do: [verb, word] }: RawStep) =>
      (verb === "sup" && word !== "USR2") || word === "shutdown" || word === "restart";
    const lingers = this.#raw.steps.some(ends);
    const text = confOf(sections, this.#dir, { notes: this.#notesFile, lingers });
    writeFileSync(path.join(this.#dir, "c.conf"), text);
  }

  #inDir(text: string): string {
    return text.replaceAll("{dir}", this.#dir);
  }

  #log(): FoundLine[] {
    return linesIn(this.#text("supervisord.log"), this.#dir);
  }

  #text(name: string): string {
    const file = path.join(this.#dir, name);
    return existsSync(file) ? readFileSync(file, "utf8") : "";
  }
}
