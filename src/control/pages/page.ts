import { createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { SupervisorError, type Supervisor } from "../../index.ts";
import { respond } from "../http/respond.ts";
import { isSame } from "../http/auth.ts";
import { Deadline } from "../http/deadline.ts";
import { HttpError } from "../errors.ts";
import { pageHeaders, statusPage, type Message } from "./status-html.ts";
import type { Context, Handler } from "../http/router.ts";
import { snapshotOf } from "./view.ts";

/** How long an answer waits for a process to start or stop. The action itself may take longer. */
const WAIT_MS = 10_000;
/** The length of a message that is passed on to the next page. */
const MAX_MESSAGE = 1500;

/** Actions on a process, a group or all; their names are those of the buttons. */
const verbs = {
  start: { doing: "Starting", done: "Started", act: order("start") },
  stop: { doing: "Stopping", done: "Stopped", act: order("stop") },
  restart: { doing: "Restarting", done: "Restarted", act: order("restart") },
  clear: {
    doing: "Clearing the logs of",
    done: "Cleared the logs of",
    act: (supervisor: Supervisor, name: string) => supervisor.clear(name),
  },
} as const;

function order(verb: "start" | "stop" | "restart") {
  return (supervisor: Supervisor, name: string, signal: AbortSignal): Promise<void> =>
    supervisor[verb](name, { signal });
}

/** The status page at `/`: GET shows it; POST with the token does what one of its buttons says. */
export const page: Handler = async (request, response, context) => {
  if (request.method === "POST") {
    const outcome = await perform(await formOf(request, context), context);
    if (request.headers.accept === "application/json") {
      const headers = { "Content-Type": "application/json" };
      respond(request, response, 200, JSON.stringify(outcome), headers);
    } else {
      const Location = `./?${queryOf(outcome, context.token)}`;
      respond(request, response, 303, `${outcome.message}\n`, { Location });
    }
  } else {
    const { supervisor, token, query } = context;
    const body = statusPage(snapshotOf(supervisor), token, messageIn(query, token));
    respond(request, response, 200, body, pageHeaders());
  }
};

async function formOf({ headers }: IncomingMessage, context: Context): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers["content-type"] ?? ""))
    throw new HttpError(415, "Unsupported media type: expected a form");
  const form = new URLSearchParams((await context.body()).toString());
  if (!context.isToken(form.get("token")))
    throw new HttpError(
      403,
      "Forbidden: the page is out of date; go back, reload it and try again",
    );
  return form;
}

async function perform(form: URLSearchParams, context: Context): Promise<Message> {
  const asked = Object.entries(verbs).filter(([verb]) => form.has(verb));
  const [only] = asked;
  if (!only || asked.length > 1)
    throw new HttpError(400, "Bad request: expected one of start, stop, restart and clear");
  const [verb, { doing, done, act }] = only;
  const name = form.get(verb) ?? "";
  // the buttons of a row mean its process, also if a program or a group has the same name
  const process = name === "all" ? undefined : context.supervisor.process(name);
  const target = process ? `${process.group}:${process.name}` : name;
  const timeout = new AbortController();
  const deadline = new Deadline();
  deadline.set(WAIT_MS, () => timeout.abort());
  try {
    await act(context.supervisor, target, AbortSignal.any([context.signal, timeout.signal]));
    return { ok: true, message: `${done} ${name}` };
  } catch (error) {
    if (error instanceof SupervisorError) return { ok: false, message: error.message };
    if (timeout.signal.aborted) return { ok: true, message: `${doing} ${name} takes longer` };
    throw error;
  } finally {
    deadline.clear();
  }
}

/** A message as a query, signed: a link of another site cannot make the page show a text. */
function queryOf({ ok, message }: Message, token: string): string {
  const text = (ok ? "+" : "-") + message.slice(0, MAX_MESSAGE);
  return new URLSearchParams({ message: text, seal: sign(text, token) }).toString();
}

function messageIn(query: URLSearchParams, token: string): Message | undefined {
  const text = query.get("message");
  if (text === null || !isSame(query.get("seal") ?? "", sign(text, token))) return undefined;
  return { ok: text.startsWith("+"), message: text.slice(1) };
}

function sign(text: string, token: string): string {
  return createHmac("sha256", token).update(Buffer.from(text)).digest("base64url");
}
