import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SettingsIssue } from "../../src/schema/settings-error.ts";
import { findPlaces, inOrder, ownGroup } from "../../src/settings/groups.ts";
import { programSettings } from "../../src/settings/program.ts";

const program = (settings: object = {}) => programSettings.parse({ command: "x", ...settings });

function places(programs: readonly string[], issues: SettingsIssue[] = []) {
  const all = { a: program(), b: program(), l: program({ events: ["TICK_5"] }) };
  const found = findPlaces(all, { g: { programs, priority: 3 } }, issues);
  return { found, messages: issues.map(({ message }) => message) };
}

describe("findPlaces()", () => {
  it("finds the groups of each program that is in one", () => {
    const { found, messages } = places(["a", "b"]);
    assert.deepEqual(found.get("a"), [{ group: "g", priority: 3 }]);
    assert.deepEqual([[...found.keys()], messages], [["a", "b"], []]);
  });

  it("notes unknown programs, event listeners, and those that are named twice", () => {
    const { found, messages } = places(["a", "c", "l", "a"]);
    assert.deepEqual(found.get("a"), [{ group: "g", priority: 3 }]);
    assert.deepEqual(messages, [
      'there is no program "c"; did you mean "a"?',
      'the event listener "l" is a group of its own',
      'the program "a" is named twice',
    ]);
  });

  it("says nothing of programs that are wrong in form", () => {
    const { messages } = places(["c"], [{ path: ["programs", "c", "startsecs"], message: "!" }]);
    assert.deepEqual(messages, ["!"]);
  });
});

describe("ownGroup()", () => {
  it("has the priority of the program, else 999, and -1 for event listeners", () => {
    const priority = (settings: object) => ownGroup("a", program(settings)).priority;
    assert.equal(priority({ priority: 4 }), 4);
    assert.equal(priority({}), 999);
    assert.equal(priority({ events: ["TICK_5"] }), -1);
    assert.equal(priority({ events: ["TICK_5"], priority: 4 }), 4);
  });
});

describe("inOrder()", () => {
  it("sorts by the group's programs, then by name as text", () => {
    const process = (name: string, of: string) => ({ group: "g", program: of, name });
    const sorted = inOrder([process("n8", "n"), process("n10", "n"), process("z", "z")], {
      g: { programs: ["z", "n"], priority: 1 },
    });
    assert.deepEqual(
      sorted.map(({ name }) => name),
      ["z", "n10", "n8"],
    );
  });
});
