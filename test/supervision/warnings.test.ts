import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { HostEvents } from "../../src/supervision/host-events.ts";
import { fifosFailed } from "../../src/supervision/warnings.ts";
import { FakeClock } from "../../src/testing/index.ts";

/** The lines of a host that listens to one event, or else what Node warns of. */
function told(heard: string): { readonly lines: string[]; readonly host: HostEvents } {
  const lines: string[] = [];
  const listeners = {
    announce: (event: object) => void lines.push(JSON.stringify(event)),
    listenerCount: (name: string) => Number(name === heard),
  };
  return { lines, host: new HostEvents(listeners, new FakeClock()) };
}

describe("a lack of FIFOs", () => {
  it("is a line for those who listen to ACTIVITY", () => {
    const { lines, host } = told("ACTIVITY");
    fifosFailed(host, "no space");
    assert.equal(lines.length, 1);
  });

  it("is a warning where only EVENT is heard, of which ACTIVITY is none", async () => {
    const warned = once(process, "warning");
    const { lines, host } = told("EVENT");
    fifosFailed(host, "no space");
    const [{ code, message }] = (await warned) as [NodeJS.ErrnoException];
    assert.deepEqual([code, lines], ["FIFOS_FAILED", []]);
    assert.match(message, /Without FIFOs \(no space\)/);
  });
});
