/**
 * The script of the status page: follows `/events`, counts uptimes, and sends the form's buttons without
 * leaving the page. The server makes the rows: when there are other processes than before, the script
 * fetches the form again.
 */
export const pageScript = String.raw`
"use strict";
const $ = (selector) => document.querySelector(selector), now = () => +new Date();
const message = $("#message"), link = $("#link"), changes = $("#changes");
let form, rows, source, skew = 0, heard = 0, broken = false, renewal, again;
const busy = new Set(), news = [];

let spoken;
// a success disappears after a while, a failure stays until Escape
function say(text, bad) {
  message.textContent = text;
  message.classList.toggle("bad", !!bad);
  window.clearTimeout(spoken);
  if (text && !bad) spoken = window.setTimeout(say, 8000, "");
}
const warn = (text) => { if (link.textContent !== text) link.textContent = text; };
const all = (selector) => [...form.querySelectorAll(selector)];

function adopt() {
  form = $("form");
  rows = new Map(all("tr[data-id]").map((row) => [row.dataset.id, row]));
  all("button").forEach(mark);
  count();
}
function mark(button) { button.setAttribute("aria-busy", busy.has(button.name + " " + button.value)); }

function duration(seconds) {
  const two = (n) => String(Math.floor(n)).padStart(2, "0"), days = Math.floor(seconds / 86400);
  return (days ? days + (days === 1 ? " day, " : " days, ") : "") +
    Math.floor(seconds % 86400 / 3600) + ":" + two(seconds % 3600 / 60) + ":" + two(seconds % 60);
}
function tell(row, about, said) {
  const cell = row.querySelector(".about"), now = cell.querySelector("code")?.textContent;
  if (now === said && cell.textContent === about + (said ?? "")) return;
  cell.textContent = about;
  if (said) cell.append(Object.assign(document.createElement("code"), { textContent: said }));
}
function put(element, text) { if (element.textContent !== text) element.textContent = text; }
function age(row) {
  if (row.dataset.state !== "RUNNING") return;
  const up = Math.max(0, now() / 1000 + skew - row.dataset.start);
  put(row.querySelector(".about"), "pid " + row.dataset.pid + ", uptime " + duration(up));
}
function count() {
  const up = [...rows.values()].filter((row) => row.dataset.state === "RUNNING").length;
  put($("#count"), up + " of " + rows.size + " running");
  document.title = up + "/" + rows.size + " " + $("h1").textContent;
}
function show({ id, state, pid, start, about, said }) {
  const row = rows.get(id), changed = row.dataset.state !== state;
  Object.assign(row.dataset, { state, pid, start });
  put(row.querySelector(".state span"), state);
  if (state === "RUNNING") age(row); else tell(row, about, said);
  row.querySelector("[name=start]").setAttribute("aria-disabled", /^(STARTING|RUNNING|BACKOFF)$/.test(state));
  row.querySelector("[name=stop]").setAttribute("aria-disabled", /^(STOPPED|EXITED|FATAL)$/.test(state));
  return changed ? [id + " " + state] : [];
}
function take({ now: theirs, processes }) {
  skew = theirs - Math.floor(now() / 1000);
  const told = processes.flatMap(show);
  if (told.length) changes.textContent = told.length > 3 ? told.length + " processes have changed" : told.join(", ");
  count();
}

// one request at a time, and another if something has changed meanwhile; the focus is kept
function renew() {
  again = true;
  return renewal ??= (async () => {
    try {
      while (again) {
        again = false;
        const answer = await fetch("./");
        if (!answer.ok) throw new Error(answer.status);
        const next = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("form");
        const { name, value } = document.activeElement ?? {};
        form.replaceWith(next);
        adopt();
        if (name) all("button").find((button) => button.name === name && button.value === value)?.focus();
      }
    } catch { broken = true; }
    renewal = undefined;
    catchUp();
  })();
}
function snapshot(data) {
  put($("h1"), data.identifier);
  warn(data.state === "RUNNING" ? "" : "The supervisor is shutting down");
  const same = data.processes.length === rows.size && data.processes.every(({ id }) => rows.has(id));
  news.length = 0;
  // after an interruption it may be another server, with another token
  if (same && !broken && !renewal) take(data);
  else { broken = false; skew = data.now - Math.floor(now() / 1000); renew(); }
}
function catchUp() {
  while (news.length && !renewal) {
    const one = news.shift();
    if (one.processes.every(({ id }) => rows.has(id))) take(one); else renew();
  }
}

function connect() {
  source?.close();
  heard = now();
  const mine = source = new EventSource("events");
  const on = (type, act) => mine.addEventListener(type, ({ data }) => { heard = now(); act(data); });
  on("snapshot", (data) => snapshot(JSON.parse(data)));
  on("change", (data) => { news.push(JSON.parse(data)); catchUp(); });
  on("beat", () => {});
  mine.onerror = () => {
    broken = true;
    warn("Connection lost. Trying again\u2026");
    if (mine.readyState === 2) window.setTimeout(() => mine === source && connect(), 5000);
  };
}
document.addEventListener("visibilitychange", () => {
  // a browser has few connections for one server: hidden pages close theirs
  if (document.hidden) source.close(); else connect();
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = event.submitter, key = button.name + " " + button.value;
  if (button.getAttribute("aria-disabled") === "true" || busy.has(key)) return;
  const body = new URLSearchParams(new FormData(form));
  body.set(button.name, button.value);
  busy.add(key);
  all("button").forEach(mark);
  try {
    const answer = await fetch("./", { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.headers.get("content-type") === "application/json") {
      const { ok, message } = await answer.json();
      say(message, !ok);
    } else {
      say(answer.status === 403 ? "This page was out of date. Please try again" : await answer.text(), true);
      if (answer.status === 403) await renew();
    }
  } catch { say("The supervisor cannot be reached", true); }
  busy.delete(key);
  all("button").forEach(mark);
});

document.addEventListener("keydown", ({ key }) => { if (key === "Escape") say(""); });

window.setInterval(() => {
  if (document.hidden) return;
  rows.forEach(age);
  if (now() - heard > 70000) { broken = true; connect(); }
}, 1000);
adopt();
connect();
`;

/** The script of the page of a log: shows what is added, and scrolls if the end is in view. */
export const tailScript = String.raw`
"use strict";
const log = document.querySelector("pre"), link = document.querySelector("#link");
const LIMIT = 400000;
const end = () => { log.scrollTop = log.scrollHeight; };
function put(text, isFirst) {
  const below = log.scrollHeight - log.scrollTop - log.clientHeight;
  if (isFirst) log.textContent = "";
  log.append(text);
  while (log.textContent.length > LIMIT && log.childNodes.length > 1) log.firstChild.remove();
  if (below < 40) end();
}
let source;
function connect() {
  source?.close();
  let trouble = "";
  const mine = source = new EventSource(location.search ? "tail.html" + location.search : "tail.html");
  mine.addEventListener("begin", ({ data }) => { trouble = link.textContent = ""; put(JSON.parse(data), true); });
  mine.addEventListener("failed", ({ data }) => { trouble = JSON.parse(data) + ". "; });
  mine.addEventListener("more", ({ data }) => put(JSON.parse(data)));
  mine.addEventListener("over", () => { mine.close(); link.textContent = "This process was removed, or the supervisor has shut down"; });
  mine.onerror = () => {
    link.textContent = (trouble || "Connection lost. ") + "Trying again\u2026";
    if (mine.readyState === 2) window.setTimeout(() => mine === source && connect(), 5000);
  };
}
document.addEventListener("visibilitychange", () => { if (document.hidden) source.close(); else connect(); });
end();
connect();
`;
