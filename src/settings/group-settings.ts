// Generated: `npm run docs:settings` writes this file from the schema of the settings.

/** The settings of a group as a caller gives them: a `[group:x]` section. */
export interface GroupSettings {
  /**
   * The programs of the group. Their processes are then called `group:process`. Expects an array of
   * program names.
   *
   * Default: `[]` · supervisord: `programs` of `[group:x]`
   */
  programs?: readonly string[] | undefined;
  /**
   * The order of the groups, as the priority of a program is the order inside a group. Expects a
   * whole number.
   *
   * Default: `999` · supervisord: `priority` of `[group:x]`
   */
  priority?: number | undefined;
}
