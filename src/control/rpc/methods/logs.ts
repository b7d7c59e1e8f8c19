import { stat } from "node:fs/promises";
import type { OutputStream, Subprocess } from "../../../index.ts";
import { Fault, FAULTS, faultOf } from "../faults.ts";
import type { Method, Methods, Scope } from "../method.ts";
import { processNamed, processesOf } from "../names.ts";
import type { RpcValue } from "../codec.ts";

/** The bytes of a log in one answer; the caller can ask for the rest. */
const MAX_READ_BYTES = 4 * 1024 * 1024;

const read = (stream: OutputStream): Method => ({
  signature: ["string", "string", "int", "int"],
  help: `Reads the ${stream} log of a process: from \`offset\` so many bytes, or all if \`length\` is 0; a negative offset, with the length 0, counts from the end.`,
  call: async ({ supervisor }, name: string, offset: number, length: number) => {
    const process = processNamed(supervisor, name);
    const file = fileOf(process, stream);
    if (file !== "" && !(await exists(file))) throw new Fault("NO_FILE", file);
    return readLog((...part) => process.read(stream, ...part), name, offset, length);
  },
});

const tail = (stream: OutputStream): Method => ({
  signature: ["array", "string", "int", "int"],
  help: `Reads the end of the ${stream} log of a process: the text, the size of the log, and whether there is more than offset and length reach.`,
  call: async ({ supervisor }, name: string, offset: number, length: number) =>
    tailLog(processNamed(supervisor, name), stream, offset, length),
});

const clear: Method = {
  signature: ["boolean", "string"],
  help: "Empties the logs of a process.",
  call: async ({ supervisor }, name: string) => {
    await clearLogs(processNamed(supervisor, name), name);
    return true;
  },
};

const readMain: Method = {
  signature: ["string", "int", "int"],
  help: "Reads a part of the supervisor's own log.",
  call: async ({ options: { log } }, offset: number, length: number) => {
    if (!log || log.file === "") throw new Fault("NO_FILE");
    return readLog(async (...part) => log.read(...part), log.file ?? "", offset, length);
  },
};

/** The methods that read and empty logs. */
export const logMethods: Methods = {
  readLog: readMain,
  readMainLog: readMain,
  readProcessLog: read("stdout"),
  readProcessStdoutLog: read("stdout"),
  readProcessStderrLog: read("stderr"),
  tailProcessLog: tail("stdout"),
  tailProcessStdoutLog: tail("stdout"),
  tailProcessStderrLog: tail("stderr"),
  clearProcessLog: clear,
  clearProcessLogs: clear,
  clearAllProcessLogs: {
    signature: ["array"],
    help: "Empties the logs of every process: an array of the outcome of each.",
    call: async (scope) => clearAll(scope),
  },
  clearLog: {
    signature: ["boolean"],
    help: "Empties the supervisor's own log.",
    call: async ({ options: { log } }) => {
      if (!log || log.file === "") throw new Fault("NO_FILE");
      try {
        await log.clear();
      } catch (error) {
        throw new Fault("FAILED", (error as Error).message);
      }
      return true;
    },
  },
};

async function readLog(
  part: (offset: number, length: number) => Promise<Buffer>,
  name: string,
  offset: number,
  length: number,
): Promise<string> {
  if (length < 0 || (offset < 0 && length !== 0)) throw new Fault("BAD_ARGUMENTS");
  try {
    // at most the bound, counted from the end: the caller wants the latest bytes
    if (offset < 0) return text(await part(Math.max(offset, -MAX_READ_BYTES), 0));
    return text(await part(offset, Math.min(length || MAX_READ_BYTES, MAX_READ_BYTES)));
  } catch (error) {
    throw logFault(error, name);
  }
}

async function tailLog(
  process: Subprocess,
  stream: OutputStream,
  offset: number,
  length: number,
): Promise<RpcValue[]> {
  const file = fileOf(process, stream);
  if (file !== "" && !(await exists(file))) return ["", 0, false]; // supervisord has no error for it
  try {
    const kept = file === "" ? await process.read(stream, 0, 0) : undefined; // it is kept in memory, and short
    const size = kept?.length ?? (await stat(file)).size;
    const window = tailWindow(size, offset, Math.min(length, MAX_READ_BYTES));
    const bytes = window.length > 0 ? process.read(stream, window.from, window.length) : [];
    return [text(Buffer.from(await bytes)), size, window.overflow];
  } catch {
    return ["", offset, false]; // it cannot be read
  }
}

/** The path of a log; empty where the latest output is kept in memory. */
function fileOf(process: Subprocess, stream: OutputStream): string {
  const { stdout_logfile, stderr_logfile } = process.info();
  return stream === "stdout" ? stdout_logfile : stderr_logfile;
}

/** Like Python's os.path.exists(): a file that stat() cannot reach does not exist. */
async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** The bytes that supervisord's `tail` shows of a log of that size. */
function tailWindow(
  size: number,
  offset: number,
  length: number,
): { readonly from: number; readonly length: number; readonly overflow: boolean } {
  const overflow = size > offset + length;
  const isBeyond = !overflow && offset > size - 1;
  const shown = isBeyond && offset + length > size ? 0 : Math.max(0, Math.min(length, size));
  return { from: size - shown, length: shown, overflow };
}

async function clearAll({ supervisor }: Scope): Promise<RpcValue[]> {
  const results: RpcValue[] = [];
  for (const process of processesOf(supervisor)) {
    const { name, group, namespec } = process;
    try {
      await clearLogs(process, namespec);
      results.push({ name, group, status: FAULTS.SUCCESS, description: "OK" });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      results.push({ name, group, status: error.faultCode, description: error.faultString });
    }
  }
  return results;
}

async function clearLogs(process: Subprocess, name: string): Promise<void> {
  try {
    await process.clear();
  } catch (error) {
    throw error instanceof Error && "code" in error ? new Fault("FAILED", name) : error;
  }
}

function logFault(error: unknown, name: string): unknown {
  const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
  const code = cause?.code ?? (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" ? new Fault("NO_FILE", cause?.path ?? name) : faultOf(error, name);
}

/** A log is bytes, an answer is text: half a character, and bytes that are not UTF-8, become U+FFFD. */
function text(bytes: Buffer): string {
  return bytes.toString("utf8");
}
