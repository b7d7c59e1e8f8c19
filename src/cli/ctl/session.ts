import { Api, isFault } from "./api.ts";
import type { CtlIo } from "./io.ts";
import type { Options } from "./options.ts";
import type { Prompter } from "./prompter.ts";
import { RpcClient } from "./rpc-client.ts";

/** The exit statuses, which are those of init scripts. */
export const EXIT = {
  SUCCESS: 0,
  GENERIC: 1,
  INVALID_ARGS: 2,
  UNIMPLEMENTED_FEATURE: 3,
  STOPPED: 3,
  REFUSED: 4,
  UNKNOWN: 4,
  OTHER_VERSION: 5,
  NOT_RUNNING: 7,
} as const;

const API_VERSION = "3.0";

/** The server, the output and the exit status of the actions. */
export class Session {
  exitstatus: number = EXIT.SUCCESS;
  readonly options: Options;
  readonly io: CtlIo;
  readonly prompter: Prompter;
  private readonly clients = new Set<RpcClient>();
  private isOver = false;

  constructor(options: Options, io: CtlIo, prompter: Prompter) {
    this.options = options;
    this.io = io;
    this.prompter = prompter;
  }

  print(line: string): void {
    if (!this.isOver) this.io.stdout.write(`${line}\n`);
  }

  /** Prints a problem and sets the exit status, which later successes do not clear. */
  fail(line: string, status: number = EXIT.GENERIC): void {
    this.print(line);
    this.exitstatus = status;
  }

  /** Opens another connection, which ends with the action. */
  client(): RpcClient {
    const client = new RpcClient(this.options);
    this.clients.add(client);
    return client;
  }

  connect(): Api {
    return new Api(this.client());
  }

  closeConnections(): void {
    for (const client of this.clients) client.close();
    this.clients.clear();
  }

  /** Closes all connections for good: actions under way print nothing more. */
  end(): void {
    this.isOver = true;
    this.closeConnections();
  }

  /** Whether a server with our version of the interface answers; prints the problem if not. */
  async upcheck(): Promise<boolean> {
    try {
      const version = await this.connect().text("getVersion");
      if (version === API_VERSION) return true;
      this.fail(
        `Sorry, this version of supervisorctl expects to talk to a server with API version ${API_VERSION}, but the remote version is ${version}.`,
        EXIT.OTHER_VERSION,
      );
    } catch (error) {
      if (isFault(error, "UNKNOWN_METHOD")) {
        this.fail(
          "Sorry, supervisord responded but did not recognize the supervisor namespace commands that supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is enabled in the configuration file (see sample.conf).",
          EXIT.UNIMPLEMENTED_FEATURE,
        );
      } else {
        const absence = absenceOf(error);
        if (absence === undefined) throw error;
        const status = absence === "no such file" ? EXIT.NOT_RUNNING : EXIT.REFUSED;
        this.fail(`${this.options.serverurl} ${absence}`, status);
      }
    }
    return false;
  }
}

/** The text for an error of the connection, if no server listens. */
export function absenceOf(error: unknown): "refused connection" | "no such file" | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code === "ECONNREFUSED") return "refused connection";
  return error.code === "ENOENT" ? "no such file" : undefined;
}
