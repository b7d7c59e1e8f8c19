import { STATUS_CODES, type ServerResponse } from "node:http";
import type { HttpError } from "../errors.ts";
import { escapeHtml } from "../pages/escape.ts";
import { frame } from "../pages/live-feed.ts";

/** Answers with a page that names the status and the reason. */
export function respondWithError(
  response: ServerResponse,
  { status, message, headers }: HttpError,
): void {
  const title = `${status} ${STATUS_CODES[status] ?? ""}`;
  const page = `<!DOCTYPE html><title>${title}</title><h1>${title}</h1><p>${escapeHtml(message)}</p>\n`;
  response.writeHead(status, {
    ...headers,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": Buffer.byteLength(page),
  });
  response.end(page);
}

/** Tells the reader of a stream why it breaks off, and cuts the connection: the stream is not whole. */
export function breakOff(response: ServerResponse, message: string): void {
  const isEventStream = response.getHeader("Content-Type") === "text/event-stream";
  const text = isEventStream ? frame("failed", message) : `\n==> ${message} <==\n`;
  response.write(text, () => response.destroy());
}
