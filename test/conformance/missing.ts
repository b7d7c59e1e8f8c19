/** What a recording needs that not every machine has. */
import { existsSync, readFileSync } from "node:fs";
import type { Scenario } from "./scenario.ts";

/** Why it cannot be played here, with fakes or with real processes. */
export function missing({ name, settings, user }: Scenario, isReal: boolean): string | undefined {
  const hasSocket = Object.values(settings).some(({ socket }) => socket);
  if (process.platform === "win32" && hasSocket) return "needs the passing of sockets";
  const known = existsSync("/etc/passwd") ? readFileSync("/etc/passwd", "utf8") : "";
  const users = Object.values(settings).flatMap((options) => options["user"] ?? []);
  const unknown = users.find((one) => !/^\d+$/.test(one) && !`\n${known}`.includes(`\n${one}:`));
  if (unknown !== undefined) return `needs the user ${unknown}`;
  if (process.platform === "win32" && Object.values(settings).some(({ umask }) => umask))
    return "needs umask";
  if (!isReal) return undefined;
  const needsRoot = users.length > 0 || user !== undefined || hasSocket || name === "umask";
  if (needsRoot && process.getuid?.() !== 0) return "needs root";
  const isPython = ({ command = "" }) => command.startsWith("/usr/bin/python3 ");
  const needsPython = name === "child-process-facts" || Object.values(settings).some(isPython);
  if (needsPython && !existsSync("/usr/bin/python3")) return "needs /usr/bin/python3";
  return undefined;
}
