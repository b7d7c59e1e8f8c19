import z from "#zod";

/** Something in the settings that is not right. */
export interface SettingsIssue {
  /** Where: `["programs", "web", "startsecs"]`. */
  readonly path: readonly PropertyKey[];
  /** What is wrong, what came, and what was expected. */
  readonly message: string;
}

/**
 * Settings that are not right: all that is wrong with all of them, in `issues` and, readable, in the
 * message. Nothing was changed.
 */
export class SettingsError extends Error {
  /** Everything that is wrong. */
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
