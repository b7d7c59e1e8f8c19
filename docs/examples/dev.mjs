// Runs the programs of a project side by side, as foreman and concurrently do. Ctrl-C ends them all.
import { Supervisor, printLines } from "libsupervisor";

const supervisor = new Supervisor({
  programs: {
    web: { command: "node programs/web.mjs", directory: import.meta.dirname },
    worker: { command: "node programs/worker.mjs", directory: import.meta.dirname },
    flaky: { command: "node programs/flaky.mjs", directory: import.meta.dirname },
  },
});
process.once("SIGINT", () => void supervisor.shutdown());
void printLines(supervisor, process.stdout);
await supervisor.start().catch((error) => console.error(error.message));
