/** The entries of docs/settings.md, and their words, from the schemas that check the settings. */
import { inspect } from "node:util";
import type * as z from "zod";
import { programSettings } from "../../src/settings/program.ts";
import { supervisorSettings } from "../../src/settings/supervisor.ts";
import { groupSettings } from "../../src/settings/group.ts";
import { activityLogSettings } from "../../src/activity-log/options.ts";
import { options, type OptionMeta, type Shape } from "../../src/schema/option.ts";
import { cleanupOptions } from "../../src/cleanup/options.ts";
import { listenerOptions } from "../../src/listeners/options.ts";
import { outputOptions } from "../../src/output/options.ts";
import { socketOptions } from "../../src/sockets/options.ts";

/** The settings of each section of the page. */
export const sections = {
  program: programSettings,
  group: groupSettings,
  supervisor: supervisorSettings,
  log: activityLogSettings,
} as const;

/** The settings of a program are many: each belongs to the first part whose rule it meets. */
const PARTS: readonly (readonly [title: string, rule: (key: string) => boolean])[] = [
  ["FastCGI", (key) => key in socketOptions],
  ["Event listeners", (key) => key in listenerOptions],
  ["Output", (key) => key in outputOptions],
  ["Stopping", (key) => key in cleanupOptions || /^(?:stop|kill)/.test(key)],
  ["Process", () => true],
];

/** One text for each section: rows of links, then an entry for each setting. */
export function settingsPages(): { readonly name: string; readonly text: string }[] {
  return Object.entries(sections).map(([name, { shape }]) => {
    const settings = Object.entries(shape) as [string, z.ZodType][];
    if (name !== "program") return { name, text: page(name, settings, 3) };
    const partOf = (key: string) => PARTS.find(([, rule]) => rule(key))?.[0];
    const texts = PARTS.toReversed().map(([title]) => {
      const own = settings.filter(([key]) => partOf(key) === title);
      return `### ${title}\n\n${page(name, own, 4)}`;
    });
    return { name, text: texts.join("\n") };
  });
}

function page(section: string, settings: readonly [string, z.ZodType][], level: number): string {
  const links = settings.map(([key]) => `[\`${key}\`](#${anchor(section, key)})`).join(" · ");
  const entries = settings.map(([key, schema]) => entry(section, key, schema, level));
  return `${links}\n\n${entries.join("\n")}`;
}

function entry(section: string, key: string, schema: z.ZodType, level: number): string {
  const { summary, expected, differs, facts } = wordsOf(section, key, schema);
  return [
    `<a id="${anchor(section, key)}"></a>`,
    "",
    `${"#".repeat(level)} \`${key}\``,
    "",
    `${summary} Expects ${expected}.`,
    ...(differs === undefined ? [] : ["", differs]),
    "",
    facts.join(" · "),
    "",
  ].join("\n");
}

/** The text about a setting, without a form. */
export interface Entry {
  readonly summary: string;
  readonly expected: string;
  /** How it differs from supervisord's option. */
  readonly differs?: string;
  /** The default, the unit and the origin. */
  readonly facts: readonly string[];
}

/** The text about a setting of a section. */
export function entryOf(section: keyof typeof sections, key: string): Entry {
  const shape: Shape = sections[section].shape;
  return wordsOf(section, key, shape[key] as z.ZodType);
}

function wordsOf(section: string, key: string, schema: z.ZodType): Entry {
  const meta = options.get(schema);
  if (!meta) throw new Error(`${key} has no entry in the registry`);
  const { summary = "", expected, unit, differs } = meta;
  return {
    summary,
    expected,
    ...(differs !== undefined && { differs: `**Differs:** ${differs}` }),
    facts: [
      `Default: ${preset(schema, meta)}`,
      `Unit: ${unit === "s" ? "seconds" : (unit ?? "none")}`,
      origin(section, key, meta),
    ],
  };
}

/** Both programs and groups have a priority. */
function anchor(section: string, key: string): string {
  return `${section}-${key}`;
}

function origin(section: string, key: string, meta: OptionMeta): string {
  const { isExtension, differs, section: kind } = meta;
  if (isExtension) return "Extension: supervisord has no such option";
  if (key === "programs" && section === "supervisor")
    return "supervisord: the `[program:x]` sections";
  if (key === "groups") return "supervisord: the `[group:x]` sections";
  if (kind !== undefined) return `supervisord: \`${key}\` of \`[${kind}:x]\``;
  if (key === "serverurl" && section === "supervisor")
    return "supervisord: worked out from its `[unix_http_server]` and `[inet_http_server]`";
  const name = { program: "program:x", group: "group:x" }[section] ?? "supervisord";
  return `supervisord: \`${key}\` of \`[${name}]\`${differs === undefined ? "" : ", but it differs"}`;
}

function preset(schema: z.ZodType, { preset: shown, fallback }: OptionMeta): string {
  if (shown !== undefined)
    return /^[\w' ]+$/.test(shown) || shown.includes("`") ? shown : `\`${shown}\``;
  const parsed = schema.safeParse(undefined);
  const value: unknown = fallback ?? (parsed.success ? parsed.data : undefined);
  return value === undefined
    ? "none, it must be given"
    : `\`${inspect(value).replaceAll("'", '"')}\``;
}
