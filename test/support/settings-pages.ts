/** The entries of docs/settings.md, from the schemas that check the settings. */
import { inspect } from "node:util";
import type * as z from "zod";
import {
  groupSettings,
  options,
  programSettings,
  supervisorSettings,
  type OptionMeta,
} from "../../src/settings.ts";

const sections = {
  program: programSettings,
  group: groupSettings,
  supervisor: supervisorSettings,
} as const;

/** One text for each section: a row of links, then an entry for each setting. */
export function settingsPages(): { readonly name: string; readonly text: string }[] {
  return Object.entries(sections).map(([name, { shape }]) => {
    const settings = Object.entries(shape) as [string, z.ZodType][];
    const links = settings.map(([key]) => `[\`${key}\`](#${anchor(name, key)})`).join(" · ");
    const entries = settings.map(([key, schema]) => entry(name, key, schema));
    return { name, text: `${links}\n\n${entries.join("\n")}` };
  });
}

function entry(section: string, key: string, schema: z.ZodType): string {
  const meta = options.get(schema);
  if (!meta) throw new Error(`${key} has no entry in the registry`);
  const { summary, expected, unit, differs } = meta;
  const facts = [
    `Default: ${preset(schema, meta)}`,
    `Unit: ${unit === "s" ? "seconds" : "none"}`,
    origin(section, key, meta),
  ];
  return [
    `<a id="${anchor(section, key)}"></a>`,
    "",
    `### \`${key}\``,
    "",
    `${summary} Expects ${expected}.`,
    ...(differs === undefined ? [] : ["", `**Differs:** ${differs}`]),
    "",
    facts.join(" · "),
    "",
  ].join("\n");
}

/** Both programs and groups have a priority. */
function anchor(section: string, key: string): string {
  return `${section}-${key}`;
}

function origin(section: string, key: string, { isExtension, differs }: OptionMeta): string {
  if (isExtension) return "Extension: supervisord has no such option";
  if (key === "programs" && section === "supervisor")
    return "supervisord: the `[program:x]` sections";
  if (key === "groups") return "supervisord: the `[group:x]` sections";
  const name = { program: "program:x", group: "group:x", supervisor: "supervisord" }[section];
  return `supervisord: \`${key}\` of \`[${name}]\`${differs === undefined ? "" : ", but it differs"}`;
}

function preset(schema: z.ZodType, { preset: shown }: OptionMeta): string {
  if (shown !== undefined)
    return /^[\w' ]+$/.test(shown) || shown.includes("`") ? shown : `\`${shown}\``;
  const parsed = schema.safeParse(undefined);
  return parsed.success
    ? `\`${inspect(parsed.data).replaceAll("'", '"')}\``
    : "none, it must be given";
}
