import { readFileSync, readdirSync } from "node:fs";

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return ""; // gone
  }
}

/** Every living process that carries a mark of the storm, by its environment or by what it sleeps. */
export function look() {
  const found = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!(pid > 1)) continue;
    const environment = read(pid, "environ");
    const own = /(?:^|\0)STORM=(\d+)\/([^\0]*)/.exec(environment);
    const run = /(?:^|\0)(LIBSUPERVISOR_[0-9a-f]+=\d+)/.exec(environment)?.[1];
    const command = read(pid, "cmdline").replaceAll("\0", " ").trim();
    const slept = own ? null : /^sleep 7(\d{7})$/.exec(command);
    if (!own && !slept) continue;
    const stat = read(pid, "stat");
    const state = stat.charAt(stat.lastIndexOf(")") + 2);
    if (state === "" || "ZX".includes(state)) continue;
    const mark = Number(own?.[1] ?? slept?.[1]);
    found.push({ pid, mark, kind: own?.[2] ?? "cleaned environment", command, run });
  }
  return found;
}
