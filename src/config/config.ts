import type { ProgramSettings } from "../settings/program.ts";
import type { SupervisorSettings } from "../settings/supervisor.ts";
import type { GroupSettings } from "../settings/group.ts";
import type { ConfigIssue } from "./error.ts";
import type { SupervisorctlSection } from "./sections/client-section.ts";
import type { ServerSection } from "./sections/servers.ts";
import type { SupervisordSection } from "./sections/supervisord.ts";

interface ConfigFacts {
  readonly file: string;
  readonly files: readonly string[];
  readonly warnings: readonly ConfigIssue[];
  readonly supervisord: SupervisordSection;
  readonly servers: readonly ServerSection[];
  readonly supervisorctl: SupervisorctlSection;
  readonly issue: (section: string, option: string | undefined, message: string) => ConfigIssue;
}

/**
 * The contents of a configuration file. Its own properties are the settings of a supervisor, so it
 * can be given to `new Supervisor()` and to `supervisor.update()` as it is. Everything else in the
 * file is in the properties described here.
 */
export class Config implements SupervisorSettings {
  /** The sections `[program:x]`, `[fcgi-program:x]` and `[eventlistener:x]`, by name. */
  declare readonly programs: Record<string, ProgramSettings>;
  /** The sections `[group:x]`, by name. */
  declare readonly groups: Record<string, GroupSettings>;
  /** Variables for all processes. */
  declare readonly environment?: Record<string, string>;
  /** The name of the supervisor. */
  declare readonly identifier?: string;
  /** Whether ANSI escape sequences are dropped from what is logged. */
  declare readonly strip_ansi?: boolean;
  /** The directory of AUTO logs. */
  declare readonly childlogdir?: string;
  /** Whether AUTO logs of former runs are kept. */
  declare readonly nocleanup?: boolean;
  /** An extension: see the setting. */
  declare readonly guardian?: boolean;
  /** An extension, in seconds: see the setting. */
  declare readonly guardian_waitsecs?: number;
  /** The URL at which the first of the servers can be reached. */
  declare readonly serverurl?: string;
  readonly #facts: ConfigFacts;

  /** @internal */
  constructor(settings: SupervisorSettings, facts: ConfigFacts) {
    Object.assign(this, settings);
    this.#facts = facts;
  }

  /** The absolute path of the file. */
  get file(): string {
    return this.#facts.file;
  }

  /** All files that were read: this file, and the files that it includes. */
  get files(): readonly string[] {
    return this.#facts.files;
  }

  /**
   * Things that are not errors, but hardly intended: unknown sections and options, values without
   * effect.
   */
  get warnings(): readonly ConfigIssue[] {
    return this.#facts.warnings;
  }

  /** The section `[supervisord]`, with its defaults. */
  get supervisord(): SupervisordSection {
    return this.#facts.supervisord;
  }

  /** The sections `[inet_http_server]` and `[unix_http_server]`. */
  get servers(): readonly ServerSection[] {
    return this.#facts.servers;
  }

  /** The section `[supervisorctl]`, with its defaults. */
  get supervisorctl(): SupervisorctlSection {
    return this.#facts.supervisorctl;
  }

  /**
   * Creates an error for a problem that the host itself finds, with its place in the files: an
   * option of a section, or the section.
   */
  issue(section: string, option: string | undefined, message: string): ConfigIssue {
    return this.#facts.issue(section, option, message);
  }
}
