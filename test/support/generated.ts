/** The parts of the documentation that are made from the sources. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { diagram } from "./diagram.ts";
import { settingsPages } from "./settings-pages.ts";

const root = path.resolve(import.meta.dirname, "../../..");

export interface Part {
  /** The document, from the root of the repository. */
  readonly file: string;
  /** Stands in `<!-- generated: name -->`; the part ends with `<!-- end -->`. */
  readonly name: string;
  readonly text: string;
}

export const parts: readonly Part[] = [
  ...settingsPages().map(({ name, text }) => ({ file: "docs/settings.md", name, text })),
  { file: "docs/states.md", name: "diagram", text: diagram() },
];

/** What the document holds in that place now. */
export function written({ file, name }: Part): string | undefined {
  return place(readFileSync(path.join(root, file), "utf8"), name)?.[2];
}

export function write(part: Part): void {
  const file = path.join(root, part.file);
  const document = readFileSync(file, "utf8");
  const [all, before, , after] = place(document, part.name) ?? [];
  if (all === undefined) throw new Error(`${part.file} has no place for "${part.name}"`);
  writeFileSync(
    file,
    document.replace(all, () => `${before}${part.text}${after}`),
  );
}

function place(document: string, name: string): RegExpExecArray | null {
  return new RegExp(`(<!-- generated: ${name} -->\n\n)([\\s\\S]*?)(\n<!-- end -->)`).exec(document);
}
