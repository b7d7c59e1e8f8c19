import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "../../src/index.ts";
import { startFailureOf } from "../../src/spawn/start-failure.ts";

const command = { name: "web" } as Command;

function failure(code: string | undefined, doubt?: string) {
  const error = Object.assign(new Error("spawn"), code === undefined ? {} : { code });
  const { code: kind, reason } = startFailureOf(error, "/bin/a", command, doubt);
  return [kind, reason];
}

describe("the words for a start that has failed", () => {
  it("are supervisord's where it has some", () => {
    assert.deepEqual(failure("EMFILE"), ["FAILED", "too many open files to spawn 'web'"]);
    assert.deepEqual(failure("ENFILE"), ["FAILED", "too many open files to spawn 'web'"]);
    assert.deepEqual(failure("EAGAIN"), [
      "FAILED",
      "Too many processes in process table to spawn 'web'",
    ]);
    assert.deepEqual(failure(undefined), ["FAILED", "unknown error during fork for 'web': spawn"]);
  });

  it("tell what may pass from what will not", () => {
    assert.deepEqual(failure("ENOMEM"), ["FAILED", "couldn't exec /bin/a: ENOMEM"]);
    assert.deepEqual(failure("ETXTBSY"), ["FAILED", "couldn't exec /bin/a: ETXTBSY"]);
    assert.deepEqual(failure("EACCES"), ["NOT_EXECUTABLE", "couldn't exec /bin/a: EACCES"]);
    assert.deepEqual(failure("EACCES", "why"), ["NOT_EXECUTABLE", "why"]);
  });

  it("are those of the error's cause where it has no code", () => {
    const error = new Error("spawn", { cause: Object.assign(new Error("no"), { code: "ENOENT" }) });
    const { reason } = startFailureOf(error, "/bin/a", command);
    assert.equal(reason, "couldn't exec /bin/a: ENOENT");
  });
});
