/** A few recordings against the command: the short ones of each kind. All of them: npm run conformance. */
import { describe, it } from "node:test";
import { follow } from "./command/follow.ts";
import { missing } from "./missing.ts";
import { closeInherited } from "./real/inherited.ts";
import { load } from "./scenario.ts";

const short = [
  "fcgi-shared-socket",
  "group-events",
  "log-events",
  "normal-run",
  "reload-config-rpc",
  "reload-with-broken-config",
  "remote-comm-event",
  "shutdown-with-backoff",
  "sighup-restarts",
  "stop-while-STARTING",
];
const windows = process.platform === "win32" && "supervisord knows no Windows";

closeInherited(2);

describe("libsupervisor, from outside", { concurrency: 4, skip: windows }, () => {
  for (const name of short) {
    const why = missing(load(name), true);
    it(`follows ${name}`, { skip: why ?? false }, () => follow(name));
  }
});
