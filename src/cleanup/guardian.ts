import { spawn, type ChildProcess } from "node:child_process";
import type { Clock } from "../ports/clock.ts";
import { isShortage, needPipes } from "../system/shortage.ts";
import { GUARDIAN_SCRIPT } from "./guardian-script.ts";
import type { OwnedFile } from "./owned-file.ts";

/** How long a guardian that was told to stop may take, in ms. */
const QUIT_MS = 1000;

/** The reason why there is no guardian any more, or not yet. */
export interface GuardianEnd {
  readonly reason: string;
  /** Whether the guardian ran, or could not be started, for now or for ever. */
  readonly kind: "died" | "short" | "impossible";
}

/** The parameters of a guardian. */
export interface GuardianOptions {
  /** The environment variable that tags our processes. */
  readonly tag: string;
  /** How long the stop signals may take, before SIGKILL. */
  readonly waitSecs: number;
  /** The common beginning of the paths of our cgroups. */
  readonly cgroups: string;
  readonly clock: Clock;
  /** Called when the guardian has ended without having been told to, or could not be started. */
  readonly lost: (end: GuardianEnd) => void;
}

/**
 * A small shell process that outlives the host for as long as it takes to end the processes that
 * the host had started.
 */
export class Guardian {
  readonly #shell: ChildProcess;
  readonly #clock: Clock;
  readonly #unsent: string[] = [];
  readonly #slots = new Map<string, number>();
  readonly #freeSlots: number[] = [];
  #isOver = false;

  /** @throws if the descriptors for the guardian are lacking */
  constructor({ tag, waitSecs, cgroups, clock, lost }: GuardianOptions) {
    this.#clock = clock;
    needPipes(1);
    // not of our session: neither Ctrl-C nor the end of the terminal reaches it; and not tagged itself
    const tenths = String(Math.ceil(waitSecs * 10));
    const args = ["-c", GUARDIAN_SCRIPT, "libsupervisor-guardian", tag, tenths, cgroups];
    this.#shell = spawn("/bin/sh", args, {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: "/",
      env: { PATH: "/usr/bin:/bin:/usr/sbin:/sbin" },
    });
    const gone = (end: GuardianEnd) => {
      if (!this.#isOver) lost(end);
      this.#isOver = true;
    };
    this.#shell.once("error", (error) => gone(failureOf(error)));
    this.#shell.once("exit", (code, signal) =>
      gone({ reason: signal ?? `exit status ${code}`, kind: "died" }),
    );
    this.#shell.stdin?.on("error", () => {}); // `exit` tells
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }

  /** Registers a process group, at once: the host may be killed at any time. */
  add(pgid: number, signal: number): void {
    this.#setSlot(`g${pgid}`, `g ${pgid} ${signal}`);
    this.#send();
  }

  /** Forgets a process group, which is empty. */
  remove(pgid: number): void {
    this.#clearSlot(`g${pgid}`);
  }

  /** Registers a cgroup. */
  addCgroup(run: number): void {
    this.#setSlot(`c${run}`, `c ${run}`);
  }

  /** Forgets a cgroup, which is gone. */
  removeCgroup(run: number): void {
    this.#clearSlot(`c${run}`);
  }

  /** Registers a file, at once, for the same reason as a process group. */
  addFile(number: number, { identity, path }: OwnedFile): void {
    this.#setSlot(`f${number}`, `f ${identity} ${escaped(path)}`);
    this.#send();
  }

  /** Forgets a file, and does not remove it. */
  removeFile(number: number): void {
    this.#clearSlot(`f${number}`);
  }

  /**
   * Makes the guardian exit, as nothing is left to guard. Settles when the guardian has exited (the
   * host stays alive for this), or was killed.
   */
  async stop(): Promise<void> {
    const { exitCode, signalCode, stdin } = this.#shell;
    if (this.#isOver || exitCode !== null || signalCode !== null) return;
    const gone = new Promise<void>((resolve) => {
      this.#shell.once("exit", () => resolve()).once("error", () => resolve());
    });
    this.#shell.ref();
    this.#unsent.push("q");
    this.#send();
    this.#isOver = true;
    stdin?.end();
    await new Promise<void>((resolve) => {
      // a guardian that SIGSTOP has stopped reads nothing; SIGKILL ends it all the same
      const timer = this.#clock.setTimeout(() => resolve(this.#kill()), QUIT_MS, true);
      void gone.then(() => resolve(this.#clock.clearTimeout(timer)));
    });
  }

  #kill(): void {
    this.#shell.kill("SIGKILL");
    this.#shell.unref();
  }

  #setSlot(key: string, content: string): void {
    const slot = this.#freeSlots.pop() ?? this.#slots.size + 1;
    this.#slots.set(key, slot);
    this.#sendSoon(`${slot} ${content}`);
  }

  #clearSlot(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#freeSlots.push(slot);
    this.#sendSoon(`${slot}`);
  }

  /** Sends a line at the end of this turn: the end of one child and the start of the next are one message. */
  #sendSoon(line: string): void {
    if (this.#isOver) return;
    if (this.#unsent.length === 0) this.#clock.setTimeout(() => this.#send(), 0, false);
    this.#unsent.push(line);
  }

  #send(): void {
    const text = this.#unsent.splice(0).map((line) => `${line}\n`);
    if (!this.#isOver && text.length > 0) this.#shell.stdin?.write(text.join(""));
  }
}

/** Describes the consequence of a guardian that could not be started. */
export function failureOf(error: NodeJS.ErrnoException): GuardianEnd {
  if (!isShortage(error)) return { reason: error.message, kind: "impossible" };
  return { reason: `spawn /bin/sh ${error.code}`, kind: "short" };
}

/** Escapes a path for `printf %b`: all characters but the plain ones in octal, byte by byte. */
function escaped(path: string): string {
  const octal = (byte: number) => `\\0${byte.toString(8).padStart(3, "0")}`;
  return path.replaceAll(/[^\w./:@,+-]/gu, (odd) => [...Buffer.from(odd)].map(octal).join(""));
}
