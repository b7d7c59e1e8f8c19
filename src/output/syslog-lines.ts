import type { ChannelPlan } from "./channel-plan.ts";
import { Lines } from "./lines.ts";
import type { Syslog } from "./syslog.ts";

/** Sends the lines of one stream to the system's log. */
export class SyslogLines {
  readonly #plan: NonNullable<ChannelPlan["syslog"]>;
  readonly #syslog: Pick<Syslog, "write">;
  readonly #lines = new Lines();

  constructor(plan: NonNullable<ChannelPlan["syslog"]>, syslog: Pick<Syslog, "write">) {
    this.#plan = plan;
    this.#syslog = syslog;
  }

  /** If a promise is returned, the caller must not send more before it settles. */
  push(data: Uint8Array): Promise<void> | undefined {
    return this.#send(this.#lines.push(data));
  }

  /** Sends the last line, if it has no end. */
  end(): void {
    void this.#send(this.#lines.end());
  }

  #send(lines: readonly string[]): Promise<void> | undefined {
    const { identifier, prefix } = this.#plan;
    let busy: Promise<void> | undefined;
    for (const line of lines) busy = this.#syslog.write(identifier, `${prefix} ${line}`) ?? busy;
    return busy;
  }
}
