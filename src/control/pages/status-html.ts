import { createHash } from "node:crypto";
import { isRunning } from "../../index.ts";
import { Html, markup } from "./markup.ts";
import { pageScript, tailScript } from "./script.ts";
import { style } from "./style.ts";
import type { Snapshot, View } from "./view.ts";

/** The outcome of an action, to be shown. */
export interface Message {
  readonly ok: boolean;
  readonly message: string;
}

const NOTHING = new Html("");
const ORDERS = ["start", "stop", "restart"] as const;

/** The status page. */
export function statusPage(snapshot: Snapshot, token: string, said?: Message): string {
  const { identifier, state, processes } = snapshot;
  const running = processes.filter((process) => process.state === "RUNNING").length;
  const warning = state === "RUNNING" ? "" : "The supervisor is shutting down";
  const buttons = ORDERS.map((verb) => button(verb, "all", `${capital(verb)} all`));
  const body = markup`
<div class="notes"><p id="link" class="note bad" role="status">${warning}</p>
<p id="message" class="note${said?.ok === false ? " bad" : ""}" role="status">${said?.message ?? ""}</p></div>
<p id="changes" class="quiet" role="status"></p>
<main><form method="post" action="./">
<input type="hidden" name="token" value="${token}">
<header><h1>${identifier}</h1><p id="count">${running} of ${processes.length} running</p>
<div class="do">${buttons}<noscript><a href="./">Refresh</a></noscript></div></header>
${processes.length > 0 ? table(processes) : markup`<p>There are no programs.</p>`}
</form></main>`;
  return page(`${running}/${processes.length} ${identifier}`, body, pageScript);
}

// roles are repeated: where the style shows rows as cards, some browsers drop those of the table
function table(processes: readonly View[]): Html {
  const groups = new Map<string, View[]>();
  for (const view of processes) {
    const members = groups.get(view.group);
    if (members) members.push(view);
    else groups.set(view.group, [view]);
  }
  const heads = ["Process", "State", "Description", "Actions"].map(
    (text) => markup`<th role="columnheader" scope="col">${text}</th>`,
  );
  const bodies = [...groups].map(
    ([group, members]) => markup`
<tbody role="rowgroup">${header(group, members)}${members.map(row)}
</tbody>`,
  );
  return markup`<table role="table" aria-label="Processes"><thead role="rowgroup"><tr role="row">${heads}</tr></thead>${bodies}</table>`;
}

/** The row of a group, unless it is one process of the same name. */
function header(group: string, members: readonly View[]): Html {
  if (members.every(({ id }) => id === group)) return NOTHING;
  const buttons = ORDERS.map((verb) => button(verb, `${group}:*`));
  return markup`
<tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="3">${group}</th><td role="cell"><div class="do">${buttons}</div></td></tr>`;
}

function row({ id, state, pid, start, about, said }: View): Html {
  const value = id === "all" ? "all:all" : id; // `all` alone means all processes
  const isUp = isRunning(state);
  const isDown = state === "STOPPED" || state === "EXITED" || state === "FATAL";
  const actions = [
    button("start", value, "Start", isUp),
    button("stop", value, "Stop", isDown),
    button("restart", value),
    button("clear", value),
    ...(["stdout", "stderr"] as const).map(
      (name) => markup`<a href="${logOf(id, name)}" aria-label="${name} of ${id}">${name}</a>`,
    ),
  ];
  return markup`
<tr role="row" data-id="${id}" data-state="${state}" data-pid="${pid}" data-start="${start}"><th role="rowheader" scope="row"><span>${id}</span></th><td role="cell" class="state"><span>${state}</span></td><td role="cell" class="about">${about}${said === undefined ? NOTHING : markup`<code>${said}</code>`}</td><td role="cell"><div class="do">${actions}</div></td></tr>`;
}

/** A button. An idle one keeps its place and its focus, so that no other button moves under the pointer. */
function button(verb: string, value: string, text = capital(verb), isIdle = false): Html {
  const label = value === "all" ? text : `${text} ${value}`;
  const idle = isIdle ? markup` aria-disabled="true"` : NOTHING;
  return markup`<button name="${verb}" value="${value}" aria-label="${label}"${idle}>${text}</button>`;
}

function logOf(id: string, channel: string): string {
  return `tail.html?${new URLSearchParams({ processname: id, channel }).toString()}`;
}

/** The page of one log. */
export function tailPage(id: string, channel: "stdout" | "stderr", text: string): string {
  const tabs = (["stdout", "stderr"] as const).map((name) => {
    const current = name === channel ? markup` aria-current="page"` : NOTHING;
    return markup`<a href="${logOf(id, name)}"${current}>${name}</a>`;
  });
  const body = markup`
<header><h1>${id}</h1><nav aria-label="Logs">${tabs}<a href="./">All processes</a></nav></header>
<div class="notes"><p id="link" class="note bad" role="status"></p></div>
<main><pre tabindex="0" role="region" aria-label="${channel} of ${id}">
${text}</pre></main>`;
  return page(`${id} ${channel}`, body, tailScript);
}

function page(title: string, body: Html, script: string): string {
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Html(style)}</style>
</head>
<body>${body}
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

/** The headers of every page: it loads, runs and sends only what is its own, and no site can frame it. */
export function pageHeaders(): Readonly<Record<string, string>> {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(pageScript)} ${hashOf(tailScript)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": policy.join("; "),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    // not no-referrer, with which the origin of a form would be null
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    Vary: "Accept",
  };
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
