/** Given to the planner of each room: what it may ask, and where it notes what is wrong. */
export interface Planning {
  /** Replaces the names in the text of an option. A text that cannot be expanded is noted, and stays. */
  readonly expand: (option: string, text: string, ...inside: PropertyKey[]) => string;
  /** Notes what is wrong with an option, or with a part of it. */
  readonly refuse: (option: string, message: string, ...inside: PropertyKey[]) => void;
  readonly isDirectory: (path: string) => boolean;
  readonly isUser: (nameOrUid: string) => boolean;
}
