import type { Signal } from "./signal.ts";

/** A process to start, complete but for the host's own environment. */
export interface Command {
  /** The process's full name, `group:process` or just `process`; for messages. */
  readonly name: string;
  /** The program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Variables that are added to the environment of the host. */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * The names of variables that the process does not have, even if the host has them; none of them
   * is in `environment`. On Windows, the case of a name is ignored.
   */
  readonly unset?: readonly string[];
  /**
   * Which variables of the host the process inherits: none, or those with these names; all unless
   * given.
   */
  readonly inherit?: false | readonly string[];
  /** The working directory; the host's own unless given. */
  readonly directory?: string;
  /** The file mode creation mask; the host's own unless given. */
  readonly umask?: number;
  /** The name or uid of the user to run as; the host's own unless given. */
  readonly user?: string;
  /**
   * Which of the processes that the process leaves behind are ended after it: all, its process
   * group, or none.
   */
  readonly sweep: boolean | "group";
  /** Whether the process gets its own cgroup, where a cgroup can be created. */
  readonly cgroup: boolean;
  /** Whether the end of its standard input also asks the process to stop. */
  readonly stopstdin: boolean;
  /** The signal that asks the process to stop. */
  readonly stopsignal: Signal;
  /** The standard input of the process, in place of a pipe. */
  readonly socket?: SharedSocket;
  /**
   * Whether the process can open its standard input by name (`/dev/stdin`), where this is possible.
   */
  readonly fifo?: boolean;
  /** Whether the process has a channel for messages, in the protocol of Node's `process.send()`. */
  readonly ipc?: boolean;
}

/** A listening socket that all processes of a program share. */
export interface SharedSocket {
  /** The address as supervisord writes it: `unix:///path` or `tcp://host:port`. */
  readonly url: string;
  /** The address in parts. */
  readonly address:
    | {
        /** The path of a unix socket. */
        readonly path: string;
      }
    | {
        /** A name or an address. */
        readonly host: string;
        /** The port. */
        readonly port: number;
      };
  /** How many connections may wait; the system may lower this number. */
  readonly backlog: number;
  /** The mode of a unix socket's file. */
  readonly mode: number;
  /** The owner of a unix socket's file; the host's own user if not given. */
  readonly owner?: {
    /** The user. */
    readonly uid: number;
    /** The group. */
    readonly gid: number;
  };
}
