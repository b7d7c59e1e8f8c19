import type { ActivityLevel, Supervisor, SupervisorSettings } from "../index.ts";

/** A unix socket to listen at. */
export interface SocketPlace {
  /** The socket's file. Its directory has to be there, and safe unless `allowUnsafeDirectory`: see {@link serve}. */
  readonly file: string;
  /** The mode of the socket, `0o700` unless given. */
  readonly chmod?: number;
  /** The owner of the socket, in numbers; the host needs the rights to set it. */
  readonly chown?: {
    /** The user; unchanged unless given. */
    readonly uid?: number;
    /** The group; unchanged unless given. */
    readonly gid?: number;
  };
  /** Whether the socket is made also where another user could replace it, or a directory above it; false unless given. */
  readonly allowUnsafeDirectory?: boolean;
}

/** A TCP port to listen at. */
export interface PortPlace {
  /** The name or address to listen at, `127.0.0.1` unless given. `*` and the empty text mean all. */
  readonly host?: string;
  /** The port; 0 for any that is free. */
  readonly port: number;
}

/** The log that `readLog`, `clearLog` and `/mainlogtail` show: an `ActivityLog`, or an object with its methods. */
export interface MainLog {
  /** The path of the log; only for messages. */
  readonly file?: string;
  /** A part of the log: see `Subprocess.read`. */
  read(offset: number, length: number): Promise<Buffer>;
  /** The last bytes of the log. */
  tail(bytes: number): Promise<Buffer>;
  /** Empties the log. */
  clear(): void | Promise<void>;
  /** Bytes that are added from now on. */
  follow(options: { readonly signal?: AbortSignal }): AsyncIterable<Buffer>;
  /** Adds a line: what went wrong with an answer. Without this method, Node emits a warning. */
  write?(level: ActivityLevel, message: string): void;
}

/** The options of a server. */
export interface ServeOptions {
  /** The name that callers must give; no authentication unless given. Goes with `password`. */
  readonly username?: string;
  /** The password in clear, or `{SHA}` and its hexadecimal SHA-1 digest. */
  readonly password?: string;
  /**
   * Reads the settings again, for `reloadConfig`: supervisorctl's `reread` and `update`. Without this
   * option they answer CANT_REREAD.
   */
  readonly config?: () => SupervisorSettings | Promise<SupervisorSettings>;
  /** The main log. Without this option the methods that read it answer NO_FILE. */
  readonly log?: MainLog;
  /** Does what the method `supervisor.shutdown` asks for; shuts the supervisor down unless given. */
  readonly shutdown?: () => unknown;
  /** Does what the method `supervisor.restart` asks for; stops everything, then starts what has `autostart`, unless given. */
  readonly restart?: () => unknown;
  /**
   * Names, beside the address itself and `localhost`, by which browsers may call a TCP server, and
   * every other program where no password is set. Pages of these hosts may call the server.
   */
  readonly allowedHosts?: readonly string[];
  /** The number of connections there may be at once, 512 unless given. */
  readonly connections?: number;
  /** The size that the body of a request may have, in bytes, 1 MiB unless given. */
  readonly requestBytes?: number;
}

/** A {@link SocketPlace} with its defaults. @internal */
export interface ResolvedSocketPlace extends SocketPlace {
  readonly chmod: number;
  readonly allowUnsafeDirectory: boolean;
}

/** A {@link PortPlace} with its defaults. @internal */
export interface ResolvedPortPlace extends PortPlace {
  readonly host: string;
}

/** @internal */
export type ResolvedPlace = ResolvedSocketPlace | ResolvedPortPlace;

/** {@link ServeOptions} with their defaults. @internal */
export interface ResolvedServeOptions extends ServeOptions {
  readonly allowedHosts: readonly string[];
  readonly connections: number;
  readonly requestBytes: number;
}

/** What every handler may use. @internal */
export interface Shared {
  readonly supervisor: Supervisor;
  readonly options: ResolvedServeOptions;
  /** The secret that the status page puts into its forms: an order without it comes from another page. */
  readonly token: string;
}
