import type { Writable } from "node:stream";
import type { RotationRule } from "./rotation.ts";

/** The descriptors of the host's own output. */
export type HostOutput = 1 | 2;

/** The destination of one stream of a process. */
export interface ChannelPlan {
  /** A file, an AUTO log, the host's own output, a stream of the host, or none. */
  readonly log:
    | { readonly type: "file"; readonly file: string }
    | { readonly type: "auto"; readonly directory: string; readonly stem: string }
    | { readonly type: "std"; readonly file: string; readonly fd: HostOutput }
    | { readonly type: "stream"; readonly stream: Writable }
    | undefined;
  readonly rule: RotationRule;
  /** How many bytes of a text between the tokens are kept; 0: such a text is ordinary output. */
  readonly capture: number;
  /** Whether each chunk is an event. */
  readonly events: boolean;
  /** The identifier and the beginning of each line in the system's log. */
  readonly syslog?: { readonly identifier: string; readonly prefix: string };
  readonly stripAnsi: boolean;
  /**
   * Whether the process is an event listener, which answers on this stream: the host has to read it
   * soon.
   */
  readonly isListenerOutput?: boolean;
  /** Whether a line of the process may say that it is ready: until then, the host reads it soon. */
  readonly isWatched?: boolean;
}

/** How the bytes get to the log: the process writes them itself, or the host reads them and writes them. */
export type Route = "direct" | "through host";

/**
 * Whether the process writes to the log itself: only if nothing but the log takes the bytes, and
 * the log is never rotated.
 */
export function routeOf(plan: ChannelPlan, { maxbytes }: RotationRule): Route {
  const { capture, events, syslog, stripAnsi, isListenerOutput, isWatched } = plan;
  const hasOtherReader =
    capture > 0 || events || syslog || stripAnsi || isListenerOutput || isWatched;
  return hasOtherReader || maxbytes > 0 ? "through host" : "direct";
}
