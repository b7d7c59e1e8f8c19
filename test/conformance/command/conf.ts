/** A recording's sections as the file that was read when it was made. */
import path from "node:path";
import { LAB_LINGERER, LAB_LISTENER, type Sections } from "../scenario.ts";

export const fixtures = path.resolve(import.meta.dirname, "../../../../test/fixtures");

const quiet = { startsecs: "0", stdout_logfile: "NONE", stderr_logfile: "NONE" };

/** What the recordings leave out: log, pid file, socket, and a listener that hears everything. */
function driver(dir: string, notes: string): Sections {
  return {
    supervisord: {
      logfile: `${dir}/supervisord.log`,
      pidfile: `${dir}/supervisord.pid`,
      childlogdir: `${dir}/auto`,
    },
    unix_http_server: { file: `${dir}/s` },
    "rpcinterface:supervisor": {
      "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface",
    },
    supervisorctl: { serverurl: `unix://${dir}/s` },
    [`eventlistener:${LAB_LISTENER}`]: {
      command: `${process.execPath} ${dir}/envelopes.mjs ${notes}`,
      events: "EVENT",
      buffer_size: "1000",
      ...quiet,
    },
    // of a lower priority than all others but the listener
    [`program:${LAB_LINGERER}`]: {
      command: `/bin/sh -c 'trap "sleep 0.4; exit 0" TERM; while :; do sleep 0.1; done'`,
      priority: "0",
      ...quiet,
    },
  };
}

/** The text of the file; `notes` is what the listener writes. */
export function confOf(
  sections: Sections,
  dir: string,
  { notes, lingers }: { readonly notes: string; readonly lingers: boolean },
): string {
  const own = driver(dir, notes);
  if (!lingers) delete own[`program:${LAB_LINGERER}`];
  const names = new Set([...Object.keys(own), ...Object.keys(sections)]);
  return [...names]
    .map((name) => {
      const options = Object.entries({ ...own[name], ...sections[name] });
      return [`[${name}]`, ...options.map(([key, value]) => `${key}=${value}`), ""].join("\n");
    })
    .join("\n")
    .replaceAll("{dir}", dir)
    .replaceAll("{golden}", fixtures);
}
