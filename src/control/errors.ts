/**
 * Reasons why a server cannot listen.
 *
 * - `ALREADY_LISTENING`: another program listens at that place
 * - `UNSAFE_DIRECTORY`: other users could replace a socket in that directory
 * - `NOT_A_SOCKET`: there is a file of that name that is not a socket
 * - `NO_PASSWORD`: a password is missing where other machines are served, or one of `username` and
 *   `password` is missing, or the digest after `{SHA}` is malformed
 * - `BAD_ADDRESS`: there is no such host or directory, or the path is too long
 * - `FAILED`: the operating system refused
 */
export type ServeErrorCode =
  | "ALREADY_LISTENING"
  | "UNSAFE_DIRECTORY"
  | "NOT_A_SOCKET"
  | "NO_PASSWORD"
  | "BAD_ADDRESS"
  | "FAILED";

/** The server cannot listen. Nothing was opened, and no file was changed. */
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

/** A request that cannot be served; the answer has this status and this text. @internal */
export class HttpError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}
