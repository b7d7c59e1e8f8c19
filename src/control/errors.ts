/**
 * Why a server cannot be had.
 *
 * - `ALREADY_LISTENING`: another program listens there
 * - `UNSAFE_DIRECTORY`: others could replace a socket in that directory
 * - `NOT_A_SOCKET`: there is a file of that name, and it is none that may be replaced
 * - `NO_PASSWORD`: beyond this machine nobody is served without a password
 * - `BAD_ADDRESS`: what was given is no place to listen at
 * - `FAILED`: the operating system refused
 */
export type ServeErrorCode =
  | "ALREADY_LISTENING"
  | "UNSAFE_DIRECTORY"
  | "NOT_A_SOCKET"
  | "NO_PASSWORD"
  | "BAD_ADDRESS"
  | "FAILED";

/** A server that cannot be had: nothing listens, and no file was changed. */
export class ServeError extends Error {
  /** What went wrong. */
  readonly code: ServeErrorCode;

  /** @internal */
  constructor(code: ServeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static {
    this.prototype.name = "ServeError";
  }
}

/** A request that is refused, with the status and the words of the answer. @internal */
export class Refusal extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
