import type { Subprocess } from "../../index.ts";
import { nextTurn } from "../../system/clock.ts";
import { Fault, faultOf } from "./faults.ts";
import type { Scope } from "./method.ts";
import { serverStateOf } from "./server-state.ts";

const MAX_UNSENT_BYTES = 1_048_576;

/**
 * Writes text to the standard input of a process. Does not wait until a slow process has read it, but
 * refuses more text than fits into the bound.
 * @throws {Fault} `NOT_RUNNING`, `NO_FILE`, `FAILED`
 */
export async function sendStdin(
  { supervisor }: Scope,
  process: Subprocess,
  name: string,
  chars: string,
): Promise<void> {
  if (process.pid === undefined || process.state === "STOPPING")
    throw new Fault("NOT_RUNNING", name);
  const { unsent } = serverStateOf(supervisor);
  const bytes = Buffer.from(chars);
  const waiting = unsent.get(process) ?? 0;
  if (waiting > 0 && waiting + bytes.length > MAX_UNSENT_BYTES)
    throw new Fault("FAILED", `${name} has not read ${waiting} bytes of its standard input`);
  unsent.set(process, waiting + bytes.length);
  const sent = process.send(bytes).finally(() => {
    unsent.set(process, (unsent.get(process) ?? 0) - bytes.length);
  });
  try {
    await Promise.race([sent, someTurns()]); // a closed pipe shows by then
  } catch (error) {
    throw faultOf(error, name) instanceof Fault && process.pid !== undefined
      ? new Fault("NO_FILE", name)
      : faultOf(error, name);
  } finally {
    sent.catch(() => {}); // the process has ended without reading it
  }
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
}
