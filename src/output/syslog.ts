import { spawn, type ChildProcess } from "node:child_process";
import type { Clock } from "../ports/clock.ts";
import { isShortage, needPipes } from "../system/shortage.ts";
import { StreamDestination, type Destination } from "./destination.ts";

/** How long `logger` may take for the last lines after the log is closed. */
const CLOSE_MS = 1000;
/** The pause before `logger` is started again, if descriptors or processes were lacking. */
const RETRY_MS = 1000;

interface Logger {
  readonly identifier: string;
  readonly process: ChildProcess;
  readonly destination: Destination;
}

/** The system's log, written by one process `logger`, which is started with the first line. */
export class Syslog {
  readonly #clock: Clock;
  readonly #failed: (error: NodeJS.ErrnoException) => void;
  #logger: Logger | undefined;
  #due = -Infinity; // when `logger` may be started
  #told: string | undefined; // the code of the failure that was reported

  /** Calls `failed` when `logger` cannot be started, once for each cause. */
  constructor(clock: Clock, failed: (error: NodeJS.ErrnoException) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  /** The number of bytes that `logger` has not taken yet. */
  get behind(): number {
    return this.#logger?.process.stdin?.writableLength ?? 0;
  }

  /** Sends a line. If a promise is returned, the caller must not send more before it settles. */
  write(identifier: string, line: string): Promise<void> | undefined {
    if (this.#logger && this.#logger.identifier !== identifier) this.close(); // it puts its own in each line
    if (!this.#logger && this.#clock.now() >= this.#due) this.#start(identifier);
    return this.#logger?.destination.write(Buffer.from(`${line}\n`));
  }

  /**
   * Ends `logger` when it has read all lines. A `logger` that does not read is killed: a pending
   * write to it would keep the host alive.
   */
  close(): void {
    const child = this.#logger?.process;
    this.#logger = undefined;
    if (!child) return;
    child.stdin?.end();
    const tooLong = () => {
      child.stdin?.destroy();
      child.kill("SIGKILL");
    };
    const timer = this.#clock.setTimeout(tooLong, CLOSE_MS, false);
    child.once("exit", () => this.#clock.clearTimeout(timer));
  }

  #start(identifier: string): void {
    try {
      needPipes(1);
      const logger = spawn("logger", ["-t", identifier], { stdio: ["pipe", "ignore", "ignore"] });
      logger.on("error", (error) => this.#startFailed(error));
      const stdin = logger.stdin as ChildProcess["stdin"]; // undefined if descriptors are lacking
      if (!stdin) return;
      logger.on("exit", () => {
        if (this.#logger?.process === logger) this.#logger = undefined;
      });
      stdin.on("error", () => {});
      logger.unref();
      (stdin as unknown as { unref?: () => void }).unref?.();
      const events = { failed: () => {}, recovered: () => {} }; // the exit of `logger` reports the failure, and another `logger` is started
      this.#logger = {
        identifier,
        process: logger,
        destination: new StreamDestination(stdin, events),
      };
    } catch (error) {
      this.#startFailed(error as NodeJS.ErrnoException);
    }
  }

  #startFailed(error: NodeJS.ErrnoException): void {
    const { code = "" } = error;
    this.#logger = undefined;
    this.#due = isShortage(error) ? this.#clock.now() + RETRY_MS : Infinity;
    const isNew = code !== this.#told;
    this.#told = code;
    if (isNew) this.#failed(error);
  }
}
