export { Config } from "./config.ts";
export { ConfigError, describeIssue, type ConfigIssue } from "./error.ts";
export { loadConfig, loadSupervisorctl } from "./load.ts";
export type { LoadOptions } from "./options.ts";
export type { SupervisorctlSection } from "./sections/client-section.ts";
export type { InetServerSection, ServerSection, UnixServerSection } from "./sections/servers.ts";
export type { SupervisordSection } from "./sections/supervisord.ts";
export type { LogLevel } from "../events/levels.ts";
export { toConf } from "./write.ts";
