import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import {
  Supervisor,
  SupervisorError,
  type EventMap,
  type EventType,
  type ProgramSettings,
  type SupervisorEvent,
  type SupervisorSettings,
} from "../../src/index.ts";
import { LineChannel } from "./line-channel.ts";
import { MARK, nothingLeft } from "./processes.ts";

/** A supervisor with true children, which say what they have to say to `$CHANNEL`. */
export interface Rig {
  readonly supervisor: Supervisor;
  readonly channel: LineChannel;
  readonly mark: string;
  /** All events so far. */
  readonly log: readonly SupervisorEvent[];
  /** The first event of the type that was not handed out yet. */
  readonly next: <T extends EventType>(type: T) => Promise<EventMap[T]>;
}

/** Proves at the end of the test that nothing is left. */
export function supervise(
  t: TestContext,
  programs: Readonly<Record<string, ProgramSettings>>,
  whole: Omit<SupervisorSettings, "programs" | "environment"> = {},
): Rig {
  const channel = new LineChannel(t);
  const mark = randomUUID();
  const supervisor = new Supervisor({
    ...whole,
    programs,
    environment: { [MARK]: mark, CHANNEL: channel.path },
  });
  const log: SupervisorEvent[] = [];
  const taken = new Set<SupervisorEvent>();
  const groups = ["PROCESS_STATE", "PROCESS_GROUP", "SUPERVISOR_STATE_CHANGE"] as const; // no ticks
  for (const name of groups) supervisor.on(name, (event) => log.push(event));
  channel.before(async () => {
    assert.deepEqual(await supervisor.shutdown(), []);
    nothingLeft(mark);
  });
  return {
    supervisor,
    channel,
    mark,
    log,
    async next(type) {
      let found: SupervisorEvent | undefined = log.find(
        (event) => event.type === type && !taken.has(event),
      );
      found ??= await new Promise<SupervisorEvent>((resolve) => {
        supervisor.once(type, (event) => resolve(event as SupervisorEvent));
      });
      taken.add(found);
      return found as never;
    },
  };
}

/** A shell that runs the script as a program of its own. */
export function sh(script: string): [string, ...string[]] {
  return ["/bin/sh", "-c", script];
}

/** Words of a shell that waits without a child of its own, which could miss a signal between fork and exec. */
export const stay = "read -r never <>$CHANNEL.never";

/** Runs as long as it is let. */
export const forever = sh("echo up $$ >$CHANNEL; exec sleep 1000");

/** Checks a rejection, and gives the error. */
export async function refusal(promise: Promise<unknown>): Promise<SupervisorError> {
  const error: unknown = await promise.then(
    () => assert.fail("it was not refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SupervisorError, String(error));
  return error;
}
