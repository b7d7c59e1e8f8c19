/** Something in a configuration file that is not right, or not as it was meant. */
export interface ConfigIssue {
  /** The file in which it stands. */
  readonly file: string;
  /** The line, from 1; for an option that is missing, that of its section. */
  readonly line?: number;
  /** As it stands between the brackets: `program:web`. */
  readonly section?: string;
  /** The name of the option, in lower case. */
  readonly option?: string;
  /** As it stands in the file. */
  readonly value?: string;
  /** What would be right. */
  readonly expected?: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What supervisord says of it, word for word, if it says anything. */
  readonly supervisord?: string;
}

/**
 * A configuration that is not right: all that is wrong with it, in `issues` and, readable, in the
 * message. Nothing was changed.
 */
export class ConfigError extends Error {
  /** Everything that is wrong; the first is the one that supervisord would have reported. */
  readonly issues: readonly ConfigIssue[];
  /** What is hardly meant, and may explain what is wrong: a misspelt option, as in {@link Config}. */
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

/** An issue for people, in one line: the place, and what is wrong there. */
export function describeIssue({ file, line, section, option, message }: ConfigIssue): string {
  const place = line === undefined ? file : `${file}:${line}`;
  const name = section === undefined ? "" : `[${section}] `;
  return `${place}: ${name}${option === undefined ? "" : `${option}: `}${message}`;
}

/** What is found while reading, errors and warnings. */
export interface Findings {
  readonly errors: ConfigIssue[];
  readonly warnings: ConfigIssue[];
}
