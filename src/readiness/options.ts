import type { Policy } from "../lifecycle/state.ts";
import { fallback, option, type ValuesOf } from "../schema/option.ts";
import type { Planning } from "../schema/planning.ts";
import { show } from "../schema/show.ts";
import type { Probe } from "../ports/prober.ts";
import { ownAddresses } from "./addresses.ts";
import { isLocal } from "./local.ts";
import { patternOf, patternOfRegExp, type Pattern } from "../schema/pattern.ts";
import { parseProbeUrl } from "./probe-url.ts";
import { parseStatuses } from "./statuses.ts";
import type { ReadinessPlan } from "./watcher.ts";

/** The options for when a process is ready. */
export const readinessOptions = {
  ready_url: option(
    {
      syntax: "urls",
      isExtension: true,
      isPerProcess: true,
      preset: "none",
      summary:
        "What answers when the process is ready: `tcp://host:port` or `unix:///path` accepts a connection, `http://…` or `https://…` answers a GET with a status of `probe_status`. With several, all of them. The process is RUNNING when it is ready, not after `startsecs`; and a start fails if another process answers there before. A certificate is not checked, a redirect not followed.",
    },
    (urls) => urls.optional(),
  ),
  ready_line: option(
    {
      syntax: "pattern",
      isExtension: true,
      preset: "none",
      summary:
        "A text in a line that the process writes to its stdout or stderr when it is ready, or a regular expression. `{name}` in the text stands for characters that are not blanks, and `{{` for a brace: `listening on {url}`. They are the `captures` of the process, as the named groups of a regular expression are. In a file: the text, or `/source/flags`. The host reads the output of such a program itself, even if its log has no limit.",
    },
    (line) => line.optional(),
  ),
  ready_file: option(
    {
      syntax: "path",
      isExtension: true,
      isPerProcess: true,
      preset: "none",
      summary:
        "The path of a file that is there when the process is ready. A file that was there before the start counts only once it was written or replaced.",
    },
    (path) => path.optional(),
  ),
  startwaitsecs: option(
    {
      syntax: "positive seconds",
      isExtension: true,
      summary:
        "The time that a process may take to become ready, from its start on. A process that is not ready by then is stopped, and its start has failed.",
    },
    (seconds) => seconds.default(60),
  ),
  probe_waitsecs: option(
    {
      syntax: "positive seconds",
      isExtension: true,
      summary: "The time that one attempt of a `ready_url` may take.",
    },
    (seconds) => seconds.default(5),
  ),
  probe_status: option(
    {
      syntax: "statuses",
      isExtension: true,
      fallback: "200-399",
      summary: "The HTTP statuses that count as an answer of a `ready_url`.",
    },
    (statuses) => statuses.optional(),
  ),
};

type ReadinessSettings = ValuesOf<typeof readinessOptions>;

/** The options of other directories that readiness has to fit. */
interface OtherSettings {
  readonly events?: unknown;
  readonly socket?: string | undefined;
}

/** Plans how to find out whether a process is ready; undefined if nothing is asked. */
export function planReadiness(
  settings: ReadinessSettings & OtherSettings,
  { expand, refuse }: Pick<Planning, "expand" | "refuse">,
): ReadinessPlan | undefined {
  const { ready_url: urls, ready_line: given, ready_file: file, probe_waitsecs } = settings;
  const asked = settings.probe_status ?? fallback(readinessOptions.probe_status);
  const statuses = parseStatuses(asked);
  if ("problem" in statuses) refuse("probe_status", statuses.problem);
  const probes: Probe[] = [];
  for (const [index, text] of (urls ?? []).entries()) {
    const probe = parseProbeUrl(expand("ready_url", text), "problem" in statuses ? [] : statuses);
    if ("problem" in probe)
      refuse("ready_url", probe.problem, ...(urls?.length === 1 ? [] : [index]));
    else probes.push(probe);
  }
  if (
    settings.socket !== undefined &&
    probes.some((probe) => "url" in probe && probe.url === settings.socket)
  )
    refuse("ready_url", "expected another address than the socket, which always accepts");
  const vacancies = probes.filter((probe) => isLocal(probe, ownAddresses()));
  if (file !== undefined) probes.push({ kind: "file", path: expand("ready_file", file) });
  const line = given === undefined ? undefined : planLine(given, refuse);
  if (line && settings.events !== undefined)
    refuse("ready_line", "expected nothing: an event listener answers on its standard output");
  if (probes.length === 0 && !line) return undefined;
  return { probes, vacancies, ...(line && { line }), attemptMs: probe_waitsecs * 1000 };
}

/** The part of the policy that says how long to wait for a process to be ready. */
export function proofOf(
  { startwaitsecs, ready_url, ready_line, ready_file }: ReadinessSettings,
  { vacancies }: ReadinessPlan,
): NonNullable<Policy["readiness"]> {
  const asked = Object.entries({ ready_url, ready_line, ready_file });
  const options = asked.flatMap(([name, value]) => (value === undefined ? [] : [name]));
  return { waitMs: startwaitsecs * 1000, isProbed: vacancies.length > 0, options };
}

function planLine(
  given: string | Pattern,
  refuse: Planning["refuse"],
): ReadinessPlan["line"] | undefined {
  const pattern = typeof given === "string" ? patternOf(given) : patternOfRegExp(given);
  if ("problem" in pattern) {
    refuse("ready_line", pattern.problem);
    return undefined;
  }
  const text = typeof given === "string" ? show(given) : `/${given.source}/${given.flags}`;
  if (new RegExp(pattern.source, pattern.flags).test("")) {
    refuse("ready_line", `expected a text that not every line has, got ${text}`);
    return undefined;
  }
  return { text, pattern };
}
