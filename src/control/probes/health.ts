import type { Subprocess } from "../../index.ts";
import { respond } from "../http/respond.ts";
import type { Handler } from "../http/router.ts";

/** `/healthz`: 200 while the supervisor is running, 503 once it shuts down. */
export const healthz: Handler = (request, response, { supervisor }) => {
  if (supervisor.state === "RUNNING") respond(request, response, 200, "ok\n");
  else respond(request, response, 503, "shutting down\n");
};

/**
 * `/readyz`: 200 when every process with `autostart` is RUNNING, or has EXITED as expected; else 503
 * with a line for each that is not.
 */
export const readyz: Handler = (request, response, { supervisor }) => {
  if (supervisor.state !== "RUNNING") {
    respond(request, response, 503, "shutting down\n");
    return;
  }
  const missing = [...supervisor.programs.values()]
    .filter(({ settings }) => settings.autostart)
    .flatMap(({ processes }) => processes.filter((process) => !isReady(process)))
    .map(({ namespec, state }) => `${namespec} ${state}\n`);
  if (missing.length === 0) respond(request, response, 200, "ready\n");
  else respond(request, response, 503, missing.toSorted().join(""));
};

function isReady(process: Subprocess): boolean {
  const { state, spawnerr } = process.info();
  return state === "RUNNING" || (state === "EXITED" && spawnerr === "");
}
