import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import { knownAddresses, ownAddresses } from "../../src/readiness/addresses.ts";

describe("addresses", () => {
  it("own ones: those of all interfaces", () => {
    const addresses = ownAddresses();
    const expected = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    assert.ok(addresses.has("127.0.0.1"));
    for (const { address } of expected) assert.ok(addresses.has(address.toLowerCase()), address);
  });

  it("known ones need no look-up", () => {
    assert.deepEqual(knownAddresses("localhost"), ["127.0.0.1", "::1"]);
    assert.deepEqual(knownAddresses("192.0.2.1"), ["192.0.2.1"]);
    assert.deepEqual(knownAddresses("fd00::2"), ["fd00::2"]);
    assert.equal(knownAddresses("db"), undefined);
    assert.equal(knownAddresses("1.2.3"), undefined);
  });
});
