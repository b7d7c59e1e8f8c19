/** A configuration as the recordings show it: with supervisord's names and numbers. */
import { constants } from "node:os";
import type { Config } from "../../src/config/index.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { findGroup, findUser } from "../../src/system/users.ts";
import { programSettings, type ResolvedProgramSettings } from "../../src/settings/program.ts";

const LEVELS: Record<string, number> = {
  critical: 50,
  error: 40,
  warn: 30,
  info: 20,
  debug: 10,
  trace: 5,
  blather: 3,
};

/** The parts of a configuration that a recording speaks of. */
export function view(config: Config | string, wanted: unknown): unknown {
  if (typeof config === "string") return { error: config, exit: 2 };
  if (Array.isArray(wanted)) return listed(config, wanted as Record<string, unknown>[]);
  const keys = Object.keys(wanted as object);
  return picked(config, keys);
}

function picked(config: Config, keys: readonly string[]): unknown {
  const [program] = Object.values(config.programs).map((one) => programSettings.parse(one));
  const resolved = resolveSettings(config);
  const [process] = resolved.processes;
  return Object.fromEntries(
    keys.map((key) => {
      if (key === "WARN")
        return [key, config.warnings.map((one) => one.supervisord ?? one.message)];
      if (!program) return [key, ofSupervisord(config, key)];
      if (key === "environment" && process) return [key, variablesOf(process.command.environment)];
      return [key, ofProgram(program, key)];
    }),
  );
}

/** Without those that the supervisor adds. */
function variablesOf(environment: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(environment);
  return Object.fromEntries(entries.filter(([key]) => !key.startsWith("SUPERVISOR_")));
}

function ofSupervisord(config: Config, key: string): unknown {
  const { supervisord } = config;
  if (key === "loglevel") return LEVELS[supervisord.loglevel];
  if (key === "uid") return supervisord.user === undefined ? null : findUser(supervisord.user)?.uid;
  if (key === "serverurl") return config.serverurl ?? null;
  return (supervisord as unknown as Record<string, unknown>)[key] ?? null;
}

function ofProgram(program: ResolvedProgramSettings, key: string): unknown {
  const value = program[key as keyof ResolvedProgramSettings];
  switch (key) {
    case "priority":
      return program.priority ?? 999;
    case "autorestart":
      return value === true ? "true (always)" : value;
    case "stopsignal":
      return typeof value === "number" ? value : constants.signals[value as NodeJS.Signals];
    case "killasgroup":
      return program.killasgroup ?? program.stopasgroup;
    case "uid":
      return program.user === undefined ? null : findUser(program.user)?.uid;
    case "serverurl":
      return program.serverurl?.trim().toUpperCase() === "AUTO" ? null : program.serverurl;
    default:
      return value ?? null;
  }
}

function listed(config: Config, wanted: readonly Record<string, unknown>[]): unknown {
  const [first = {}] = wanted;
  if ("section" in first) return config.servers.map((server) => serverOf(server));
  const resolved = resolveSettings(config);
  const groups = [...resolved.groups]
    .map(([group, priority]) => ({
      group,
      priority,
      processes: resolved.processes.filter((one) => one.group === group).map(({ name }) => name),
      program: config.programs[group] && programSettings.parse(config.programs[group]),
    }))
    .toSorted((a, b) => a.priority - b.priority || (a.group < b.group ? -1 : 1));
  return groups.map(({ group, priority, processes, program }) => {
    if ("socket" in first) return { group, socket: socketOf(program) };
    if (program?.events) {
      return {
        name: group,
        priority,
        kind: "EventListenerPoolConfig",
        buffer_size: program.buffer_size,
        pool_events: program.events.map(className),
      };
    }
    return { group, priority, kind: "ProcessGroupConfig", processes };
  });
}

/** `PROCESS_STATE` is ProcessStateEvent in Python. */
function className(event: string): string {
  const words = event.split("_").filter((word) => word !== "EVENT");
  return `${words.map((word) => word[0] + word.slice(1).toLowerCase()).join("")}Event`;
}

function socketOf(program: ResolvedProgramSettings | undefined): unknown {
  if (program?.socket === undefined) return null;
  const isUnix = program.socket.startsWith("unix:");
  return {
    url: program.socket,
    backlog: program.socket_backlog ?? null,
    mode: isUnix ? (program.socket_mode ?? 0o700) : null,
    owner: isUnix ? ownerOf(program.socket_owner ?? program.user) : null,
  };
}

function ownerOf(owner: string | undefined): unknown {
  if (owner === undefined) return null;
  const [name = "", group] = owner.split(":");
  const user = findUser(name);
  return [user?.uid, group === undefined ? user?.gid : findGroup(group)];
}

function serverOf(server: Config["servers"][number]): unknown {
  const access = {
    username: server.username ?? null,
    password: server.password ?? null,
    name: server.name ?? null,
    section: `${server.kind}_http_server`,
  };
  if (server.kind === "inet") return { ...access, host: server.host, port: server.port };
  const { uid = -1, gid = -1 } = server.chown ?? {};
  return { ...access, file: server.file, chown: [uid, gid], chmod: server.chmod };
}
