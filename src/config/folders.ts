import { existsSync, readdirSync } from "node:fs";
import type { Folders } from "./glob.ts";

/** The file system, for patterns and for the search for a file. */
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
