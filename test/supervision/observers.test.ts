import assert from "node:assert/strict";
import { it } from "node:test";
import { Stage } from "../support/helpers.ts";

it("a step is told in order: the activity log, the events, then the promises that wait", async () => {
  const stage = new Stage({ programs: { web: { command: "w" } } });
  const told: string[] = [];
  stage.supervisor.on("ACTIVITY", ({ message }) => told.push(message.split(":")[0] as string));
  stage.supervisor.on("PROCESS_STATE", ({ type }) => told.push(type));
  const started = stage.supervisor.start().then(() => told.push("started"));
  await stage.pass(1000);
  await started;
  stage.spawner.last.exit(0);
  assert.deepEqual(told, [
    "PROCESS_STATE_STARTING",
    "spawned",
    "success",
    "PROCESS_STATE_RUNNING",
    "started",
    "exited",
    "received SIGCHLD indicating a child quit",
    "PROCESS_STATE_EXITED",
  ]);
});

it("a process that gives up while the supervisor stops has no line of that", async () => {
  const stage = new Stage({ programs: { web: { command: "w" } } });
  const lines: string[] = [];
  stage.supervisor.on("ACTIVITY", ({ message }) => lines.push(message));
  stage.spawner.broken = "ENOENT";
  stage.supervisor.start().catch(() => {});
  await stage.pass(0);
  assert.deepEqual(stage.states(), { web: "BACKOFF" });
  await stage.supervisor.shutdown();
  assert.deepEqual(stage.states(), { web: "FATAL" });
  assert.deepEqual(
    lines.filter((line) => line.startsWith("gave up")),
    [],
  );
});
