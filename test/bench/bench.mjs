import { parseArgs } from "node:util";
import * as config from "./config.mjs";
import * as control from "./control.mjs";
import * as guard from "./guard.mjs";
import * as idle from "./idle.mjs";
import * as importing from "./import.mjs";
import { interleaved, report } from "./helpers.mjs";
import * as latency from "./latency.mjs";
import * as logs from "./logs.mjs";
import * as memory from "./memory.mjs";
import * as peers from "./peers.mjs";
import * as restart from "./restart.mjs";
import * as stall from "./stall.mjs";
import * as start from "./start.mjs";

const parts = {
  start,
  restart,
  memory,
  idle,
  import: importing,
  stall,
  peers,
  logs,
  latency,
  guard,
  control,
  config,
};

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => process.exit(1)); // with the exit listeners of the parts
}
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, rounds: { type: "string" } },
});
const unknown = positionals.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}. There is: ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}
console.log(`Node ${process.version} on ${process.platform} ${process.arch}`);
for (const name of positionals.length > 0 ? positionals : Object.keys(parts)) {
  const part = parts[name];
  const quick = values.quick;
  const rounds = Number(values.rounds ?? (quick ? 1 : part.rounds));
  for (const table of part.tables) {
    const results = part.collect
      ? await part.collect(table, { quick })
      : await interleaved(part.file, table, { rounds, quick });
    report(table, results);
  }
}
