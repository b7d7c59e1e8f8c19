import { dirname, join, resolve } from "node:path";
import { ConfigError } from "./error.ts";
import { folders } from "./folders.ts";

/**
 * Looks for the file in supervisord's places.
 * @throws {ConfigError} if there is no file in any of them
 */
export function findConfig(cwd: string): string {
  const found = search(cwd);
  if (found !== undefined) return found;
  const usual = placesFrom(cwd);
  throw new ConfigError([
    {
      file: "supervisord.conf",
      message: `there is no such file in any of the usual places: ${usual.join(", ")}`,
      supervisord: `No config file found at default paths (${usual.join(", ")}); use the -c option to specify a config file at a different path`,
    },
  ]);
}

/** The same; undefined if there is no file in any of them. */
export function search(cwd: string): string | undefined {
  return placesFrom(cwd).find(folders.exists);
}

function placesFrom(cwd: string): string[] {
  const above = resolve(cwd, dirname(process.argv[1] ?? ""), "..");
  return [
    join(above, "etc/supervisord.conf"),
    join(above, "supervisord.conf"),
    resolve(cwd, "supervisord.conf"),
    resolve(cwd, "etc/supervisord.conf"),
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
  ];
}
