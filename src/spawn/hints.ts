import path from "node:path";
import type { StartFailureCode } from "../ports/signal.ts";
import { searchPathOf } from "./launch.ts";
import { findProgram } from "./lookup.ts";
import { absolute } from "../system/directories.ts";
import type { Command } from "../ports/command.ts";
import { show } from "../schema/show.ts";

const OPERATOR = /^(?:\|\|?|&&?|;|\d?(?:>>?|<)(?:&\d|[\w./-]*))$/;
const ASSIGNMENT = /^([A-Za-z_]\w*)=/;
const BUILTIN = /^(?:\.|cd|eval|exec|export|set|source|ulimit|umask|unset)$/;
const ARCHIVE = /^.*\.asar(?=[/\\]|$)/;
const BIN = "node_modules/.bin";

/**
 * Sentences for people: possible causes for a command that could not be executed, or, without a
 * code, that has ended too quickly.
 */
export function hintsFor(command: Command, code?: StartFailureCode): string[] {
  if (code === "FAILED") return [];
  return [
    ...(code === "NO_FILE" ? searchHints(command) : []),
    ...shellHints(command, code),
    ...(code === undefined ? [] : archiveHints(command)),
  ];
}

/** A name without a slash is looked for in PATH alone. */
function searchHints(command: Command): string[] {
  const [word] = command.argv;
  if (/[/\\]/.test(word)) return [];
  const places = `It was looked for in PATH: ${searchPathOf(command)}`;
  const bin = installed(word, absolute(command.directory ?? ""));
  if (bin === undefined) return [places];
  return [places, `There is ${bin}, which is not in PATH: give its path as the command`];
}

/**
 * The place where npm has put a command of that name, for the directory or a directory above it.
 */
function installed(name: string, directory: string): string | undefined {
  for (let place = directory; ; place = path.dirname(place)) {
    const found = findProgram(path.join(place, BIN, name), place, "");
    if ("file" in found) return found.file;
    if (place === path.dirname(place)) return undefined;
  }
}

/** Shell syntax is an ordinary argument here. */
function shellHints({ argv }: Command, code: StartFailureCode | undefined): string[] {
  const [word] = argv;
  const [, name] = ASSIGNMENT.exec(word) ?? [];
  const operator = argv.find((one) => OPERATOR.test(one));
  const ofShell = operator ?? (code === "NO_FILE" && BUILTIN.test(word) ? word : undefined);
  const hints: string[] = [];
  if (code !== undefined && name !== undefined)
    hints.push(`A variable of its own (${name}) goes into the setting "environment"`);
  if (ofShell !== undefined)
    hints.push(
      `No shell reads the command, so ${show(ofShell)} has no meaning: give ["sh", "-c", "…"]`,
    );
  return hints;
}

function archiveHints({ argv: [word], directory = "" }: Command): string[] {
  const [archive] = ARCHIVE.exec(word) ?? ARCHIVE.exec(directory) ?? [];
  if (archive === undefined) return [];
  const unpacked = `${path.basename(archive)}.unpacked`;
  return [
    `${archive} is an archive, in which nothing can be executed: unpack the files (asarUnpack), and name them in ${unpacked}`,
  ];
}
