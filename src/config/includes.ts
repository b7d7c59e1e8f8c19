import { dirname, isAbsolute, join } from "node:path";
import { option } from "../schema/option.ts";
import { folders } from "./folders.ts";
import { glob } from "./glob.ts";
import { within } from "./percent.ts";
import { strip } from "./python.ts";
import { Options, type Reading } from "./section-reader.ts";

/** The options of `[include]`. */
export const includeOptions = {
  files: option({ syntax: "text" }, (patterns) => patterns),
};

/** Lists the files that the main file includes. Those that they include are not read. */
export function includedFiles(sources: Reading): string[] {
  const section = sources.ini.sections.get("include");
  if (!section) return [];
  const options = new Options(sources, section);
  const names = within(sources.environment, new Map([["host_node_name", sources.facts.host]]));
  if (!options.has("files")) {
    options.fail(undefined, ".ini file has [include] section, but no files setting", {
      message: "there are no files",
    });
  }
  const text = options.text("files", names) ?? "";
  const [patterns, written] = [wordsOf(text), wordsOf(options.shown("files", text))];
  return patterns.flatMap((pattern, i) => {
    const place = (word: string) =>
      isAbsolute(pattern) ? word : join(dirname(sources.file), word);
    const whole = place(pattern);
    const files = glob(whole, folders);
    if (files.length === 0) {
      const isSame = written.length === patterns.length;
      const shown = isSame ? place(written[i] ?? "") : written.join(" ");
      options.warn(
        "files",
        `no file matches ${JSON.stringify(shown)}`,
        `No file matches via include "${shown}"`,
      );
    }
    return files;
  });
}

function wordsOf(text: string): string[] {
  return strip(text).split(/\s+/).filter(Boolean);
}
