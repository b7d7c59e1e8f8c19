import { option } from "../../schema/option.ts";
import { defaultsOf } from "../defaults.ts";
import { Options, type Reading } from "../section-reader.ts";
import { absolute } from "../system-values.ts";
import { text } from "../values.ts";
import { loginOptions } from "./servers.ts";

/** The section `[supervisorctl]`: how a client finds the control server. */
export interface SupervisorctlSection {
  /** The address of the server: `unix:///path` or `http://host:port`. */
  readonly serverurl: string;
  /** The user name for the server. */
  readonly username?: string;
  /** The password for the server. */
  readonly password?: string;
  /** The prompt of the shell. */
  readonly prompt: string;
  /** The absolute path of the shell's history file. */
  readonly history_file?: string;
}

/** The options of `[supervisorctl]`. */
export const clientOptions = {
  serverurl: option({ syntax: "text" }, (url) => url.default("http://localhost:9001")),
  ...loginOptions,
  history_file: option({ syntax: "text" }, (file) => file.optional()),
  prompt: option({ syntax: "text" }, (prompt) => prompt.default("supervisor")),
};

/** Reads `[supervisorctl]`. */
export function readSupervisorctl(reading: Reading): SupervisorctlSection {
  const { facts, environment } = reading;
  const section = reading.ini.sections.get("supervisorctl");
  const given = section && new Options(reading, section).readAll(clientOptions, environment);
  const { serverurl, username, password, history_file, prompt } = {
    ...defaultsOf(clientOptions),
    ...given,
  };
  return {
    serverurl: serverurl.startsWith("unix://")
      ? `unix://${absolute(serverurl.slice(7), facts)}`
      : serverurl,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    prompt,
    ...(history_file !== undefined &&
      history_file !== "" && { history_file: absolute(history_file, facts) }),
  };
}

const STANDARD_FACTORY = "supervisor.rpcinterface:make_main_rpcinterface";

/** Plugins of supervisord are written in Python: only the standard plugin is supported here. */
export function readPlugins(reading: Reading): void {
  for (const section of reading.ini.sections.values()) {
    const kind = /^(rpcinterface|ctlplugin):/.exec(section.name)?.[1];
    if (kind === undefined) continue;
    const key =
      kind === "rpcinterface" ? "supervisor.rpcinterface_factory" : "supervisor.ctl_factory";
    const options = new Options(reading, section);
    const factory = options.read(key, text, reading.environment);
    if (!options.has(key)) {
      options.fail(undefined, `section [${section.name}] does not specify a ${key}`, {
        message: `there is no ${key}`,
      });
    } else if (factory !== STANDARD_FACTORY)
      options.warn(key, "it is a plugin in Python, and ignored");
  }
}
