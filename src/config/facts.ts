/** The answers of the system that reading needs. */
export interface Facts {
  readonly host: string;
  readonly cwd: string;
  /** A path that may begin with `~`. */
  readonly expandHome: (path: string) => string;
  readonly isDirectory: (path: string) => boolean;
  readonly findUser: (
    nameOrUid: string,
  ) => { readonly uid: number; readonly gid: number } | undefined;
  readonly findGroup: (nameOrGid: string) => number | undefined;
}
