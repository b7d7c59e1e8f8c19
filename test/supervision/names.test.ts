import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { find, findOne, theOnly } from "../../src/supervision/names.ts";
import { fault } from "../support/helpers.ts";

const named = (group: string, name: string) => ({
  name,
  group,
  namespec: group === name ? name : `${group}:${name}`,
});
const [cat, a, b] = [named("cat", "cat"), named("web", "a"), named("web", "b")];
const known = {
  processes: new Map([cat, a, b].map((process) => [process.namespec, process])),
  members: new Map([
    ["cat", [cat]],
    ["server", [a, b]],
  ]),
  groups: new Map([
    ["cat", 1],
    ["web", 1],
    ["empty", 1],
  ]),
};

describe("what a name means", () => {
  for (const [name, meant] of [
    ["all", [cat, a, b]],
    ["server", [a, b]],
    ["web", [a, b]],
    ["web:*", [a, b]],
    ["web:", [a, b]],
    ["web:a", [a]],
    ["cat:cat", [cat]],
    ["empty", []],
    ["empty:*", []],
  ] as const)
    it(name, () => assert.deepEqual(find(name, known), meant));

  for (const name of ["web:c", "empty:a", "nothing", "web:a:b", ""])
    it(`${JSON.stringify(name)}: nothing`, () => {
      assert.throws(() => find(name, known), fault("BAD_NAME", /^There is no "/));
    });

  it("hints at what may be meant", () => {
    const message = /^There is no "servr"; did you mean "server"\?$/;
    assert.throws(() => find("servr", known), fault("BAD_NAME", message));
  });
});

describe("one process", () => {
  it("is found by its full name, or by both where they are the same", () => {
    assert.equal(findOne("web:a", known.processes), a);
    assert.equal(findOne("cat", known.processes), cat);
    assert.equal(findOne("cat:cat", known.processes), cat);
    assert.equal(findOne("a", known.processes), undefined);
  });

  it("is what a name means, where it can only be one", () => {
    assert.equal(theOnly("cat", [cat]), cat);
    const message = '"web" is not one process but 2: web:a, web:b';
    assert.throws(() => theOnly("web", [a, b]), fault("BAD_NAME", message));
    assert.throws(() => theOnly("x", []), fault("BAD_NAME", '"x" is not one process but 0'));
  });
});
