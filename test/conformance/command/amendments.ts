/** What each row of the second table of docs/deviations.md changes of a recording. */
import { amendments } from "../amendments.ts";
import type { Scenario, Snapshot } from "../scenario.ts";

/** By the id of the row. */
export const commandAmendments: Readonly<Record<string, (scenario: Scenario) => void>> = {
  ...amendments,

  "auto-names"({ steps, events }) {
    for (const { shows } of steps) {
      for (const one of (shows["snapshots"] ?? []) as Snapshot[]) {
        const own = events.filter(
          ({ process, group }) => process === one.name && group === one.group,
        );
        const hasRun = own.some(
          ({ event, spawnerr }) => /RUNNING|BACKOFF|STOPPING/.test(event) && spawnerr === undefined,
        );
        if (one.start !== 0 && hasRun) continue;
        for (const key of ["stdout_logfile", "stderr_logfile"] as const)
          if (one[key].startsWith("{dir}/auto/")) one[key] = "";
      }
    }
  },

  "auto-equal"({ steps }) {
    for (const { shows } of steps) {
      const { changed } = shows as { changed?: string[] };
      changed?.push("file2auto", "none2auto");
    }
  },

  "looked-at-first"({ name, steps, events, endings }) {
    const [whose, said] =
      name === "directory"
        ? ["s", { code: "NO_FILE", spawnerr: "can't find command './tool2'" }]
        : [
            "p",
            {
              code: "NOT_EXECUTABLE",
              spawnerr: "couldn't exec {dir}/bad: ENOEXEC (exec format error)",
            },
          ];
    const place = steps.findIndex(({ args }) => String(args[1]).startsWith(`${whose},`));
    const [start] = steps.slice(place);
    if (start) start.shows = { failures: [{ process: whose, ...said }] };
    steps.splice(place + 1); // the others look at what became of it
    const kept = events.filter(({ process }) => process !== whose);
    events.splice(0, Infinity, ...kept);
    delete endings[whose];
  },

  parameters({ steps }) {
    for (const step of steps)
      if (String(step.args[1]) === "p,x,0")
        step.shows = { failures: [{ process: "p", code: "INCORRECT_PARAMETERS" }] };
  },

  "stdin-kept"({ steps }) {
    for (const step of steps) {
      const { answers } = step.shows as { answers?: string[] };
      if (!answers) continue;
      step.shows = answers.length > 1 ? { answers: answers.map(() => "taken") } : { failures: [] };
    }
  },

  "shutdown-waves"(scenario) {
    amendments["waves"]?.(scenario);
    scenario.isTotal = false; // those that stop together
  },

  memory(scenario) {
    amendments["memory"]?.(scenario);
    for (const step of scenario.steps) {
      if (step.verb === "ctl" && "text" in step.shows) step.shows = { failures: [] };
      if (step.verb === "http") step.shows = { status: 200 };
    }
  },

  "xml-characters"({ steps }) {
    for (const step of steps) {
      const { text } = step.shows;
      if (typeof text === "string") step.shows = { text: text.replaceAll("\u0001", "\uFFFD") };
    }
  },

  messages({ steps }) {
    for (const step of steps)
      if (step.verb === "read")
        step.shows = {
          text: [
            "Error: not a valid boolean value: 'maybe'",
            '  {dir}/c.conf:2: [supervisord] nodaemon: expected true, yes, on or 1, or false, no, off or 0, got "maybe"',
            "For help, use libsupervisor -h",
            "",
          ].join("\n"),
        };
  },
};
