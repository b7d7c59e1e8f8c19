/** What a listener has noted, as the recordings show it. */
import { existsSync, readFileSync } from "node:fs";
import { byText } from "../../../src/schema/by-text.ts";

interface Note {
  readonly pid: number;
  readonly raw_header: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
}

/** By the words of the recording. */
export function heardBy(file: string, what: string): unknown {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
  const notes = lines.map((line) => JSON.parse(line) as Note);
  const remote = notes.filter(({ headers }) => headers["eventname"] === "REMOTE_COMMUNICATION");
  if (what.startsWith("what the listener received")) return inOrder(remote);
  if (what.startsWith("payloads per listener")) {
    const data = remote.map(({ payload }) => payload.split("\n")[1] ?? "");
    const processes = new Set(remote.map(({ pid }) => pid)).size;
    return { processes_used: processes, each_event_delivered_once: data.toSorted(byText) };
  }
  if (what.startsWith("raw header and payload")) {
    return notes
      .filter(({ payload }) => payload.startsWith("processname:p "))
      .map((note) => [headerOf(note), note.payload.replace(/pid:[1-9]\d*/, "pid:N")]);
  }
  if (what.startsWith("raw header (serials")) {
    return remote.map((note) => [masked(note.raw_header), note.payload]);
  }
  return remote.map(({ payload }) => payload);
}

function inOrder(notes: readonly Note[]): unknown {
  const processes = [...new Set(notes.map(({ pid }) => pid))];
  const since = (note: Note, key: string) => {
    return `${key} +${Number(note.headers[key]) - Number(notes[0]?.headers[key])}`;
  };
  return notes.map((note) => [
    since(note, "serial"),
    since(note, "poolserial"),
    note.payload,
    `listener process ${processes.indexOf(note.pid) + 1}`,
  ]);
}

/** The header, with the serials masked, and the length if it is right. */
function headerOf({ raw_header: header, payload }: Note): string {
  return masked(header).replace(`len:${Buffer.byteLength(payload)}\n`, "len:right\n");
}

function masked(header: string): string {
  return header.replaceAll(/serial:\d+/g, "serial:N");
}
