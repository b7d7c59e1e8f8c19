/** The types that zod makes of the schemas of the settings: what the written interfaces must equal. */
import type * as z from "zod";
import type { activityLogSettings } from "../../src/activity-log/options.ts";
import type { Signal } from "../../src/ports/signal.ts";
import type { groupSettings } from "../../src/settings/group.ts";
import type { programSettings } from "../../src/settings/program.ts";
import type { supervisorSettings } from "../../src/settings/supervisor.ts";

/** By the names of the interfaces. */
export interface SchemaTypes {
  readonly ProgramSettings: z.input<typeof programSettings>;
  readonly ResolvedProgramSettings: z.output<typeof programSettings>;
  readonly GroupSettings: z.input<typeof groupSettings>;
  readonly SupervisorSettings: z.input<typeof supervisorSettings>;
  readonly ActivityLogSettings: z.input<typeof activityLogSettings>;
}

/** The types whose names zod's types have lost. */
export interface NamedTypes {
  readonly Signal: Signal;
}
