import { option, type ValuesOf } from "../schema/option.ts";
import type { Planning } from "../schema/planning.ts";
import { show } from "../schema/show.ts";
import { NAME, NAME_RULE } from "../schema/types.ts";

/** The options for the number and the names of the processes of a program. */
export const instanceOptions = {
  process_name: option(
    {
      syntax: "process name",
      expected: `${NAME_RULE}, after expansion`,
      summary:
        "The name of each process. With `numprocs` above 1 it must contain `%(process_num)d`.",
      isPerProcess: true,
    },
    (name) => name.default("%(program_name)s"),
  ),
  numprocs: option(
    { syntax: "numprocs", summary: "The number of processes of this program." },
    (count) => count.default(1),
  ),
  numprocs_start: option({ syntax: "integer", summary: "The first `process_num`." }, (integer) =>
    integer.default(0),
  ),
};

type InstanceSettings = ValuesOf<typeof instanceOptions>;

/** Plans the numbers of the processes: one for each. */
export function planNumbers(
  { process_name: pattern, numprocs, numprocs_start: first }: InstanceSettings,
  { refuse }: Pick<Planning, "refuse">,
): number[] {
  if (numprocs > 1 && !pattern.includes("%(process_num)")) {
    const message = `expected %(process_num)d in it because numprocs is ${numprocs}, got ${show(pattern)}`;
    refuse("process_name", message);
  }
  return Array.from({ length: numprocs }, (_, i) => first + i);
}

/** Plans the name of a process. */
export function planName(
  { process_name: pattern }: InstanceSettings,
  { expand, refuse }: Pick<Planning, "expand" | "refuse">,
): string {
  const name = expand("process_name", pattern);
  if (!NAME.test(name)) refuse("process_name", `expected ${NAME_RULE}, got ${show(pattern)}`);
  return name;
}
