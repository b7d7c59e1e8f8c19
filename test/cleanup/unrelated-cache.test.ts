import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { UnrelatedCache } from "../../src/cleanup/unrelated-cache.ts";

const LIMIT = 1000;

describe("the processes that are known to be unrelated", () => {
  it("are known until half of all numbers were given since", () => {
    const cache = new UnrelatedCache();
    cache.add(7, 100);
    assert.ok(cache.has(7, 100, LIMIT));
    assert.ok(cache.has(7, 599, LIMIT));
    assert.ok(!cache.has(7, 600, LIMIT));
    assert.ok(!cache.has(8, 100, LIMIT));
  });

  it("are forgotten when they are dead and many, and kept while they are few", () => {
    const cache = new UnrelatedCache();
    for (let pid = 2; pid < 900; pid++) cache.add(pid, 0);
    cache.tidy([2]);
    assert.ok(cache.has(3, 0, LIMIT));
    for (let pid = 900; pid < 1100; pid++) cache.add(pid, 0);
    cache.tidy([2]);
    assert.ok(cache.has(2, 0, LIMIT));
    assert.ok(!cache.has(3, 0, LIMIT));
  });
});
