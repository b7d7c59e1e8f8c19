import type { IncomingMessage, ServerResponse } from "node:http";

/** Sends a text, plain unless the headers say otherwise; to HEAD only the headers. */
export function respond(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...headers,
    "Content-Length": String(bytes.length),
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
}
