/** The options of a recording's sections as the settings of this library. */
import type { ProgramSettings, SupervisorSettings } from "../../src/index.ts";
import type { Sections } from "./scenario.ts";

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
};

/** Options of a conf file that this library does not have, or has for files only. */
const LEFT_OUT = new Set(["stdout_logfile", "stderr_logfile", "serverurl"]);

/** The settings; `{dir}` becomes the directory, and what is left behind is swept away or not. */
export function settingsOf(sections: Sections, dir: string, sweep: boolean): SupervisorSettings {
  const programs: Record<string, ProgramSettings> = {};
  const groups: Record<string, { programs: string[]; priority?: number }> = {};
  let environment: Record<string, string> = {};
  for (const [section, options] of Object.entries(sections)) {
    const [kind, name = ""] = section.split(":");
    if (kind === "program") programs[name] = programOf(options, dir, sweep);
    else if (kind === "group") {
      const { programs: members = "", priority } = options;
      groups[name] = {
        programs: members.split(","),
        ...(priority !== undefined && { priority: Number(priority) }),
      };
    } else if (kind === "supervisord") {
      // its umask is for the daemon, and changes nothing in the foreground
      environment = pairs(options["environment"] ?? "");
    } else throw new Error(`no such section: ${section}`);
  }
  return { programs, groups, environment };
}

/** Which process's stream was logged where, by the path of the log. */
export function logfilesOf(
  sections: Sections,
): Map<string, { program: string; index: number; stream: "stdout" | "stderr" }> {
  const files = new Map<string, { program: string; index: number; stream: "stdout" | "stderr" }>();
  for (const [section, options] of Object.entries(sections)) {
    const program = section.split(":")[1] ?? "";
    for (const stream of ["stdout", "stderr"] as const) {
      const file = options[`${stream}_logfile`];
      if (file === undefined) continue;
      for (let index = 0; index < Number(options["numprocs"] ?? 1); index++)
        files.set(file.replace("%(process_num)d", String(index)), { program, index, stream });
    }
  }
  return files;
}

function programOf(options: Record<string, string>, dir: string, sweep: boolean): ProgramSettings {
  const entries = Object.entries(options).flatMap(([key, raw]) => {
    if (LEFT_OUT.has(key)) return [];
    const read = READERS[key];
    if (!read) throw new Error(`no reader for the option ${key}`);
    return [[key, read(raw.replaceAll("{dir}", dir))]];
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
