import type { ServerResponse } from "node:http";
import type { EventMap, Supervisor } from "../../index.ts";
import { systemClock } from "../../system/clock.ts";
import type { Handler } from "../http/router.ts";
import { idOf, snapshotOf, nowOf, viewOf, type View } from "./view.ts";

/** A stream that was silent for so long gets a beat. */
const SILENCE_MS = 25_000;

const HEADERS = new Map([
  ["Content-Type", "text/event-stream"],
  ["Cache-Control", "no-store"],
  ["X-Content-Type-Options", "nosniff"],
  ["X-Accel-Buffering", "no"], // nginx would buffer the events
]);

/** An event without content, which shows that the connection is alive. */
export const BEAT = "event: beat\ndata:\n\n";

/** One event on the wire. */
export function frame(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * Begins a stream of events. `beat` is called when nothing was sent for a while. A reader that has not
 * read what it was sent by then is disconnected instead.
 */
export function beginStream(response: ServerResponse, beat: () => void): void {
  response.setHeaders(HEADERS); // not by writeHead(), after which getHeader() does not find them
  response.writeHead(200);
  response.write("retry: 2000\n\n");
  // the socket's own timeout: it needs no timer for each stream, and does not keep the host alive
  response.setTimeout(SILENCE_MS, () => {
    if (response.writableNeedDrain) response.destroy();
    else beat();
  });
}

/** A reader; `missed` while it is too slow and has missed an event. */
interface Client {
  readonly response: ServerResponse;
  missed: boolean;
}

/**
 * `/events`: a snapshot of all processes, then the changes, for every reader. The changes of one turn of
 * the event loop are one event, encoded once for all readers. For a slow reader nothing is stored but
 * that it needs a new snapshot. The feed observes the supervisor only while it has readers.
 */
export class Feed {
  readonly #supervisor: Supervisor;
  readonly #clients = new Set<Client>();
  readonly #changed = new Set<string>();
  #needsSnapshot = false;
  #isDue = false;
  #names = "";
  #unsubscribe: (() => void)[] = [];

  constructor(supervisor: Supervisor) {
    this.#supervisor = supervisor;
  }

  /** The number of readers. */
  get size(): number {
    return this.#clients.size;
  }

  /** Adds a reader, until it disconnects or the server closes. */
  readonly handle: Handler = (_request, response, { signal }) => {
    const client: Client = { response, missed: false };
    response.on("drain", () => {
      if (client.missed) this.#send(client, this.#snapshot());
    });
    signal.addEventListener("abort", () => {
      this.#remove(client);
      response.end();
    });
    beginStream(response, () => this.#beat(client));
    if (this.#clients.size === 0) this.#subscribe();
    this.#clients.add(client);
    this.#send(client, this.#snapshot());
  };

  #subscribe(): void {
    this.#names = this.#allNames();
    this.#unsubscribe = [
      this.#supervisor.observe("PROCESS_STATE", this.#onState),
      this.#supervisor.observe("PROCESS_GROUP", this.#onOther),
      this.#supervisor.observe("SUPERVISOR_STATE_CHANGE", this.#onOther),
    ];
  }

  #remove(client: Client): void {
    this.#clients.delete(client);
    if (this.#clients.size > 0) return;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  readonly #onState = ({ groupname, processname }: EventMap["PROCESS_STATE"]): void => {
    this.#changed.add(idOf({ group: groupname, name: processname }));
    this.#schedule();
  };

  readonly #onOther = (): void => {
    this.#needsSnapshot = true;
    this.#schedule();
  };

  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    systemClock.setTimeout(() => this.#flush(), 0, true);
  }

  #flush(): void {
    this.#isDue = false;
    const changed = [...this.#changed];
    this.#changed.clear();
    const names = this.#allNames();
    const isOther = this.#needsSnapshot || names !== this.#names;
    this.#needsSnapshot = false;
    this.#names = names;
    if (this.#clients.size === 0) return;
    const text = isOther ? this.#snapshot() : this.#changes(changed);
    for (const client of this.#clients) this.#send(client, text);
  }

  #send(client: Client, text: string): void {
    const { response } = client;
    if (response.writableEnded) return;
    client.missed = response.writableNeedDrain;
    if (!client.missed) response.write(text);
  }

  /** An update may remove a process without an event: the beat finds that out. */
  #beat(client: Client): void {
    if (this.#allNames() !== this.#names) this.#onOther();
    else this.#send(client, BEAT);
  }

  #snapshot(): string {
    return frame("snapshot", snapshotOf(this.#supervisor));
  }

  #changes(ids: readonly string[]): string {
    const changed = ids.flatMap((id) => this.#supervisor.process(id) ?? []);
    const infos = changed.map((process) => process.info());
    const processes: readonly View[] = infos.map((info, i) => viewOf(info, changed[i]));
    return frame("change", { now: nowOf(infos), processes });
  }

  #allNames(): string {
    const programs = [...this.#supervisor.programs.values()];
    return programs
      .flatMap(({ processes }) => processes.map(({ namespec }) => namespec))
      .join("\n");
  }
}
