/**
 * The interfaces of the settings, as files of src/: the words are those of the schemas, the types
 * are what TypeScript makes of them.
 */
import path from "node:path";
import ts from "typescript";
import { root } from "./processes.ts";
import type { SchemaTypes } from "./schema-types.ts";
import { entryOf, sections } from "./settings-pages.ts";

/** A file that is generated as a whole. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

interface Target {
  readonly name: keyof SchemaTypes;
  readonly section: keyof typeof sections;
  readonly file: string;
  readonly summary: string;
}

const targets: readonly Target[] = [
  {
    name: "ProgramSettings",
    section: "program",
    file: "src/settings/program-settings.ts",
    summary: "The settings of a program as a caller gives them: a `[program:x]` section.",
  },
  {
    name: "ResolvedProgramSettings",
    section: "program",
    file: "src/settings/resolved-program-settings.ts",
    summary: "The settings of a program with defaults filled in, not yet expanded.",
  },
  {
    name: "GroupSettings",
    section: "group",
    file: "src/settings/group-settings.ts",
    summary: "The settings of a group as a caller gives them: a `[group:x]` section.",
  },
  {
    name: "SupervisorSettings",
    section: "supervisor",
    file: "src/settings/supervisor-settings.ts",
    summary:
      "The settings of a supervisor as a caller gives them: all programs and groups, and the `[supervisord]` section.",
  },
  {
    name: "ActivityLogSettings",
    section: "log",
    file: "src/activity-log/activity-log-settings.ts",
    summary: "The settings of an activity log as a caller gives them.",
  },
];

/** The types of sections are interfaces of this list. */
const MEMBERS: Readonly<Record<string, string>> = {
  programs: "Record<string, ProgramSettings> | undefined",
  groups: "Record<string, GroupSettings> | undefined",
};

/** The modules of the names in the types. */
const MODULES: Readonly<Record<string, string>> = {
  Writable: "node:stream",
  GroupSettings: "src/settings/group-settings.ts",
  Pattern: "src/schema/pattern.ts",
  ProgramSettings: "src/settings/program-settings.ts",
  Signal: "src/ports/signal.ts",
  SignalSetting: "src/schema/signal.ts",
};

const WIDTH = 100;

/** The files of all interfaces. TypeScript takes seconds for it. */
export function settingsInterfaces(): readonly GeneratedFile[] {
  const typesOf = readTypes();
  return targets.map((target) => ({ file: target.file, text: fileOf(target, typesOf) }));
}

/** A property as it is written in an interface: `startsecs?` and `number | undefined`. */
interface PropertyType {
  readonly key: string;
  readonly type: string;
}

type TypesOf = (name: keyof SchemaTypes) => ReadonlyMap<string, PropertyType>;

function fileOf({ name, section, file, summary }: Target, typesOf: TypesOf): string {
  const types = typesOf(name);
  const { shape } = sections[section];
  const properties = Object.keys(shape).map((key) => {
    const property = types.get(key);
    if (!property) throw new Error(`${name} has no ${key}`);
    const isSection = section === "supervisor" && key in MEMBERS;
    const type = isSection ? (MEMBERS[key] as string) : property.type;
    return { key: property.key, type, words: wordsOf(name, section, key) };
  });
  const text = properties.map(({ type }) => type).join("\n");
  const imports = Object.entries(MODULES)
    .filter(([word]) => new RegExp(`\\b${word}\\b`).test(text))
    .map(([word, module]) => `import type { ${word} } from "${specifier(file, module)}";`);
  const body = properties.map(
    ({ key, type, words }) => `${comment(words, "  ")}  ${key}: ${type};\n`,
  );
  return [
    "// Generated: `npm run docs:settings` writes this file from the schema of the settings.\n",
    ...(imports.length > 0 ? [`${imports.join("\n")}\n`] : []),
    "\n",
    comment([summary], ""),
    `export interface ${name} {\n${body.join("")}}\n`,
  ].join("");
}

/** The paragraphs about a setting. A resolved setting expects nothing, and has no default. */
function wordsOf(name: string, section: keyof typeof sections, key: string): readonly string[] {
  const { summary, expected, differs, facts } = entryOf(section, key);
  const isResolved = name.startsWith("Resolved");
  const isObvious = isResolved || expected === "true or false";
  const told = facts.filter((fact) => {
    return fact !== "Unit: none" && !(isResolved && fact.startsWith("Default:"));
  });
  return [
    isObvious ? summary : `${summary} Expects ${expected}.`,
    ...(differs === undefined ? [] : [differs]),
    told.join(" · "),
  ];
}

/** A comment whose lines have at most {@link WIDTH} columns; no line ends inside `code`. */
function comment(paragraphs: readonly string[], indent: string): string {
  const one = `${indent}/** ${paragraphs.join("")} */`;
  if (paragraphs.length === 1 && one.length <= WIDTH) return `${one}\n`;
  const lines = paragraphs.flatMap((text, i) => {
    return [...(i > 0 ? [""] : []), ...wrap(text, WIDTH - indent.length - " * ".length)];
  });
  const inside = lines.map((line) => `${indent} *${line && ` ${line}`}\n`);
  return `${indent}/**\n${inside.join("")}${indent} */\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line += (line && " ") + word;
  }
  return [...lines, line];
}

function specifier(from: string, to: string): string {
  if (to.startsWith("node:")) return to;
  const relative = path.posix.relative(path.posix.dirname(from), to);
  return relative.startsWith(".") ? relative : `./${relative}`;
}

/** Asks TypeScript for the types of the properties, by the names of the interfaces. */
function readTypes(): TypesOf {
  const entry = path.join(root, "test/support/schema-types.ts");
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const config = path.join(root, "test/tsconfig.json");
  const options = ts.getParsedCommandLineOfConfigFile(config, { noEmit: true }, host)?.options;
  const program = ts.createProgram([entry], options ?? {});
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry) as ts.SourceFile;
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
  const membersOf = (name: string): Map<string, ts.Symbol> => {
    const symbol = exported.find((one) => one.name === name) as ts.Symbol;
    const members = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
    return new Map(members.map((member) => [member.name, member]));
  };
  const named = [...membersOf("NamedTypes")].map(
    ([name, symbol]) => [name, checker.getTypeOfSymbol(symbol)] as const,
  );
  const flags =
    ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;
  const print = (type: ts.Type): string => {
    const isSame = ([, other]: (typeof named)[number]) =>
      checker.isTypeAssignableTo(type, other) && checker.isTypeAssignableTo(other, type);
    return named.find(isSame)?.[0] ?? checker.typeToString(type, undefined, flags);
  };
  return (name) => {
    const symbol = membersOf("SchemaTypes").get(name) as ts.Symbol;
    const properties = checker.getTypeOfSymbol(symbol).getProperties();
    return new Map(
      properties.map((property) => {
        const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
        const key = `${property.name}${isOptional ? "?" : ""}`;
        return [property.name, { key, type: print(checker.getTypeOfSymbol(property)) }];
      }),
    );
  };
}
