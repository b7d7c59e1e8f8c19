/*
 * State that all supervisors of a host share: the `exit` listener of the host, which is there while any
 * child lives. Children have their own process group, so neither Ctrl-C nor the end of the host reaches
 * them: each hook ends those of its supervisor.
 */
const hooks = new Set<() => void>();

function runHooks(): void {
  for (const end of hooks) end();
}

/** Has `end` called, synchronously, when the host exits; until the function it returns is called. */
export function onHostExit(end: () => void): () => void {
  if (hooks.size === 0) process.on("exit", runHooks);
  hooks.add(end);
  return () => {
    hooks.delete(end);
    if (hooks.size === 0) process.off("exit", runHooks);
  };
}
