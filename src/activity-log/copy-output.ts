import type { SupervisorEmitter } from "../events/emitter.ts";
import type { ActivityLevel } from "../events/levels.ts";
import type { StartingEvent } from "../events/process-events.ts";
import { decodable, pythonBytes } from "../listeners/envelope.ts";
import type { OutputStream } from "../ports/streams.ts";

/** A process whose output an activity log copies. */
interface CopiedProcess {
  readonly name: string;
  /** The name of its program. */
  readonly program: string;
  follow(stream: OutputStream, options: { readonly signal: AbortSignal }): AsyncIterable<Buffer>;
}

/** A program whose processes are copied. */
interface CopiedProgram {
  readonly processes: readonly CopiedProcess[];
  readonly settings: { readonly redirect_stderr: boolean; readonly events?: unknown };
}

/** A `Supervisor`, as far as an activity log needs it. */
export interface LoggedSupervisor extends Pick<SupervisorEmitter, "observe"> {
  readonly programs: ReadonlyMap<string, CopiedProgram>;
  process(name: string): CopiedProcess | undefined;
}

/**
 * Writes what all processes of a supervisor write, including processes that are added later, as
 * supervisord does at the level debug. Calling the returned function stops this.
 */
export function copyOutput(
  supervisor: LoggedSupervisor,
  write: (level: ActivityLevel, message: string) => void,
): () => void {
  const end = new AbortController();
  const copied = new WeakSet<CopiedProcess>();
  const copyOne = (process: CopiedProcess) => {
    if (copied.has(process)) return;
    copied.add(process);
    const settings = supervisor.programs.get(process.program)?.settings;
    const decode = settings?.events === undefined ? textOf : pythonBytes; // answers of a listener
    void copyStream(process, "stdout", end.signal, decode, write);
    if (!settings?.redirect_stderr) void copyStream(process, "stderr", end.signal, textOf, write);
  };
  const copyNew = ({ groupname, processname }: StartingEvent) => {
    const process = supervisor.process(`${groupname}:${processname}`);
    if (process) copyOne(process);
  };
  for (const { processes } of supervisor.programs.values()) processes.forEach(copyOne);
  const endObserving = supervisor.observe("PROCESS_STATE_STARTING", copyNew);
  return () => {
    endObserving();
    end.abort();
  };
}

async function copyStream(
  process: CopiedProcess,
  stream: OutputStream,
  signal: AbortSignal,
  decode: (chunk: Buffer) => string,
  write: (level: ActivityLevel, message: string) => void,
): Promise<void> {
  try {
    for await (const chunk of process.follow(stream, { signal })) {
      write("DEBG", `'${process.name}' ${stream} output:\n${decode(chunk)}`);
    }
  } catch (error) {
    if (!signal.aborted) write("WARN", `cannot follow '${process.name}': ${String(error)}`);
  }
}

function textOf(chunk: Buffer): string {
  return Buffer.from(decodable(chunk)).toString();
}
