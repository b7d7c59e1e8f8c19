import type { ActivityLevel, Supervisor, SupervisorSettings } from "../index.ts";

/** A unix socket to listen at. */
export interface SocketPlace {
  /** The socket's file. Its directory has to be there, and safe unless `allowUnsafeDirectory`: see {@link serve}. */
  readonly file: string;
  /** The mode of the socket, `0o700` unless given. */
  readonly chmod?: number;
  /** Who owns the socket, in numbers; needs the rights for that. */
  readonly chown?: {
    /** The user; unchanged unless given. */
    readonly uid?: number;
    /** The group; unchanged unless given. */
    readonly gid?: number;
  };
  /** Whether it is made also where somebody else could replace it, or a directory above it; false unless given. */
  readonly allowUnsafeDirectory?: boolean;
}

/** A TCP port to listen at. */
export interface PortPlace {
  /** The name or address to listen at, `127.0.0.1` unless given. `*` and the empty text mean all. */
  readonly host?: string;
  /** The port; 0 for any that is free. */
  readonly port: number;
}

/** The log that `readLog`, `clearLog` and `/mainlogtail` show: an `ActivityLog`, or what is like one. */
export interface MainLog {
  /** Where it is; only for messages. */
  readonly file?: string;
  /** A part of it: see `Subprocess.read`. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Its last bytes. */
  tail(bytes: number): Promise<Buffer>;
  /** Empties it. */
  clear(): void | Promise<void>;
  /** What is added from now on. */
  follow(options: { readonly signal?: AbortSignal }): AsyncIterable<Buffer>;
  /** Adds a line: what went wrong with an answer. Without it, that is a warning of Node's. */
  write?(level: ActivityLevel, message: string): void;
}

/** What a server is to know beside its supervisor and its place. */
export interface ServeOptions {
  /** Who may come in; nobody is asked unless given. Goes with `password`. */
  readonly username?: string;
  /** In clear, or `{SHA}` and the hexadecimal SHA-1 digest. */
  readonly password?: string;
  /**
   * Reads the settings anew, for `reloadConfig`: supervisorctl's `reread` and `update`. Without it
   * they answer CANT_REREAD.
   */
  readonly config?: () => SupervisorSettings | Promise<SupervisorSettings>;
  /** The main log. Without it there is none (NO_FILE). */
  readonly log?: MainLog;
  /** What `supervisor.shutdown` does: shuts the supervisor down unless given. */
  readonly shutdown?: () => unknown;
  /** What `supervisor.restart` does: stops everything, then starts what has `autostart`, unless given. */
  readonly restart?: () => unknown;
  /**
   * Names, beside the address itself and `localhost`, by which a TCP server may be called by browsers,
   * and by anybody where there is no password; and whose pages may call it.
   */
  readonly allowedHosts?: readonly string[];
  /** How many connections there may be at once, 512 unless given. */
  readonly connections?: number;
  /** How long a request may be, in bytes, 1 MiB unless given. */
  readonly requestBytes?: number;
}

/** What every handler knows. @internal */
export interface Shared {
  readonly supervisor: Supervisor;
  readonly options: ServeOptions;
  /** What a page of ours puts into its forms: proof that it was us who made the page. */
  readonly token: string;
}
