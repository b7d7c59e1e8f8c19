import { spawn, type ChildProcess } from "node:child_process";
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { createRequire } from "node:module";
import { nextTurn } from "../system/clock.ts";
import { isShortage, needDescriptors, needPipes } from "../system/shortage.ts";
import { isWindows } from "../system/platform.ts";
import type { Launch } from "./launch.ts";
import type { Stdio } from "./pipes.ts";

type Execa = typeof import("execa").execa;

/**
 * Makes the operating system start a process. Returns the process, or the reason why there is none.
 */
export type Execute = (launch: Launch, stdio: readonly Stdio[]) => Execution;

/** The result of a start. The reason of a failure is known only later. */
export type Execution = { readonly process: ChildProcess } | { readonly failing: Promise<Error> };

const births = channel("child_process");

/**
 * Loads execa. Node 20 and 22 cache for ever that an import of execa or of any of its modules has
 * failed, but not that `require()` has failed. Also, `require()` reads one file at a time, while an
 * import opens a hundred at once.
 * @throws the error of the lacking resource, if a later attempt may succeed
 */
export async function loadExeca(): Promise<Execa> {
  needDescriptors(1); // a package.json that cannot be opened is cached as missing
  try {
    return (createRequire(import.meta.url)("execa") as typeof import("execa")).execa;
  } catch (error) {
    if (isShortage(error)) throw error;
    return (await import("execa")).execa; // in a bundle, or where require() takes no ES modules
  }
}

/** Starts processes with execa. */
export function executor(execa: Execa): Execute {
  return (launch, stdio) => {
    const { file, args, argv0, cwd, env, uid, gid } = launch;
    needPipes(stdio.filter((end) => end === "pipe").length);
    if (cwd === undefined) return executeInPlace(launch, stdio);
    let run: ReturnType<Execa>;
    let born: ChildProcess | undefined;
    const note = (message: unknown) => (born = (message as { process: ChildProcess }).process);
    births.subscribe(note);
    try {
      run = execa(file, args, {
        argv0,
        cwd,
        env,
        uid,
        gid,
        extendEnv: false,
        detached: !isWindows, // a new session and process group
        stdio,
        serialization: "json",
        buffer: false,
        reject: false,
        cleanup: false,
        verbose: "none",
      } as object) as ReturnType<Execa>;
    } catch (error) {
      // execa has failed after the start, as it does with --frozen-intrinsics: the child runs,
      // which is enough
      if (born?.pid !== undefined) return { process: born };
      // if there are no file descriptors for the pipes, execa drops the child, whose `error` would
      // end the host
      let cause = error as Error;
      born?.on("error", (told) => (cause = told));
      return { failing: nextTurn().then(() => cause) };
    } finally {
      births.unsubscribe(note);
    }
    // execa 10, execa 9
    const child = ("nodeChildProcess" in run ? run.nodeChildProcess : run) as ChildProcess;
    if (child.pid !== undefined) return { process: child };
    // not the `error` event: some failures of execa only reject its promise
    return { failing: run.then((result) => result as unknown as Error, asError) };
  };
}

/** execa always changes to a directory, and this directory cannot be entered again. */
const executeInPlace: Execute = ({ file, args, argv0, env, uid, gid }, stdio) => {
  const isOther = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
  const options = { env, detached: true, stdio: [...stdio], ...isOther };
  try {
    const child = spawn(file, args, { ...options, ...(argv0 !== undefined && { argv0 }) });
    if (child.pid !== undefined) return { process: child };
    return { failing: once(child, "error").then(([error]) => error as Error) };
  } catch (error) {
    return { failing: Promise.resolve(error as Error) };
  }
};

/** execa may fail while it creates its error: in a directory that was removed, for example. */
function asError(error: unknown): Error {
  return error as Error;
}
