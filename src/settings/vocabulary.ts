import type { Vocabulary } from "../schema/check.ts";
import { isPlain } from "../schema/copy.ts";
import { meaning, nearest } from "../schema/suggest.ts";
import { groupSettings } from "./group.ts";
import { programSettings } from "./program.ts";
import { supervisorSettings } from "./supervisor.ts";

/** The names of all settings, for the message about an unknown setting. */
export const vocabulary: Vocabulary = {
  known([kind]) {
    if (kind === undefined) return Object.keys(supervisorSettings.shape);
    return Object.keys((kind === "groups" ? groupSettings : programSettings).shape);
  },
  hint(key, path, value) {
    return HABITS.has(key) ? meaning(HABITS.get(key)) : otherPlace(key, path, value);
  },
};

/** Node's names for some of the settings. */
const HABITS = new Map([
  ["cwd", "directory"],
  ["env", "environment"],
  ["args", "command"],
  ["uid", "user"],
]);

/** The hint for a program or a group in a wrong place: the place where it belongs. */
function otherPlace(key: string, [kind, name]: readonly PropertyKey[], value: unknown) {
  if (kind === undefined) {
    if (isGroup(value)) return belongs("groups", key);
    if (isProgram(value)) return belongs("programs", key);
    const isNear = nearest(key, vocabulary.known([])) !== undefined;
    return isNear || !mayBeProgram(value) ? undefined : belongs("programs", key);
  }
  if (kind === "groups" && key === "command") return belongs("programs", String(name));
  if (kind === "programs" && key === "programs") return belongs("groups", String(name));
  return undefined;
}

function belongs(place: "programs" | "groups", name: string): string {
  const key = /^[a-z_$][\w$]*$/i.test(name) ? name : JSON.stringify(name);
  return `; a ${place.slice(0, -1)} goes into ${place}: { ${key}: … }`;
}

function isGroup(value: unknown): boolean {
  return isPlain(value) && Array.isArray(value["programs"]);
}

/** Whether the value has a setting of a program. */
function isProgram(value: unknown): boolean {
  return isPlain(value) && vocabulary.known(["programs"]).some((key) => Object.hasOwn(value, key));
}

/** Whether the value may be a program, or the command of one. */
function mayBeProgram(value: unknown): boolean {
  if (typeof value === "string") return value.trim().includes(" ");
  return Array.isArray(value) || isPlain(value);
}
