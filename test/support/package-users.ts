/** Modules that use the package by its name, for its types. An expected error that is none is an error. */

/** A CommonJS module that requires the ES modules. */
export const commonUser = `
import { Supervisor } from "libsupervisor";
import config = require("libsupervisor/config");
import { FakeClock } from "libsupervisor/testing";
export const supervisor: Supervisor = new Supervisor({}, { clock: new FakeClock() });
export const conf: string = config.toConf({ programs: { web: { command: "x" } } });
`;

/** An ES module that uses all entry points. */
export const moduleUser = `
import {
  ActivityLog,
  SettingsError,
  Supervisor,
  SupervisorError,
  programSettings,
  resolveSettings,
  type ActivityLogSettings,
  type GroupSettings,
  type Namespec,
  type Program,
  type ProgramSettings,
  type ResolvedProgramSettings,
  type SupervisorEvent,
  type SupervisorSettings,
} from "libsupervisor";
import { ConfigError, loadConfig, toConf } from "libsupervisor/config";
import { ServeError, serve, type Server } from "libsupervisor/control";
import { FakeClock, FakeSpawner } from "libsupervisor/testing";

type IsSame<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<A, B>(..._isSame: IsSame<A, B> extends true ? [] : [never]): void {}

const variables = process.env as Record<string, string | undefined>;
const isDevelopment = variables["NODE_ENV"] !== "production";
const directory: string | undefined = variables["DIRECTORY"];
const web: ProgramSettings = {
  command: ["node", "server.js"],
  directory, // a value may be undefined
  autorestart: isDevelopment ? "unexpected" : true,
  stopsignal: "TERM",
  stdout_logfile: process.stdout,
  stdout_logfile_maxbytes: "10MB",
};
const group: GroupSettings = { programs: ["web"] };
const log: ActivityLogSettings = { logfile: undefined };

export async function main(): Promise<void> {
  const io = { clock: new FakeClock(), spawner: new FakeSpawner() };
  await using supervisor = new Supervisor({ programs: { web }, groups: { group } }, io);
  await using server: Server = await serve(supervisor, { port: 0 });
  new ActivityLog(log).listen(supervisor);
  supervisor.on("PROCESS_STATE_EXITED", ({ exitstatus, expected }) => {
    is<typeof exitstatus, number | null>();
    is<typeof expected, boolean>();
  });
  for await (const event of supervisor.events()) is<typeof event, SupervisorEvent>();
  for await (const line of supervisor.follow("web").lines()) is<typeof line, string>();
  const program: Program = supervisor.add("later", { ...web, startsecs: undefined });
  const resolved: ResolvedProgramSettings = program.settings;
  is<typeof resolved.stopwaitsecs, number>();
  const config = await loadConfig("supervisord.conf");
  await supervisor.update(config);
  await supervisor.update((current) => ({ ...current, programs: { ...current.programs, web } }));
  const text: string = toConf(supervisor.settings);
  const errors = [SettingsError, SupervisorError, ConfigError, ServeError];
  console.log(server.url, text, errors, resolveSettings({ programs: { web } }).processes);
}

// what is exported is written into declarations, where every type needs a name
export const inferred = new Supervisor({ programs: { web, worker: { command: "x" } } });
export const extended = programSettings.extend({ port: programSettings.shape.numprocs });
export const selected = inferred.select("web", "worker:*");

// the names of the programs
is<typeof inferred, Supervisor<"web" | "worker">>();
is<Parameters<typeof inferred.start>[0], Namespec<"web" | "worker"> | undefined>();
await inferred.start("web");
await inferred.stop("worker:worker_0"); // any other text is accepted, too
declare const written: SupervisorSettings;
declare const record: Record<string, ProgramSettings>;
const nothing = new Supervisor();
is<typeof nothing, Supervisor>();
const empty = new Supervisor({});
is<typeof empty, Supervisor>();
const others = new Supervisor({ groups: { group }, identifier: "x" });
is<typeof others, Supervisor>();
const any = new Supervisor(written);
is<typeof any, Supervisor>();
const recorded = new Supervisor({ programs: record });
is<typeof recorded, Supervisor>();
const satisfying = { programs: { api: { command: "x" } } } satisfies SupervisorSettings;
const satisfied = new Supervisor(satisfying);
is<typeof satisfied, Supervisor<"api">>();
const conditional = new Supervisor({
  programs: { web, ...(isDevelopment && { watcher: { command: "x" } }) },
});
is<typeof conditional, Supervisor<"web" | "watcher">>();
const chosen = new Supervisor({
  programs: { web, ...(isDevelopment ? { watcher: { command: "x" } } : {}) },
});
is<typeof chosen, Supervisor<"web" | "watcher">>();
new Supervisor({ ...written, programs: { ...written.programs, web } });
new Supervisor({ ...(isDevelopment && { programs: { web } }) });
new Supervisor({ programs: undefined });
new Supervisor(isDevelopment ? { programs: { web } } : {});
const generic = <S extends SupervisorSettings>(settings: S) => new Supervisor(settings);
await generic({ programs: { web } }).start("web");
class Own extends Supervisor {
  constructor() {
    super({ programs: { web } });
  }
}
class OwnWithNames extends Supervisor<"web"> {}

// names limit nothing
const plain: readonly Supervisor[] = [inferred, any, conditional, new Own(), new OwnWithNames()];
let replaced = satisfied;
replaced = inferred;
replaced = any;
const more: Supervisor<"a" | "b"> = replaced;
const either = isDevelopment ? inferred : satisfied;
await either.restart("web");
console.log(plain, more);

// errors, each at its place
new Supervisor({
  programs: {
    web: {
      command: "x",
      // @ts-expect-error: a misspelt setting
      startsec: 1,
    },
  },
});
new Supervisor({
  programs: {
    // @ts-expect-error: there is no command
    web: {},
    api: {
      // @ts-expect-error: not a command
      command: 5,
    },
    worker: {
      command: "x",
      // @ts-expect-error: not a signal
      stopsignal: "STOPP",
    },
  },
});
new Supervisor({
  // @ts-expect-error: programs go into "programs"
  web: { command: "x" },
});
new Supervisor({
  // @ts-expect-error: a program is not undefined
  programs: { web: undefined },
});
// @ts-expect-error: not a name
await inferred.start(5);
`;
