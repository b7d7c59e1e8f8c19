import { accessSync, constants } from "node:fs";

/**
 * Process 1 of a container has to reap the orphans of all others, which Node does not. A shell does:
 * it passes signals on, waits, and ends as the command does. (Of two waits the second knows the end
 * that came while a signal interrupted the first.)
 */
const SCRIPT = `
for s in TERM INT QUIT HUP USR1 USR2; do trap "kill -$s \\$pid 2>/dev/null" $s; done
"$@" &
pid=$!
while :; do
  wait "$pid"
  status=$?
  kill -0 "$pid" 2>/dev/null || break
done
wait "$pid" 2>/dev/null
again=$?
[ "$again" -eq 127 ] || status=$again
exit "$status"
`;

type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

/** Has a shell take our place as process 1, and run us as its child; comes back where that cannot be. */
export function makeWayForInit(): void {
  const { execve } = process as { readonly execve?: Execve }; // from Node 22.15 on
  if (!execve) return;
  try {
    accessSync("/bin/sh", constants.X_OK);
  } catch {
    return;
  }
  const { execPath, execArgv, argv, env } = process;
  execve("/bin/sh", ["sh", "-c", SCRIPT, "sh", execPath, ...execArgv, ...argv.slice(1)], env);
}
