/** A problem in a configuration file: an error, or something that is hardly intended. */
export interface ConfigIssue {
  /** The file with the problem. */
  readonly file: string;
  /** The line, from 1; for a missing option, the line of its section. */
  readonly line?: number;
  /** The section as written between the brackets: `program:web`. */
  readonly section?: string;
  /** The name of the option, in lower case. */
  readonly option?: string;
  /** The value as written in the file. */
  readonly value?: string;
  /** The values that would be valid. */
  readonly expected?: string;
  /** The problem, in one sentence. */
  readonly message: string;
  /** supervisord's message for the problem, word for word, if it has one. */
  readonly supervisord?: string;
}

/**
 * A configuration that is not valid. All its errors are in `issues` and, in readable form, in the
 * message. Nothing was changed.
 */
export class ConfigError extends Error {
  /** All errors; the first is the error that supervisord would have reported. */
  readonly issues: readonly ConfigIssue[];
  /** The warnings, which may explain an error: a misspelt option, as in {@link Config}. */
  readonly warnings: readonly ConfigIssue[];

  /** @internal */
  constructor(issues: readonly ConfigIssue[], warnings: readonly ConfigIssue[] = []) {
    super(
      `Invalid configuration\n${issues.map((issue) => `  ${describeIssue(issue)}`).join("\n")}`,
    );
    this.issues = issues;
    this.warnings = warnings;
  }

  static {
    this.prototype.name = "ConfigError";
  }
}

/** Formats an issue for people, in one line: the place, and the problem. */
export function describeIssue({ file, line, section, option, message }: ConfigIssue): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const name = section === undefined ? "" : `[${section}] `;
  return `${place}: ${name}${option === undefined ? "" : `${option}: `}${message}`;
}

/** The errors and warnings that were found while reading. */
export interface Findings {
  readonly errors: ConfigIssue[];
  readonly warnings: ConfigIssue[];
}
