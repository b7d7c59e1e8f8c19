import { createHash, timingSafeEqual } from "node:crypto";
import { ServeError } from "../errors.ts";
import type { ServeOptions } from "../options.ts";

/** Whether an `Authorization` header has the right name and password. */
export type Authenticator = (authorization: string | undefined) => boolean;

/**
 * Compares name and password, if the options set them; otherwise every caller is authorized.
 * @throws {ServeError} `NO_PASSWORD` if the options have one of them without the other, or a wrong digest
 */
export function authenticator({ username, password }: ServeOptions): Authenticator {
  if (username === undefined && password === undefined) return () => true;
  if (username === undefined || password === undefined)
    throw new ServeError("NO_PASSWORD", "Expected username and password together");
  const [, digest] = /^\{SHA\}([0-9a-f]{40})$/i.exec(password) ?? [];
  if (digest === undefined && password.startsWith("{SHA}")) {
    const message = "Expected forty hexadecimal digits after {SHA} in the password";
    throw new ServeError("NO_PASSWORD", message);
  }
  const expected = digest?.toLowerCase() ?? password;
  return (authorization) => {
    const given = credentials(authorization);
    if (given === undefined) return false;
    const secret = digest === undefined ? given.password : hash("sha1", given.password);
    const isName = isSame(given.username, username); // both are compared, whatever the first result
    const isSecret = isSame(secret, expected);
    return isName && isSecret;
  };
}

/** Whether two texts are equal. The time that this takes does not tell where they differ. */
export function isSame(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b));
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function hash(algorithm: string, text: string): string {
  return createHash(algorithm).update(text).digest("hex");
}

function credentials(
  authorization = "",
): { readonly username: string; readonly password: string } | undefined {
  const [, encoded] = /^basic +([a-z0-9+/]+={0,2})$/i.exec(authorization.trim()) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
