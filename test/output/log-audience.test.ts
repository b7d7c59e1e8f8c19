import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LogAudience } from "../../src/output/log-audience.ts";

function member(name: string, told: string[]) {
  return {
    failed: (file: string, { code }: NodeJS.ErrnoException) =>
      void told.push(`${name}: failed ${file} ${code}`),
    recovered: (file: string, lost: number) => void told.push(`${name}: recovered ${file} ${lost}`),
  };
}

const failure = (syscall: string, code: string) =>
  Object.assign(new Error(code), { syscall, code });

describe("LogAudience", () => {
  it("tells each cause once, until the recovery", () => {
    const told: string[] = [];
    const audience = new LogAudience("log");
    audience.add(member("one", told));
    audience.failed(failure("open", "ENOENT"));
    audience.failed(failure("open", "ENOENT"));
    audience.failed(failure("write", "ENOSPC"));
    assert.deepEqual(told.splice(0), ["one: failed log ENOENT", "one: failed log ENOSPC"]);
    assert.equal(audience.failure?.code, "ENOSPC");
    audience.recovered(7);
    assert.equal(audience.failure, undefined);
    audience.failed(failure("write", "ENOSPC"));
    assert.deepEqual(told, ["one: recovered log 7", "one: failed log ENOSPC"]);
  });

  it("tells a new member of the present failure, and a former one of nothing", () => {
    const told: string[] = [];
    const audience = new LogAudience("log");
    const [one, two] = [member("one", told), member("two", told)];
    audience.add(one);
    audience.failed(failure("open", "ENOENT"));
    audience.add(two);
    audience.add(two);
    audience.delete(one);
    audience.recovered(0);
    assert.deepEqual(told, [
      "one: failed log ENOENT",
      "two: failed log ENOENT",
      "two: recovered log 0",
    ]);
  });
});
