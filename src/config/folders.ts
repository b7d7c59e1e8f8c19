import { existsSync, readdirSync } from "node:fs";
import type { Folders } from "./glob.ts";

/** The file system, for patterns and for finding the configuration file. */
export const folders: Folders = {
  exists: existsSync,
  list: (directory) => {
    try {
      return readdirSync(directory);
    } catch {
      return [];
    }
  },
};
