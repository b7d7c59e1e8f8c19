import { Options, pathTypes, type Reading } from "../section-reader.ts";
import { text } from "../values.ts";

/** The section `[supervisorctl]`: how a client finds the control server. */
export interface SupervisorctlSection {
  /** Where the server listens: `unix:///path` or `http://host:port`. */
  readonly serverurl: string;
  /** The name to log in with. */
  readonly username?: string;
  /** The password to log in with. */
  readonly password?: string;
  /** What the shell asks with. */
  readonly prompt: string;
  /** Where the shell keeps what was typed; absolute. */
  readonly history_file?: string;
}

/** Reads `[supervisorctl]`. */
export function readSupervisorctl(reading: Reading): SupervisorctlSection {
  const preset = { serverurl: "http://localhost:9001", prompt: "supervisor" };
  const section = reading.ini.sections.get("supervisorctl");
  if (!section) return preset;
  const options = new Options(reading, section);
  const { absolute } = pathTypes(reading.facts);
  const read = (option: string) => options.read(option, text, reading.environment);
  const [url, username, password] = [read("serverurl"), read("username"), read("password")];
  const history = read("history_file");
  return {
    serverurl: url?.startsWith("unix://")
      ? `unix://${absolute(url.slice(7))}`
      : (url ?? preset.serverurl),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    prompt: read("prompt") ?? preset.prompt,
    ...(history !== undefined && history !== "" && { history_file: absolute(history) }),
  };
}

const STANDARD_FACTORY = "supervisor.rpcinterface:make_main_rpcinterface";

/** Plugins of supervisord are written in Python: only the standard one is known here. */
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
