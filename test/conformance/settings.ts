/** The options of a recording's sections as the settings of this library. */
import path from "node:path";
import type { ProgramSettings, SupervisorSettings } from "../../src/index.ts";
import type { Sections } from "./scenario.ts";

/** Where the listener is that the recordings were made with, or one like it. */
const fixtures = path.resolve(import.meta.dirname, "../../../test/fixtures");

type Reader = (text: string) => unknown;

const number: Reader = Number;
const boolean: Reader = (text) => text === "true";
const plain: Reader = (text) => text.replaceAll("%%", "%");

const READERS: Readonly<Record<string, Reader>> = {
  command: plain,
  process_name: plain,
  numprocs: number,
  numprocs_start: number,
  priority: number,
  autostart: boolean,
  startsecs: number,
  startretries: number,
  autorestart: (text) => (text === "unexpected" ? text : text === "true"),
  exitcodes: (text) => (text === "" ? [] : text.split(",").map(Number)),
  stopsignal: (text) => text,
  stopwaitsecs: number,
  stopasgroup: boolean,
  killasgroup: boolean,
  user: (text) => text,
  directory: plain,
  umask: (text) => text,
  environment: pairs,
  redirect_stderr: boolean,
  stdout_logfile: plain,
  stdout_logfile_maxbytes: plain,
  stdout_logfile_backups: number,
  stdout_capture_maxbytes: plain,
  stdout_events_enabled: boolean,
  stderr_logfile: plain,
  stderr_capture_maxbytes: plain,
  stderr_events_enabled: boolean,
  events: (text) => text.split(","),
  buffer_size: number,
  socket: plain,
};

/** Options of a conf file that this library does not have. */
const LEFT_OUT = new Set(["serverurl"]);

/** The settings; `{dir}` becomes the directory, and what is left behind is swept away or not. */
export function settingsOf(sections: Sections, dir: string, sweep: boolean): SupervisorSettings {
  const programs: Record<string, ProgramSettings> = {};
  const groups: Record<string, { programs: string[]; priority?: number }> = {};
  let environment: Record<string, string> = {};
  let strip = false;
  for (const [section, options] of Object.entries(sections)) {
    const [kind, name = ""] = section.split(":");
    if (kind === "program" || kind === "fcgi-program")
      programs[name] = programOf(options, dir, sweep);
    else if (kind === "group") {
      const { programs: members = "", priority } = options;
      groups[name] = {
        programs: members.split(","),
        ...(priority !== undefined && { priority: Number(priority) }),
      };
    } else if (kind === "supervisord") {
      // its umask is for the daemon, and changes nothing in the foreground
      environment = pairs(options["environment"] ?? "");
      strip = options["strip_ansi"] === "true";
    } else throw new Error(`no such section: ${section}`);
  }
  return { programs, groups, environment, strip_ansi: strip, childlogdir: `${dir}/auto` };
}

function programOf(options: Record<string, string>, dir: string, sweep: boolean): ProgramSettings {
  const entries = Object.entries(options).flatMap(([key, raw]) => {
    if (LEFT_OUT.has(key)) return [];
    const read = READERS[key];
    if (!read) throw new Error(`no reader for the option ${key}`);
    return [[key, read(raw.replaceAll("{dir}", dir).replaceAll("{golden}", fixtures))]];
  });
  return { ...(Object.fromEntries(entries) as ProgramSettings), sweep };
}

/** `A="1",B=x` */
function pairs(text: string): Record<string, string> {
  const found = text.matchAll(/(\w+)=(?:"([^"]*)"|([^,]*))(?:,|$)/g);
  return Object.fromEntries(
    [...found].map(([, key = "", quoted, bare = ""]) => [key, String(plain(quoted ?? bare))]),
  );
}
