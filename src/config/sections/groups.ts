import { didYouMean } from "../../schema/suggest.ts";
import type { ProgramSettings } from "../../settings/program.ts";
import { groupSettings, type GroupSettings } from "../../settings/group.ts";
import { show } from "../../schema/show.ts";
import type { Section } from "../ini.ts";
import { Options, type Reading } from "../section-reader.ts";
import { list, processName } from "../values.ts";
import { readFcgi } from "./fcgi.ts";
import { readListener } from "./listener.ts";
import type { Draft } from "./program-draft.ts";
import { readProgram } from "./program.ts";

/** The programs of all kinds, and the groups, by name. */
export interface Programs {
  readonly programs: Record<string, ProgramSettings>;
  readonly groups: Record<string, GroupSettings>;
  /** The place of each program and group, for errors that are found later. */
  readonly sections: ReadonlyMap<string, Section>;
}

interface Group {
  readonly name: string;
  readonly options: Options;
  readonly members: string[];
}

const { programs: _, ...others } = groupSettings.shape;

/** Reads the sections of groups and programs, in supervisord's order. */
export function readPrograms(reading: Reading): Programs {
  const all = [...reading.ini.sections.values()];
  const ofKind = (kind: string) => all.filter(({ name }) => name.startsWith(`${kind}:`));
  const found = new Map<string, { readonly section: Section; readonly draft: Draft }>();
  const groups = new Map<string, GroupSettings>();
  const sections = new Map<string, Section>();
  const named = ofKind("group").map((section) => openGroup(reading, section));
  const places = new Map<string, string[]>(); // by section name
  for (const { name, members } of named) {
    for (const member of members) places.set(member, [...(places.get(member) ?? []), name]);
  }
  const add = (section: Section, read: (name: string) => Draft) => {
    const options = new Options(reading, section);
    const name = nameOf(options);
    const other = found.get(name);
    if (other?.section === section) return;
    if (other) {
      options.fail(undefined, undefined, {
        message: `there is a [${other.section.name}] already, and one name is for one program`,
      });
    } else found.set(name, { section, draft: read(name) });
  };
  for (const { name, options, members } of named) {
    const given = options.readAll(others, reading.environment);
    for (const member of members) {
      const section = reading.ini.sections.get(member);
      if (section)
        add(section, (own) => readMember(reading, section, own, places.get(member) ?? []));
    }
    const programs = members.map((member) => member.slice(member.indexOf(":") + 1));
    groups.set(name, { programs, ...given });
    sections.set(`group ${name}`, options.section);
  }
  const isFree = ({ name }: Section) => !places.has(name);
  for (const section of ofKind("program").filter(isFree))
    add(section, (name) => readProgram(reading, section, name, [name]));
  for (const section of ofKind("eventlistener"))
    add(section, (name) => readListener(reading, section, name));
  for (const section of ofKind("fcgi-program").filter(isFree))
    add(section, (name) => readFcgi(reading, section, name));
  for (const [name, { section }] of found) sections.set(`program ${name}`, section);
  return {
    programs: Object.fromEntries(
      [...found].map(([name, { draft }]) => [name, draft as ProgramSettings]),
    ),
    groups: Object.fromEntries(groups),
    sections,
  };
}

/** Notes an error in a name, and continues with the name. */
function nameOf(options: Options): string {
  const { name } = options.section;
  const own = name.slice(name.indexOf(":") + 1);
  const parsed = processName(own);
  if (!("value" in parsed)) {
    options.fail(undefined, parsed.problem, {
      message: `expected ${parsed.expected} behind the colon, got ${show(own)}`,
    });
    return own;
  }
  if (parsed.value === "" || /\s/.test(parsed.value)) {
    options.fail(undefined, undefined, { message: "expected a name behind the colon" });
  }
  return parsed.value;
}

/** Suggesting a name takes long if there are many programs. */
const MOST_HINTS = 10;

function programsIn(sections: ReadonlyMap<string, Section>): string[] {
  return [...sections.keys()].flatMap((name) =>
    /^(?:fcgi-)?program:/.test(name) ? [name.slice(name.indexOf(":") + 1)] : [],
  );
}

/** Finds the sections of the members; notes unknown members. */
function openGroup(reading: Reading, section: Section): Group {
  const options = new Options(reading, section);
  const { sections } = reading.ini;
  const members: string[] = [];
  let unknown = 0;
  let who = section.name; // supervisord names the previous member in its message
  for (const program of options.read("programs", list, reading.environment) ?? []) {
    const kinds = ["program", "fcgi-program"].filter((kind) => sections.has(`${kind}:${program}`));
    const [kind] = kinds;
    if (kind === undefined) {
      const hint = unknown++ < MOST_HINTS ? didYouMean(program, programsIn(sections)) : "";
      const shown = options.shown("programs", program);
      options.fail("programs", `[${who}] names unknown program or fcgi-program ${shown}`, {
        expected: "names of programs, separated by commas",
        message: `there is no program ${show(shown)}${hint}`,
      });
      continue;
    }
    if (kinds.length > 1) {
      options.fail(
        "programs",
        `[${who}] name ${program} is ambiguous (exists as program and fcgi-program)`,
        { message: `${show(program)} is a program and an fcgi-program` },
      );
    }
    who = `${kind}:${program}`;
    if (members.includes(who)) options.warn("programs", `${show(program)} is named twice`);
    else members.push(who);
  }
  return { name: nameOf(options), options, members };
}

/** An fcgi-program in a group is a plain program, as in supervisord. */
function readMember(
  reading: Reading,
  section: Section,
  name: string,
  groups: readonly string[],
): Draft {
  const options = new Options(reading, section);
  if (options.has("socket") && section.name.startsWith("fcgi-program:"))
    options.warn("socket", "it is ignored because the program is in a group");
  return readProgram(reading, section, name, groups);
}
