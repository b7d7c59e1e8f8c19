import { check, type Vocabulary } from "../schema/check.ts";
import { isWritten, type ActivityLevel } from "../events/levels.ts";
import type { ActivityEvent } from "../events/supervisor-events.ts";
import { SupervisorError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import { systemClock } from "../system/clock.ts";
import type { LogFile } from "../output/log-file.ts";
import type { LogUser } from "../output/log-users.ts";
import { Logs } from "../output/logs.ts";
import { readPart, refusePart } from "../output/read-file.ts";
import { SHOWN_BYTES } from "../output/tail.ts";
import { watchFile } from "../output/watch-file.ts";
import {
  activityLogSettings,
  type ActivityLogSettings,
  type ResolvedActivityLogSettings,
} from "./options.ts";
import { show } from "../schema/show.ts";
import type { WaitOptions } from "../lifecycle/wait.ts";
import { copyOutput, type LoggedSupervisor } from "./copy-output.ts";
import { Sink } from "./sink.ts";

const VOCABULARY: Vocabulary = { known: () => Object.keys(activityLogSettings.shape) };

/**
 * supervisord's activity log: writes the `ACTIVITY` of supervisors, and lines of the host's own, as
 * `2026-11-22 18:53:03,123 INFO spawned: 'web' with pid 4711`, to a file that is rotated when full,
 * and to standard output. Outlives the supervisors it listens to. Lines that come faster than they
 * can be written are kept up to a limit. Beyond it, lines are dropped, and a line in the log gives
 * their number.
 *
 * @example
 * ```ts
 * const log = new ActivityLog({ logfile: "supervisord.log" });
 * log.listen(supervisor);
 * ```
 *
 * @see the `logfile` of supervisord
 */
export class ActivityLog {
  readonly #settings: ResolvedActivityLogSettings;
  readonly #logs: Logs;
  readonly #file: LogFile | undefined;
  readonly #user: LogUser;
  readonly #sinks: readonly Sink[];
  #isClosed = false;

  /**
   * Opens the log file, if the settings name one. While the file cannot be written, its lines are
   * kept, and Node emits a warning (`process.emitWarning`). `clock` gives the times of the lines: the
   * system's clock unless given.
   *
   * @throws {SettingsError} if the settings are not right.
   */
  constructor(
    settings: ActivityLogSettings = {},
    { clock = systemClock }: { readonly clock?: Clock } = {},
  ) {
    this.#settings = check(activityLogSettings, settings, VOCABULARY);
    const { logfile, logfile_maxbytes: maxbytes, logfile_backups: backups } = this.#settings;
    this.#logs = new Logs(clock, {
      failed: (file, { message, code = "" }) =>
        process.emitWarning(`Cannot write the log ${file}: ${message}`, { code }),
      recovered: () => {},
    });
    this.#user = { rule: { maxbytes, backups } };
    if (logfile !== undefined && logfile !== "syslog") {
      this.#logs.plan(this.#user, logfile);
      this.#file = this.#logs.file(this.#user);
    }
    this.#file?.acquire(this.#user);
    this.#sinks = this.#open(clock);
  }

  /** The path of the log file; empty if the log has no file. */
  get file(): string {
    return this.#file ? (this.#settings.logfile ?? "") : "";
  }

  /** Writes a line, if its level is one that `loglevel` lets through. */
  write(level: ActivityLevel, message: string): void {
    if (this.#isClosed || !this.#wants(level)) return;
    for (const sink of this.#sinks) sink.write(level, message);
  }

  /** Writes what a `Supervisor` does from now on. Calling the returned function stops this. */
  listen(supervisor: LoggedSupervisor): () => void {
    const write = ({ level, message }: ActivityEvent) => this.write(level, message);
    const endLines = supervisor.observe("ACTIVITY", write);
    const endCopies = this.#wants("DEBG")
      ? copyOutput(supervisor, (level, message) => this.write(level, message))
      : undefined;
    return () => {
      endLines();
      endCopies?.();
    };
  }

  /**
   * Reads a part of the log file: `length` bytes from `offset` on, or all if `length` is 0. A
   * negative offset, with the length 0, counts from the end.
   *
   * @throws {SupervisorError} `NO_FILE` if the log has no file, `BAD_ARGUMENTS`, `FAILED` if it
   * cannot be read.
   * @see the RPC method `readLog`
   */
  async read(offset: number, length: number): Promise<Buffer> {
    const file = this.#readable();
    const refused = refusePart(offset, length);
    if (refused !== undefined)
      throw new SupervisorError("BAD_ARGUMENTS", `Cannot read the log ${refused}`);
    await file.settled();
    try {
      const part = await readPart(file.file, offset, length);
      if (part) return part;
      throw new Error("there is no regular file");
    } catch (cause) {
      const message = `Cannot read the log ${show(file.file)}: ${(cause as Error).message}`;
      throw new SupervisorError("FAILED", message, { cause });
    }
  }

  /**
   * Reads the last bytes of the log file: 1600 unless given.
   *
   * @throws {SupervisorError} as `read()`
   * @see supervisorctl's `maintail`
   */
  async tail(bytes = SHOWN_BYTES): Promise<Buffer> {
    return bytes > 0 ? this.read(-bytes, 0) : Buffer.alloc(0);
  }

  /**
   * Returns the bytes that are written to the log file from now on, until the signal aborts.
   *
   * @throws {SupervisorError} `NO_FILE` if the log has no file.
   * @see supervisorctl's `maintail -f`
   */
  follow({ signal = new AbortController().signal }: WaitOptions = {}): AsyncIterable<Buffer> {
    return watchFile(this.#readable().file, signal);
  }

  /**
   * Empties the log file.
   *
   * @throws {SupervisorError} `NO_FILE` if the log has no file, `FAILED` if it cannot be emptied.
   * @see the RPC method `clearLog`
   */
  clear(): void {
    const file = this.#readable();
    try {
      file.clear();
    } catch (cause) {
      const message = `Cannot clear the log ${show(file.file)}: ${(cause as Error).message}`;
      throw new SupervisorError("FAILED", message, { cause });
    }
  }

  /** Opens the log file again, for a logrotate that has renamed it. */
  reopen(): void {
    this.#file?.reopen();
  }

  /** Closes the log. Later lines are dropped. */
  close(): void {
    this.#isClosed = true;
    this.#logs.forget(this.#user);
    this.#logs.close();
  }

  #open(clock: Clock): Sink[] {
    const { silent, logfile, identifier } = this.#settings;
    const logs = this.#logs;
    const file = this.#file;
    const sinks: Sink[] = [];
    if (file) {
      const put = (line: string) => void file.write(Buffer.from(line));
      sinks.push(new Sink({ behind: () => file.behind, put }, clock));
    }
    if (logfile === "syslog") {
      const put = (line: string) => void logs.syslog.write(identifier, line);
      sinks.push(new Sink({ behind: () => logs.syslog.behind, put, isDated: true }, clock));
    }
    if (!silent) {
      const stdout = logs.stream(process.stdout, "/dev/stdout");
      const put = (line: string) => void stdout.write(Buffer.from(line));
      sinks.push(new Sink({ behind: () => stdout.behind, put }, clock));
    }
    return sinks;
  }

  #wants(level: ActivityLevel): boolean {
    return isWritten(level, this.#settings.loglevel);
  }

  #readable(): LogFile {
    if (!this.#file) throw new SupervisorError("NO_FILE", "The activity log has no file");
    return this.#file;
  }
}
