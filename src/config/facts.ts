/** The facts about the system that reading a file needs. */
export interface Facts {
  readonly host: string;
  readonly cwd: string;
  /** Expands a path that may begin with `~`. */
  readonly expandHome: (path: string) => string;
  readonly isDirectory: (path: string) => boolean;
  readonly findUser: (
    nameOrUid: string,
  ) => { readonly uid: number; readonly gid: number } | undefined;
  readonly findGroup: (nameOrGid: string) => number | undefined;
}
