import z from "#zod";

/** An error in the settings. */
export interface SettingsIssue {
  /** The path of the setting: `["programs", "web", "startsecs"]`. */
  readonly path: readonly PropertyKey[];
  /** The error, the given value, and the expected value. */
  readonly message: string;
}

/**
 * Settings that are not valid. All errors are in `issues` and, in readable form, in the message.
 * Nothing was changed.
 */
export class SettingsError extends Error {
  /** All errors. */
  readonly issues: readonly SettingsIssue[];

  /** @internal */
  constructor(issues: readonly SettingsIssue[]) {
    super(`Invalid settings\n${z.prettifyError({ issues })}`);
    this.issues = issues;
  }

  static {
    this.prototype.name = "SettingsError";
  }
}
