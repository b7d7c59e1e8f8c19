import { didYouMean, nearest } from "../schema/suggest.ts";
import type { Shape } from "../schema/option.ts";
import { show } from "../schema/show.ts";
import { groupSettings } from "../settings/group.ts";
import type { ConfigIssue } from "./error.ts";
import { includeOptions } from "./includes.ts";
import type { Entry, Ini } from "./ini.ts";
import { clientOptions } from "./sections/client-section.ts";
import { kindOptions, programOptions } from "./sections/program-options.ts";
import { inetServerOptions, unixServerOptions } from "./sections/servers.ts";
import { supervisordOptions } from "./sections/supervisord.ts";

const namesIn = (...shapes: readonly Shape[]) => shapes.flatMap((shape) => Object.keys(shape));

/** The options of each kind of section; null: any. */
const KINDS: Readonly<Record<string, readonly string[] | null>> = {
  supervisord: namesIn(supervisordOptions),
  "program:": namesIn(programOptions),
  "eventlistener:": namesIn(programOptions, kindOptions.eventlistener),
  "fcgi-program:": namesIn(programOptions, kindOptions["fcgi-program"]),
  "group:": namesIn(groupSettings.shape),
  unix_http_server: namesIn(unixServerOptions),
  inet_http_server: namesIn(inetServerOptions),
  supervisorctl: namesIn(clientOptions),
  include: namesIn(includeOptions),
  "rpcinterface:": null,
  "ctlplugin:": null,
};
const ALL = [...new Set(Object.values(KINDS).flatMap((options) => options ?? []))];

/** The sections and options that supervisord would silently ignore. */
export function unknownParts({ sections, defaults }: Ini): ConfigIssue[] {
  const issues: ConfigIssue[] = [];
  for (const { name, file, line, options } of sections.values()) {
    const known = optionsOf(name);
    if (known === undefined) issues.push({ file, line, section: name, message: unknown(name) });
    for (const [option, entry] of options) {
      const message = among(option, known);
      if (option.startsWith("[")) issues.push(openHeader(option, entry));
      else if (message !== undefined) issues.push({ ...entry, section: name, option, message });
    }
  }
  for (const [option, entry] of defaults) {
    const message = among(option, ALL);
    if (message !== undefined) issues.push({ ...entry, section: "DEFAULT", option, message });
  }
  return issues;
}

/** Reports an option that does not exist in a section of that name. */
export function unknownOption(option: string, section: string): string | undefined {
  return among(option, optionsOf(section));
}

function among(option: string, known: readonly string[] | null | undefined): string | undefined {
  if (!known || known.includes(option)) return undefined;
  return `there is no option ${show(option)}${didYouMean(option, known)}`;
}

/** The options of a section; undefined for an unknown section. */
function optionsOf(name: string): readonly string[] | null | undefined {
  const kind = name.includes(":") ? `${name.split(":", 1)[0]}:` : name;
  const server = kind.slice(0, -1); // [unix_http_server:x]
  if (Object.hasOwn(KINDS, kind)) return KINDS[kind];
  return server.endsWith("_http_server") && Object.hasOwn(KINDS, server)
    ? KINDS[server]
    : undefined;
}

function unknown(name: string): string {
  const [kind = "", ...rest] = name.split(":");
  const kinds = Object.keys(KINDS).map((one) => one.replace(":", ""));
  const meant = nearest(kind, kinds);
  if (meant === undefined || meant === kind) return "there is no such section";
  return `there is no such section; did you mean ${show([meant, ...rest].join(":"))}?`;
}

/**
 * `[program:x` has the form of an option, and the options after it are read into the section
 * before.
 */
function openHeader(option: string, { file, line, value }: Entry): ConfigIssue {
  const message = `a closing bracket is missing; did you mean ${show(`${option}:${value}]`)}?`;
  return { file, line, value, message };
}
