/** The state diagram, found by asking the machine about every state it can be in, and every input. */
import { table, transition } from "../../src/lifecycle/table.ts";
import {
  NEVER,
  type Input,
  type Policy,
  type State,
  type StateName,
} from "../../src/lifecycle/state.ts";

const status = { code: 1, signal: null };
const reason = "it is a sample";
const policy: Policy = {
  startMs: 1000,
  startRetries: 3,
  stopMs: 10_000,
  stopSignal: "SIGTERM",
  stopAsGroup: false,
  killAsGroup: false,
  autorestart: "unexpected",
  exitCodes: [0],
};

const policies = [policy, { ...policy, readiness: { waitMs: 1000, isProbed: false, options: [] } }];

// every combination that decides about what comes next
const samples: { readonly [N in StateName]: readonly Extract<State, { readonly name: N }>[] } = {
  STOPPED: [{ name: "STOPPED", until: NEVER, next: "stay", tries: 0, survivors: [] }],
  STARTING: [
    { name: "STARTING", until: NEVER, phase: "spawning", by: "order", tries: 0 },
    { name: "STARTING", until: 0, phase: "proving", by: "order", tries: 0, pid: 101 },
    {
      name: "STARTING",
      until: 0,
      phase: "proving",
      by: "order",
      tries: 0,
      pid: 101,
      since: 0,
      isLast: true,
    },
  ],
  RUNNING: [
    { name: "RUNNING", until: NEVER, pid: 101 },
    {
      name: "RUNNING",
      until: NEVER,
      pid: 101,
      proof: { since: 0, tookMs: 0, tries: 0, captures: {} },
    },
  ],
  BACKOFF: (["waiting", "sweeping"] as const).flatMap((phase) =>
    (["retry", "fatal", "start", "stay"] as const).map(
      (next) => ({ name: "BACKOFF", until: 0, phase, next, due: 0, tries: 1, reason }) as const,
    ),
  ),
  STOPPING: (["retry", "start", "stay"] as const).map(
    (next) =>
      ({
        name: "STOPPING",
        until: 0,
        phase: "sweeping",
        next,
        tries: 0,
        pid: 101,
        status,
      }) as const,
  ),
  EXITED: (["swept", "sweeping"] as const).flatMap((phase) =>
    (["retry", "start", "stay"] as const).flatMap((next) => {
      const one = {
        name: "EXITED",
        until: 0,
        phase,
        next,
        due: 0,
        status,
        expected: false,
      } as const;
      return [one, { ...one, failedTries: 0 }];
    }),
  ),
  FATAL: [{ name: "FATAL", until: NEVER, reason }],
  UNKNOWN: [
    { name: "UNKNOWN", until: NEVER, phase: "refused", tries: 0, pid: 101, reason },
    { name: "UNKNOWN", until: NEVER, phase: "sweeping", tries: 0, pid: 101, reason, status },
  ],
};

const inputs: { readonly [T in Input["type"]]: Extract<Input, { readonly type: T }> } = {
  start: { type: "start" },
  stop: { type: "stop" },
  restart: { type: "restart" },
  giveup: { type: "giveup" },
  spawned: { type: "spawned", pid: 101 },
  failed: { type: "failed", reason },
  exited: { type: "exited", status },
  swept: { type: "swept", survivors: [] },
  killFailed: { type: "killFailed", reason },
  deadline: { type: "deadline" },
  vacant: { type: "vacant" },
  ready: { type: "ready", captures: {} },
  lacks: { type: "lacks", reason },
};

/** Mermaid. An arrow for each pair of states, with the inputs that lead from one to the other. */
export function diagram(): string {
  const arrows = new Map<string, Set<string>>();
  for (const from of Object.values(samples).flat()) {
    for (const input of Object.values(inputs)) {
      if (!(input.type in table[from.name])) continue;
      for (const each of policies) {
        const [to] = transition(from, input, each, 0);
        if (to.name === from.name) continue;
        const arrow = `${from.name} --> ${to.name}`;
        arrows.set(arrow, (arrows.get(arrow) ?? new Set()).add(input.type));
      }
    }
  }
  const lines = [...arrows].map(([arrow, types]) => `  ${arrow}: ${[...types].join(", ")}`);
  return ["```mermaid", "stateDiagram-v2", "  [*] --> STOPPED", ...lines, "```", ""].join("\n");
}
