import { accessSync, constants, readFileSync } from "node:fs";
import { RESTORE, restorable } from "../../spawn/shell.ts";

const SIGNALS = ["TERM", "INT", "QUIT", "HUP", "USR1", "USR2"];

/**
 * Process 1 of a container has to reap the orphans of all other processes, which Node does not do. A
 * shell does: this script passes signals on, waits, and exits as the command does. (A signal may
 * interrupt the first wait as the command exits; then the second wait has its status.) The variables
 * have names that no environment has.
 */
const SCRIPT = `${RESTORE}
${SIGNALS.map((name) => `trap 'kill -${name} "$libsupervisor_pid" 2>/dev/null' ${name}`).join("\n")}
"$@" &
libsupervisor_pid=$!
while :; do
  wait "$libsupervisor_pid"
  libsupervisor_status=$?
  kill -0 "$libsupervisor_pid" 2>/dev/null || break
done
wait "$libsupervisor_pid" 2>/dev/null
libsupervisor_again=$?
[ "$libsupervisor_again" -eq 127 ] || libsupervisor_status=$libsupervisor_again
exit "$libsupervisor_status"
`;

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/** Replaces this process by a shell, which runs the command as its child. Returns where that is impossible. */
export function replaceWithInit(): void {
  const { execve } = process as { readonly execve?: Execve }; // from Node 22.15 on
  if (!execve) return;
  try {
    accessSync("/bin/sh", constants.X_OK);
  } catch {
    return;
  }
  const { execPath, execArgv, argv } = process;
  const env = { ...process.env } as Record<string, string>;
  const words = ["sh", "-c", SCRIPT, "sh", execPath, ...execArgv, ...argv.slice(1)];
  execve("/bin/sh", words, restorable(env, true) ?? env);
}

/** Whether a process is the shell of {@link replaceWithInit}. */
export function isInitShell(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(SCRIPT);
  } catch {
    return false;
  }
}
