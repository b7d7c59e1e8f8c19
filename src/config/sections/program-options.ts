import { filterOptions, type OptionMeta, type Shape } from "../../schema/option.ts";
import { programSettings } from "../../settings/program.ts";

type Kind = NonNullable<OptionMeta["section"]>;

/** The options that all kinds of programs have. */
export const programOptions = ofKind(undefined);

/** The options that only one kind of program has. */
export const kindOptions: Readonly<Record<Kind, Shape>> = {
  eventlistener: ofKind("eventlistener"),
  "fcgi-program": ofKind("fcgi-program"),
};

function ofKind(kind: Kind | undefined): Shape {
  return filterOptions(programSettings.shape, ({ section }) => section === kind);
}

/**
 * Sorts options in supervisord's order of reading: supervisord reports the first error. Options
 * that supervisord does not have come last.
 */
export function asRead(shape: Shape): Shape {
  const place = (option: string) => {
    const index = ORDER.indexOf(option);
    return index === -1 ? ORDER.length : index;
  };
  return Object.fromEntries(Object.entries(shape).toSorted(([a], [b]) => place(a) - place(b)));
}

const ORDER: readonly string[] = [
  "priority",
  "autostart",
  "autorestart",
  "startsecs",
  "startretries",
  "stopsignal",
  "stopwaitsecs",
  "stopasgroup",
  "killasgroup",
  "exitcodes",
  "redirect_stderr",
  "numprocs",
  "numprocs_start",
  "environment",
  "directory",
  ...["stdout", "stderr"].flatMap((stream) => [
    `${stream}_logfile`,
    `${stream}_logfile_backups`,
    `${stream}_logfile_maxbytes`,
    `${stream}_syslog`,
    `${stream}_capture_maxbytes`,
    `${stream}_events_enabled`,
  ]),
  "command",
  "process_name",
  "serverurl",
  "user",
  "umask",
];
