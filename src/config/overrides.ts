import type { ConfigIssue } from "./error.ts";
import { unknownOption } from "./known.ts";
import type { Reading } from "./section-reader.ts";
import { readSupervisord } from "./sections/supervisord.ts";

const COMMAND_LINE = "the command line";
const SECTION = "supervisord";

/**
 * Replaces options of `[supervisord]` by options of the command line. The replaced values must be
 * valid all the same, as for supervisord. Nothing in the new values is expanded.
 */
export function override(reading: Reading, overrides: Readonly<Record<string, string>>): void {
  if (Object.keys(overrides).length === 0) return;
  checkReplaced(reading, overrides);
  const options = reading.ini.sections.get(SECTION)?.options;
  for (const [option, text] of Object.entries(overrides)) {
    if (unknownOption(option, SECTION) === undefined)
      options?.set(option, { value: text.replaceAll("%", "%%"), file: COMMAND_LINE, line: 0 });
  }
}

function checkReplaced(reading: Reading, overrides: Readonly<Record<string, string>>): void {
  for (const option of Object.keys(overrides)) {
    const message = unknownOption(option, SECTION);
    if (message !== undefined)
      reading.errors.push({ file: COMMAND_LINE, section: SECTION, option, message });
  }
  const section = reading.ini.sections.get(SECTION);
  if (!section) return;
  const errors: ConfigIssue[] = [];
  readSupervisord({ ...reading, errors, warnings: [] }, section);
  const isReplaced = ({ option }: ConfigIssue) =>
    option !== undefined && Object.hasOwn(overrides, option);
  reading.errors.push(...errors.filter(isReplaced));
}
