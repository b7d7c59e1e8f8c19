import { decodable } from "./envelope.ts";
import type { NewEvent } from "../events/event-map.ts";

/**
 * Formats the payload of an event, as supervisord's listeners read it; undefined for events that
 * supervisord does not have. The order of the tokens is supervisord's. Fields that supervisord does
 * not have are left out.
 */
export function payloadOf(event: NewEvent): Uint8Array | undefined {
  switch (event.type) {
    case "PROCESS_STATE_STARTING":
    case "PROCESS_STATE_BACKOFF":
      return process(event, { tries: event.tries });
    case "PROCESS_STATE_RUNNING":
    case "PROCESS_STATE_STOPPING":
    case "PROCESS_STATE_STOPPED":
      return process(event, { pid: event.pid });
    case "PROCESS_STATE_EXITED":
      return process(event, { expected: Number(event.expected), pid: event.pid });
    case "PROCESS_STATE_FATAL":
    case "PROCESS_STATE_UNKNOWN":
      return process(event, {});
    case "PROCESS_LOG_STDOUT":
    case "PROCESS_LOG_STDERR": {
      const { processname, groupname, pid, channel } = event;
      return text(tokens({ processname, groupname, pid, channel }), event.data);
    }
    case "PROCESS_COMMUNICATION_STDOUT":
    case "PROCESS_COMMUNICATION_STDERR": {
      const { processname, groupname, pid } = event;
      return text(tokens({ processname, groupname, pid }), event.data);
    }
    case "REMOTE_COMMUNICATION":
      return text(tokens({ type: event.comm_type }), Buffer.from(event.data));
    case "SUPERVISOR_STATE_CHANGE_RUNNING":
    case "SUPERVISOR_STATE_CHANGE_STOPPING":
      return Buffer.alloc(0);
    case "PROCESS_GROUP_ADDED":
    case "PROCESS_GROUP_REMOVED":
      return text(tokens({ groupname: event.groupname }), Buffer.alloc(0));
    case "TICK_5":
    case "TICK_60":
    case "TICK_3600":
      return Buffer.from(tokens({ when: event.when }));
    default:
      return undefined;
  }
}

type Tokens = Readonly<Record<string, string | number>>;

function process(
  event: { readonly processname: string; readonly groupname: string; readonly from_state: string },
  further: Tokens,
): Uint8Array {
  const { processname, groupname, from_state } = event;
  return Buffer.from(tokens({ processname, groupname, from_state, ...further }));
}

function tokens(values: Tokens): string {
  return Object.entries(values)
    .map(([key, value]) => `${key}:${value}`)
    .join(" ");
}

function text(line: string, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${line}\n`), decodable(body)]);
}
