import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventNames, isKindOf, listenerEventNames, parentOf } from "../../src/events/hierarchy.ts";
import type * as api from "../../src/index.ts";

/** The event that each name brings: the report of the public API has only the formula. */
interface Expected {
  PROCESS_STATE_STARTING: api.StartingEvent;
  PROCESS_STATE_RUNNING: api.RunningEvent;
  PROCESS_STATE_BACKOFF: api.BackoffEvent;
  PROCESS_STATE_STOPPING: api.StoppingEvent;
  PROCESS_STATE_EXITED: api.ExitedEvent;
  PROCESS_STATE_STOPPED: api.StoppedEvent;
  PROCESS_STATE_FATAL: api.FatalEvent;
  PROCESS_STATE_UNKNOWN: api.UnknownEvent;
  PROCESS_STATE: Under<"PROCESS_STATE">;
  PROCESS_LOG_STDOUT: api.ProcessLogEvent;
  PROCESS_LOG_STDERR: api.ProcessLogEvent;
  PROCESS_LOG: api.ProcessLogEvent;
  PROCESS_COMMUNICATION_STDOUT: api.ProcessCommunicationEvent;
  PROCESS_COMMUNICATION_STDERR: api.ProcessCommunicationEvent;
  PROCESS_COMMUNICATION: api.ProcessCommunicationEvent;
  PROCESS_MESSAGE: api.ProcessMessageEvent;
  LOGFILE_FAILED: api.LogfileFailedEvent;
  LOGFILE_RECOVERED: api.LogfileRecoveredEvent;
  LOGFILE: api.LogfileFailedEvent | api.LogfileRecoveredEvent;
  GUARDIAN_LOST: api.GuardianEvent;
  GUARDIAN_FAILED: api.GuardianEvent;
  CGROUP_FAILED: api.GuardianEvent;
  GUARDIAN: api.GuardianEvent;
  SUPERVISOR_STATE_CHANGE_RUNNING: api.SupervisorStateEvent;
  SUPERVISOR_STATE_CHANGE_STOPPING: api.SupervisorStateEvent;
  SUPERVISOR_STATE_CHANGE: api.SupervisorStateEvent;
  REMOTE_COMMUNICATION: api.RemoteCommunicationEvent;
  ACTIVITY: api.ActivityEvent;
  PROCESS_GROUP_ADDED: api.ProcessGroupEvent;
  PROCESS_GROUP_REMOVED: api.ProcessGroupEvent;
  PROCESS_GROUP: api.ProcessGroupEvent;
  TICK_5: api.TickEvent;
  TICK_60: api.TickEvent;
  TICK_3600: api.TickEvent;
  TICK: api.TickEvent;
  EVENT: Exclude<Expected[Exclude<keyof Expected, "EVENT">], api.ActivityEvent>;
}

/** The events whose type begins so. */
type Under<Prefix extends string> = {
  [Name in Extract<keyof Expected, `${Prefix}_${string}`>]: Expected[Name];
}[Extract<keyof Expected, `${Prefix}_${string}`>];

type IsSame<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/** The names that bring another event. */
type Different = {
  [Name in keyof Expected]: IsSame<Expected[Name], api.EventMap[Name]> extends true ? never : Name;
}[keyof Expected];

describe("the event table", () => {
  it("brings the event of each name: the compiler checks it", () => {
    const different: [Different] extends [never] ? undefined : Different = undefined;
    const hasAll: IsSame<keyof Expected, api.EventName> = true;
    const hasTypes: IsSame<api.SupervisorEvent["type"], Exclude<api.EventType, "ACTIVITY">> = true;
    assert.deepEqual([different, hasAll, hasTypes], [undefined, true, true]);
  });

  it("has only parents that are names of the table, without a circle", () => {
    for (const name of eventNames) {
      const parent = parentOf(name);
      assert.ok(parent === undefined || eventNames.includes(parent), name);
      let steps = 0;
      for (let one = parent; one !== undefined; one = parentOf(one)) assert.ok(steps++ < 10, name);
    }
  });

  it("has all under EVENT, except for ACTIVITY", () => {
    const tops = eventNames.filter((name) => parentOf(name) === undefined);
    assert.deepEqual(tops, ["ACTIVITY", "EVENT"]);
    assert.ok(isKindOf("TICK_5", "EVENT"));
    assert.ok(!isKindOf("TICK_5", "TICK_60"));
    assert.ok(!isKindOf("ACTIVITY", "EVENT"));
  });

  it("offers event listeners what supervisord has, and no extension", () => {
    const extensions = eventNames.filter((name) => !listenerEventNames.includes(name));
    assert.deepEqual(extensions, [
      "PROCESS_MESSAGE",
      "LOGFILE_FAILED",
      "LOGFILE_RECOVERED",
      "LOGFILE",
      "GUARDIAN_LOST",
      "GUARDIAN_FAILED",
      "CGROUP_FAILED",
      "GUARDIAN",
      "ACTIVITY",
    ]);
  });
});
