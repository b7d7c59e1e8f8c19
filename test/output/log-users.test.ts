import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LogUsers } from "../../src/output/log-users.ts";
import { user } from "../support/writing.ts";

describe("LogUsers", () => {
  it("has the strictest rule of all who plan to write, and of all who write", () => {
    const users = new LogUsers();
    const [one, two, three] = [user(0, 0), user(20, 1), user(10, 3)];
    assert.deepEqual(users.rule, { maxbytes: 0, backups: 0 });
    users.plan(one);
    users.begin(two);
    users.plan(three);
    assert.deepEqual(users.rule, { maxbytes: 10, backups: 3 });
    users.unplan(three);
    assert.deepEqual(users.rule, { maxbytes: 20, backups: 1 });
    users.end(two);
    assert.deepEqual(users.rule, { maxbytes: 0, backups: 0 });
  });

  it("keeps a user that has planned to write when it ends", () => {
    const users = new LogUsers();
    const one = user(10, 1);
    users.plan(one);
    assert.ok(!users.isWriting);
    users.begin(one);
    assert.ok(users.isWriting);
    assert.ok(users.end(one));
    assert.ok(!users.isWriting);
    assert.ok(!users.isEmpty);
    users.unplan(one);
    assert.ok(users.isEmpty);
  });

  it("tells of a user that was not writing", () => {
    const users = new LogUsers();
    const one = user();
    assert.ok(!users.end(one));
    users.begin(one);
    users.unplan(one);
    assert.ok(users.isWriting);
    assert.ok(users.end(one));
    assert.ok(!users.end(one));
    assert.ok(users.isEmpty);
  });
});
