import type { Vocabulary } from "../schema/check.ts";
import { meaning } from "../schema/suggest.ts";
import { groupSettings } from "./group.ts";
import { programSettings } from "./program.ts";
import { supervisorSettings } from "./supervisor.ts";

/** The names of all settings, for the message about an unknown setting. */
export const vocabulary: Vocabulary = {
  known([kind]) {
    if (kind === undefined) return Object.keys(supervisorSettings.shape);
    return Object.keys((kind === "groups" ? groupSettings : programSettings).shape);
  },
  hint: (key) => (HABITS.has(key) ? meaning(HABITS.get(key)) : undefined),
};

/** Node's names for some of the settings. */
const HABITS = new Map([
  ["cwd", "directory"],
  ["env", "environment"],
  ["args", "command"],
  ["uid", "user"],
]);
