import { fullName } from "./render.ts";
import type { ProcessInfo } from "./render.ts";

type Named = Pick<ProcessInfo, "name" | "group">;

const OF_GROUPS = new Set(["add", "remove", "update"]);
const OF_PROCESSES = new Set([
  "clear",
  "fg",
  "pid",
  "restart",
  "signal",
  "start",
  "status",
  "stop",
  "tail",
]);

/** Completes the last word of a line: the choices, each with a blank after it, and the word. */
export async function complete(
  line: string,
  actions: readonly string[],
  infos: () => Promise<readonly Named[]>,
): Promise<[matches: string[], word: string]> {
  const words = line.trimStart().split(/\s+/);
  const word = words.at(-1) ?? "";
  const [action = ""] = words;
  let choices: readonly string[] = [];
  if (words.length === 1 || action === "help") choices = actions;
  else if (OF_GROUPS.has(action)) choices = (await infos()).map(({ group }) => group);
  else if (OF_PROCESSES.has(action)) choices = namesFor(word, await infos());
  const matches = [...new Set(choices)].filter((choice) => choice.startsWith(word));
  return [matches.map((choice) => `${choice} `), word];
}

function namesFor(word: string, infos: readonly Named[]): string[] {
  return infos.flatMap((info) => {
    if (!word.includes(":") && info.name === info.group) return [info.name];
    const full = word.includes(":") ? `${info.group}:${info.name}` : fullName(info);
    return [full, `${info.group}:*`];
  });
}
