/**
 * The one thing of this library that is shared by all supervisors of a host: its `exit` listener,
 * held while any child lives. Children have their own process group, so neither Ctrl-C nor the
 * host's end reaches them; whoever leaves last kills them here.
 */
const parties = new Set<() => void>();

function sayFarewell(): void {
  for (const end of parties) end();
}

/** Has `end` called, synchronously, when the host exits; until the function it returns is called. */
export function atExit(end: () => void): () => void {
  if (parties.size === 0) process.on("exit", sayFarewell);
  parties.add(end);
  return () => {
    parties.delete(end);
    if (parties.size === 0) process.off("exit", sayFarewell);
  };
}
