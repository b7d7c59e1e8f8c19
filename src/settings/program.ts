import z from "#zod";
import { cleanupOptions } from "../cleanup/options.ts";
import { lifecycleOptions } from "../lifecycle/options.ts";
import { listenerOptions } from "../listeners/options.ts";
import { outputOptions } from "../output/options.ts";
import { readinessOptions } from "../readiness/options.ts";
import { expected } from "../schema/messages.ts";
import { socketOptions } from "../sockets/options.ts";
import { commandOptions, contextOptions, serverOptions } from "../spawn/options.ts";
import { instanceOptions } from "./instances.ts";
import { priorityOptions } from "./priority.ts";

/** Settings of one program: a `[program:x]` section. */
export const programSettings = z
  .strictObject(
    {
      ...commandOptions,
      ...instanceOptions,
      ...priorityOptions,
      ...lifecycleOptions,
      ...readinessOptions,
      ...contextOptions,
      ...outputOptions,
      ...listenerOptions,
      ...socketOptions,
      ...serverOptions,
      ...cleanupOptions,
    },
    expected("an object with the settings of a program"),
  )
  .refine((s) => !(s.stopasgroup && s.killasgroup === false), {
    path: ["killasgroup"],
    error: "expected true or nothing while stopasgroup is true, got false",
  })
  .refine((s) => !s.redirect_stderr || s.stderr_logfile === undefined, {
    path: ["stderr_logfile"],
    error: "expected nothing or NONE while redirect_stderr is true",
  })
  .refine((s) => !(s.redirect_stderr && s.events), {
    path: ["redirect_stderr"],
    error: "expected false: an event listener answers on its standard output, got true",
  })
  .refine((s) => s.socket === undefined || !s.events, {
    path: ["socket"],
    error: "expected nothing: an event listener is sent its events on standard input",
  });

export type { ProgramSettings } from "./program-settings.ts";
export type { ResolvedProgramSettings } from "./resolved-program-settings.ts";
