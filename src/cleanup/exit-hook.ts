/**
 * The one state of this library that all supervisors of a host share: its `exit` listener, held
 * while any child lives. Children have their own process group, so neither Ctrl-C nor the host's
 * end reaches them: this listener kills them.
 */
const hooks = new Set<() => void>();

function runHooks(): void {
  for (const end of hooks) end();
}

/** Calls `end` synchronously when the host exits. Calling the returned function cancels this. */
export function onHostExit(end: () => void): () => void {
  if (hooks.size === 0) process.on("exit", runHooks);
  hooks.add(end);
  return () => {
    hooks.delete(end);
    if (hooks.size === 0) process.off("exit", runHooks);
  };
}
