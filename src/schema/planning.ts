/**
 * The context for the planner of each directory: the facts that it may use, and the functions to
 * report errors.
 */
export interface Planning {
  /**
   * Replaces the names in the text of an option. A text that cannot be expanded is reported, and
   * stays unchanged.
   */
  readonly expand: (option: string, text: string, ...inside: PropertyKey[]) => string;
  /** Reports an error in an option, or in a part of it. */
  readonly refuse: (option: string, message: string, ...inside: PropertyKey[]) => void;
  readonly isDirectory: (path: string) => boolean;
  readonly isUser: (nameOrUid: string) => boolean;
}
