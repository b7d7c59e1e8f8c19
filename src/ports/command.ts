import type { Signal } from "./signal.ts";

/** What is to be started, complete but for the host's own environment. */
export interface Command {
  /** The process's full name, `group:process` or just `process`; for messages. */
  readonly name: string;
  /** The program and its arguments. */
  readonly argv: readonly [string, ...string[]];
  /** Added to the environment of the host. */
  readonly environment: Readonly<Record<string, string>>;
  /** The working directory; the host's own if not given. */
  readonly directory?: string;
  /** The file mode creation mask; the host's own if not given. */
  readonly umask?: number;
  /** The name or uid of the user to run as; the host's own if not given. */
  readonly user?: string;
  /** Whether what the process leaves behind is ended after it: all, its process group, or nothing. */
  readonly sweep: boolean | "group";
  /** Whether the process gets a cgroup of its own, where one can be made. */
  readonly cgroup: boolean;
  /** Whether the end of its standard input asks the process to stop, too. */
  readonly stopstdin: boolean;
  /** The signal that asks the process to stop. */
  readonly stopsignal: Signal;
  /** What its standard input is, in place of a pipe. */
  readonly socket?: SharedSocket;
  /** Whether it can open its standard input by name (`/dev/stdin`), where that can be had. */
  readonly fifo?: boolean;
}

/** A listening socket that all processes of a program share. */
export interface SharedSocket {
  /** Its address as supervisord writes it: `unix:///path` or `tcp://host:port`. */
  readonly url: string;
  /** The same in parts. */
  readonly address:
    | {
        /** The file of a unix socket. */
        readonly path: string;
      }
    | {
        /** A name or an address. */
        readonly host: string;
        /** The port. */
        readonly port: number;
      };
  /** How many connections may wait; the system may lower it. */
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
