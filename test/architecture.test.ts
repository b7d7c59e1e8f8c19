/** Reads what each source file imports and calls, and checks that it keeps to its room. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

const src = path.resolve(import.meta.dirname, "../../src");

interface Import {
  /** `lifecycle/table.ts` for a file of ours; otherwise the name of the package. */
  readonly to: string;
  readonly isType: boolean;
}

interface Source {
  readonly name: string;
  readonly room: string;
  readonly lines: number;
  readonly isGenerated: boolean;
  /** The text without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const statement =
  /^(import|export)\s+(type\s)?([^"';]*?\sfrom\s+)?"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((file) => read(file.replaceAll(path.sep, "/")));

function read(name: string): Source {
  const text = readFileSync(path.join(src, name), "utf8");
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/.*$/gm, "$1");
  const imports = [...code.matchAll(statement)].map((match): Import => {
    const [, , type, , from = "", lazy] = match;
    const to = lazy ?? from;
    const before = code.slice(0, match.index);
    return {
      to: to.startsWith(".") ? path.posix.join(path.posix.dirname(name), to) : to,
      isType: type !== undefined || /\btypeof\s*$/.test(before),
    };
  });
  const room = name.includes("/") ? (name.split("/")[0] as string) : "top";
  const isGenerated = text.startsWith("// Generated: ");
  return { name, room, lines: text.split("\n").length - 1, isGenerated, code, imports };
}

/** Files that decide and touch nothing: what they import is pure, too. */
const PURE = new Set([
  "events/activity-lines.ts",
  "events/event-table.ts",
  "events/hierarchy.ts",
  "events/levels.ts",
  "lifecycle/outcome.ts",
  "lifecycle/restart-policy.ts",
  "lifecycle/state.ts",
  "lifecycle/steps.ts",
  "lifecycle/table.ts",
  "lifecycle/transition.ts",
  "listeners/envelope.ts",
  "listeners/message-queue.ts",
  "listeners/protocol.ts",
  "output/ansi.ts",
  "output/backlog.ts",
  "output/follow-buffer.ts",
  "output/log-audience.ts",
  "output/log-users.ts",
  "output/communication.ts",
  "output/lines.ts",
  "output/rotation.ts",
  "output/tail.ts",
  "readiness/local.ts",
  "readiness/pace.ts",
  "readiness/probe-url.ts",
  "readiness/shared-calls.ts",
  "readiness/socket-pool.ts",
  "readiness/status-line.ts",
  "readiness/statuses.ts",
  "schema/by-text.ts",
  "schema/copy.ts",
  "schema/expand.ts",
  "schema/pattern.ts",
  "schema/suggest.ts",
  "settings/memoize.ts",
  "spawn/pace.ts",
  "spawn/split-command.ts",
  "supervision/changes.ts",
  "supervision/deep-equal.ts",
  "supervision/diff.ts",
  "supervision/goals.ts",
  "supervision/run-record.ts",
  "supervision/start-order.ts",
  "supervision/stop-ticket.ts",
]);

/** Rooms that touch the operating system. */
const SYSTEM = new Set([
  "system",
  "spawn",
  "sockets",
  "output",
  "cleanup",
  "readiness",
  "control",
  "cli",
]);

/** `file -> import` for each import that is not as it should be. */
function offences(isBad: (source: Source, imported: Import) => boolean): string[] {
  return sources.flatMap((source) =>
    source.imports.filter((one) => isBad(source, one)).map(({ to }) => `${source.name} -> ${to}`),
  );
}

/** The files whose code matches. */
function where(pattern: RegExp): string[] {
  return sources.filter(({ code }) => pattern.test(code)).map(({ name }) => name);
}

/** The same, of the library: the command is a host, and may do what a host may. */
function inLibrary(pattern: RegExp): string[] {
  return where(pattern).filter((name) => !name.startsWith("cli/"));
}

/** Without template literals, some of which are scripts for a browser, a shell or a thread. */
function withoutScripts(code: string): string {
  return code.replaceAll(/`(?:\\.|[^`\\])*`/gs, "``");
}

/** Names of classes whose objects do not change, or change only where `isChanged` finds it. */
const VALUES = new Set(["Html", "Int32Array", "Map", "RegExp", "Set", "TextDecoder", "Uint8Array"]);

/** The variables of a module that keep state: each `let`, and constants whose object changes. */
function stateOf(code: string): string[] {
  const declared = /^(?:export )?(let|const) (\w+)[^=\n]*(?: =\s+(?:new (\w+))?|;$)/gm;
  return [...code.matchAll(declared)]
    .filter(([, kind, name = "", made]) => {
      if (kind === "let" || isChanged(name, code)) return true;
      return made !== undefined && !VALUES.has(made);
    })
    .map(([, , name = ""]) => name);
}

/** Whether a module changes the object of a constant; not the position of a regular expression. */
function isChanged(name: string, code: string): boolean {
  const method = /\.(?:set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill)\(/;
  const assignment = /(?!\.lastIndex\b)(?:\.\w+|\[[^\]]+\])+ ?(?:[-+*/%&|?]{0,2}=(?!=)|\+\+|--)/;
  const changed = `(?<![.\\w])${name}(?:${method.source}|${assignment.source})`;
  return new RegExp(changed).test(code);
}

/** Not only types. */
function importers(name: string): string[] {
  return sources
    .filter(({ imports }) => imports.some(({ to, isType }) => to === name && !isType))
    .map((source) => source.name);
}

describe("the architecture", () => {
  it("imports: each is parsed", () => {
    assert.ok(sources.length > 20);
    for (const { name, code, imports } of sources) {
      const words = code.match(/\bfrom\s+"|\bimport\s*\(?\s*"/g) ?? [];
      assert.equal(
        imports.length,
        words.length,
        `${name}: an import is written in a way unknown here`,
      );
      for (const { to } of imports) {
        if (to.endsWith(".ts"))
          assert.ok(
            sources.some((source) => source.name === to),
            to,
          );
      }
    }
  });

  it("pure files: import only pure files, and types", () => {
    const bad = offences(({ name }, { to, isType }) => PURE.has(name) && !PURE.has(to) && !isType);
    assert.deepEqual(bad, []);
  });

  it("pure files: read no clock, set no timer, draw no random number, ask no process", () => {
    const impure =
      /\b(?:setTimeout|setImmediate|Date|performance|Math\.random|process\.(?:env|pid|platform|cwd|hrtime)|console)\b/;
    assert.deepEqual(
      where(impure).filter((name) => PURE.has(name)),
      [],
    );
    for (const name of PURE)
      assert.ok(
        sources.some((source) => source.name === name),
        name,
      );
  });

  it("modules: keep only this state", () => {
    const found = sources.flatMap(({ name, code }) =>
      stateOf(withoutScripts(code)).map((variable) => `${name}: ${variable}`),
    );
    assert.deepEqual(found.toSorted(), [
      "cleanup/exit-hook.ts: hooks", // the one `exit` listener of the host
      "control/rpc/endpoint.ts: encoded", // answers, by the object that was encoded
      "control/rpc/server-state.ts: states", // by supervisor
      "lifecycle/wait.ts: waits", // by signal
      "output/host-logs.ts: hosts", // the one writer of each file, by clock
      "readiness/system-prober.ts: hostSockets", // the sockets of all attempts of the host
      "schema/option.ts: options", // what was told of each option, by schema
      "spawn/shell.ts: raw", // the environment with which the host was started
      "spawn/spawner.ts: wakeUps", // the budget of reads of the host
      "supervision/call-site.ts: placed", // errors that show their caller
      "system/reserve.ts: reserve", // the descriptor of the host that is kept
    ]);
  });

  it("modules: do nothing when they are imported; only the command runs", () => {
    const atOnce =
      /^(?!(?:import|export|const|let|async|function|class|abstract|type|interface)\b)[\w$].*$/gm;
    const found = sources.flatMap(({ name, code }) =>
      [...withoutScripts(code).matchAll(atOnce)].map(([text]) => `${name}: ${text}`),
    );
    assert.deepEqual(found, ["cli/main.ts: process.exitCode = await main();"]);
  });

  it("packages: only the four, and each at its own place", () => {
    const packages = new Set(sources.flatMap(({ imports }) => imports.map(({ to }) => to)));
    const foreign = [...packages].filter((to) => !to.endsWith(".ts") && !to.startsWith("node:"));
    assert.deepEqual(foreign.toSorted(), ["#zod", "eventemitter3", "execa", "tree-kill", "zod"]);
    assert.deepEqual(importers("execa"), ["spawn/execute.ts"]);
    assert.deepEqual(importers("tree-kill"), ["system/signals.ts"]);
    assert.deepEqual(importers("eventemitter3"), ["events/emitter.ts"]);
    assert.deepEqual(importers("zod"), []); // that is for zod.cjs
    assert.deepEqual(importers("#zod").toSorted(), [
      "activity-log/options.ts",
      "control/schema.ts",
      "output/options.ts",
      "schema/option.ts",
      "schema/settings-error.ts",
      "schema/types.ts",
      "settings/group.ts",
      "settings/program.ts",
      "settings/supervisor.ts",
      "spawn/options.ts",
    ]);
  });

  it("process.kill: only in system/signals.ts", () => {
    assert.deepEqual(where(/\bprocess\.kill\b/), ["system/signals.ts"]);
  });

  it("time: the rooms at the bottom are given a clock", () => {
    const rooms = /^(?:cleanup|lifecycle|ports|readiness|sockets|spawn|system)\//;
    const own = where(/\bsystemClock\b/).filter((name) => rooms.test(name));
    assert.deepEqual(own, ["system/clock.ts"]);
  });

  it("ports and system: import no room above them", () => {
    const bad = offences(({ room }, { to }) => {
      if (room === "ports") return !to.startsWith("ports/");
      return room === "system" && !/^(?:system|ports)\/|^node:|^tree-kill$/.test(to);
    });
    assert.deepEqual(bad, []);
  });

  it("files: have at most 250 lines; the two that are mostly TSDoc some more, generated ones any number", () => {
    const most = (name: string) => ({ "supervisor.ts": 400, "subprocess.ts": 300 })[name] ?? 250;
    const written = sources.filter(({ isGenerated }) => !isGenerated);
    const long = written.filter(({ name, lines }) => lines > most(name));
    assert.deepEqual(
      long.map(({ name, lines }) => `${name}: ${lines}`),
      [],
    );
  });

  it("time: only system/clock.ts has timers and reads clocks, from Node's modules", () => {
    // `setTimeout(fn: …` is a method of a clock, and `clock.setTimeout(` a call of one
    const timers = /(?<![.\w])(?:set|clear)(?:Timeout|Interval|Immediate)\((?!fn: |timer: )/;
    const others = /\bqueueMicrotask\b|\bnextTick\b|\bAbortSignal\.timeout\b|\bscheduler\b/;
    const clocks = /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bhrtime\b/;
    const own = ["system/clock.ts"];
    assert.deepEqual(inLibrary(timers), own);
    assert.deepEqual(inLibrary(others), []);
    const inPage = "control/pages/script.ts"; // runs in a browser
    assert.deepEqual(
      inLibrary(clocks).filter((name) => name !== inPage),
      own,
    );
    const modules = offences(({ name }, { to }) => {
      return !name.startsWith("cli/") && /^node:(?:timers|perf_hooks)/.test(to);
    });
    assert.deepEqual(
      modules,
      own.flatMap((name) => [`${name} -> node:perf_hooks`, `${name} -> node:timers`]),
    );
  });

  it("rooms: import neither settings/ nor supervision/", () => {
    const rooms = new Set(
      "ports system schema lifecycle spawn output sockets cleanup readiness events listeners activity-log".split(
        " ",
      ),
    );
    const bad = offences(
      ({ room }, { to }) => rooms.has(room) && /^(?:settings|supervision)\//.test(to),
    );
    assert.deepEqual(bad, []);
  });

  it("time: events and listeners are given a clock; the activity log takes the host's by default", () => {
    const rooms = new Set(["events", "listeners", "activity-log"]);
    const bad = offences(({ room }, { to }) => rooms.has(room) && to === "system/clock.ts");
    assert.deepEqual(bad, ["activity-log/activity-log.ts -> system/clock.ts"]);
  });

  it("activity-log: knows a supervisor by an interface", () => {
    const bad = offences(
      ({ room }, { to }) => room === "activity-log" && /^(?:supervisor|program)\.ts$/.test(to),
    );
    assert.deepEqual(bad, []);
  });

  it("node: only the rooms that act use the operating system", () => {
    const system = /^node:(?:fs|child_process|net|http|cluster|worker_threads)/;
    const bad = offences(
      ({ room, name }, { to }) =>
        !SYSTEM.has(room) &&
        !(/^config\/(?:load|folders)\.ts$/.test(name) && to.startsWith("node:fs")) &&
        system.test(to),
    );
    assert.deepEqual(bad, []);
  });

  it("readiness: only the files of the prober use sockets, names and files", () => {
    const bad = offences(({ room }, { to }) => room === "readiness" && to.startsWith("node:"));
    assert.deepEqual(bad.toSorted(), [
      "readiness/addresses.ts -> node:net",
      "readiness/addresses.ts -> node:os",
      "readiness/connect.ts -> node:net",
      "readiness/file-probe.ts -> node:fs",
      "readiness/file-probe.ts -> node:fs/promises",
      "readiness/http-status.ts -> node:net",
      "readiness/http-status.ts -> node:tls",
    ]);
  });

  it("config: imports only what settings need, and is imported only through its entry point", () => {
    const inside =
      /^(?:activity-log|config|events|lifecycle|ports|schema|settings)\/|^(?:errors)\.ts$|^node:/;
    const edge =
      /^config\/load\.ts -> (?:spawn\/lookup|system\/(?:directories|users))\.ts$|-> spawn\/split-command\.ts$/;
    const bad = offences(({ room }, { to }) => room === "config" && !inside.test(to));
    assert.deepEqual(
      bad.filter((one) => !edge.test(one)),
      [],
    );
    const guests = offences(({ room }, { to }) => room !== "config" && to.startsWith("config/"));
    assert.deepEqual(
      guests.filter((one) => !/^cli\/.*-> config\/index\.ts$/.test(one)),
      [],
    );
  });

  it("control: uses only the public API, and only the command imports it", () => {
    const own = offences(
      ({ room }, { to }) =>
        room === "control" &&
        !/^(?:control\/|index\.ts$|system\/clock\.ts$|node:(?!child_process|worker))/.test(to),
    );
    // what is asked of a server is checked, and complained of, as settings are
    const asSettings = [
      "#zod",
      "schema/check.ts",
      "schema/types.ts",
      "schema/messages.ts",
      "schema/show.ts",
    ].map((to) => `control/schema.ts -> ${to}`);
    assert.deepEqual(own, asSettings);
    const others = offences(
      ({ room }, { to }) => !["control", "cli"].includes(room) && to.startsWith("control/"),
    );
    assert.deepEqual(others, []);
  });

  it("cli: uses only the entry points of the package", () => {
    const bad = offences(
      ({ room }, { to }) =>
        room === "cli" &&
        !/^(?:cli\/|index\.ts$|config\/index\.ts$|control\/index\.ts$|node:)/.test(to),
    );
    // a shell stands before it as before programs, and hands on as much
    // and what is loaded later is loaded before it becomes a user who may not read it
    assert.deepEqual(bad, [
      "cli/run/pid1.ts -> spawn/shell.ts",
      "cli/run/run.ts -> spawn/execute.ts",
    ]);
    const others = offences(({ room }, { to }) => room !== "cli" && to.startsWith("cli/"));
    assert.deepEqual(others, []);
  });

  it("the host: only the exit hook listens on process, and only to its exit", () => {
    const listening = /\bprocess\.(?:on|once|addListener|prependListener)\(/;
    assert.deepEqual(inLibrary(listening), ["cleanup/exit-hook.ts"]);
    for (const { name, code, room } of sources) {
      if (room === "cli") continue;
      for (const [, word] of code.matchAll(/\bprocess\.(?:on|once)\("(\w+)"/g)) {
        assert.equal(word, "exit", `${name} listens to ${word}`);
      }
    }
  });

  it("the host: is not changed, and nothing is printed", () => {
    assert.deepEqual(inLibrary(/\bconsole\b|\bprocess\.(?:stdout|stderr)\.write/), []);
    // who is asked to: the activity log, and the logs of programs that go there
    assert.deepEqual(inLibrary(/\bprocess\.(?:stdout|stderr)\b/), [
      "activity-log/activity-log.ts",
      "output/channel.ts",
      "output/logs.ts",
    ]);
    assert.deepEqual(
      inLibrary(/\bprocess\.(?:exit|abort|chdir|setuid|setgid|seteuid)\b|\bprocess\.exitCode\s*=/),
      [],
    );
    assert.deepEqual(inLibrary(/\bprocess\.umask\([^)]/), []);
    assert.deepEqual(
      inLibrary(/\bprocess\.env(?:\.\w+|\[[^\]]+\])?\s*=[^=]|delete process\.env/),
      [],
    );
  });

  it("supervision: imports no file of the public API", () => {
    const held = new Set(["supervisor.ts", "program.ts", "programs.ts", "subprocess.ts"]);
    assert.deepEqual(
      offences(({ room }, { to }) => room === "supervision" && held.has(to)),
      [],
    );
  });

  it("testing: is imported by no room, and imports only types", () => {
    const bad = offences(({ room }, { to }) => room !== "testing" && to.startsWith("testing/"));
    assert.deepEqual(bad, []);
    assert.deepEqual(
      offences(({ room }, { to, isType }) => {
        return room === "testing" && !isType && !to.startsWith("testing/");
      }),
      [],
    );
  });

  it("index.ts: has only re-exports", () => {
    const index = sources.find(({ name }) => name === "index.ts");
    const rest = index?.code.replaceAll(/^export (?:type )?\{[^}]*\} from "[^"]+";$/gm, "").trim();
    assert.equal(rest, "");
  });

  it("imports: there is no cycle, not even of types", () => {
    const names = new Map(sources.map((source) => [source.name, source]));
    const done = new Set<string>();
    const visit = (name: string, trail: readonly string[]) => {
      assert.ok(!trail.includes(name), `a cycle: ${[...trail, name].join(" -> ")}`);
      if (done.has(name)) return;
      for (const { to } of names.get(name)?.imports ?? []) {
        if (names.has(to)) visit(to, [...trail, name]);
      }
      done.add(name);
    };
    for (const name of names.keys()) visit(name, []);
  });
});
