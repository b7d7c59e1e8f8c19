/** A reason why the command cannot start: in its switches, in the file, or in the host. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
