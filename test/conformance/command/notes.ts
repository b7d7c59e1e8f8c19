/** What a listener has noted, as the events of a recording. */
import { existsSync, readFileSync } from "node:fs";
import { isDriver } from "../scenario.ts";
import type { SeenEvent } from "../watch.ts";

interface Note {
  readonly at: number;
  readonly pid: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

/** Of what the player itself sends, to hear how far the listener has come. */
export const MARK_TYPE = "player";

/** An event whose process id is not yet a name. */
export type NotedEvent = Omit<SeenEvent, "pid" | "expected"> & {
  readonly pid?: number;
  readonly expected?: number;
};

export class Notes {
  /** What the recordings have, too. */
  readonly events: NotedEvent[] = [];
  /** The last mark that was heard. */
  mark = "";
  readonly #file: string;
  readonly #known = new Set<string>();
  #read = 0;
  #isUp = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Takes in what has come. */
  catchUp(): void {
    if (!existsSync(this.#file)) return;
    const lines = readFileSync(this.#file, "utf8").split("\n").slice(0, -1);
    for (const line of lines.slice(this.#read)) this.#take(JSON.parse(line) as Note);
    this.#read = lines.length;
  }

  #take({ at, pid, headers, payload }: Note): void {
    const { eventname: event = "", serial = "" } = headers;
    // supervisord sends again to all what one of them has refused
    if (this.#known.has(`${pid} ${serial}`)) return;
    this.#known.add(`${pid} ${serial}`);
    const [head = "", ...rest] = payload.split("\n");
    const words = new Map(head.split(" ").map((word) => word.split(":") as [string, string]));
    const base = { event, at: at / 1000 };
    if (event === "REMOTE_COMMUNICATION") {
      if (words.get("type") === MARK_TYPE) this.mark = rest.join("\n");
      else this.events.push({ ...base, head, data: rest.join("\n") });
      return;
    }
    if (event.startsWith("TICK")) return;
    if (event.startsWith("SUPERVISOR_STATE_CHANGE")) this.#isUp = event.endsWith("RUNNING");
    const group = words.get("groupname");
    // the groups that are there from the beginning were added before anybody could hear it
    if (event.startsWith("PROCESS_GROUP") && !this.#isUp) return;
    if (isDriver(group)) return;
    const process = words.get("processname");
    const [from, channel] = [words.get("from_state"), words.get("channel")];
    const number = (key: string) => {
      const text = words.get(key);
      return text !== undefined && { [key]: Number(text) };
    };
    this.events.push({
      ...base,
      ...(process !== undefined && { process }),
      ...(group !== undefined && { group }),
      ...(from !== undefined && { from_state: from }),
      ...number("tries"),
      ...number("expected"),
      ...number("pid"),
      ...(channel !== undefined && { channel }),
      ...(/^PROCESS_(?:LOG|COMM)/.test(event) && { data: rest.join("\n") }),
    });
  }
}
