import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { withoutFaulty } from "../../src/settings/salvage.ts";

const settings = {
  identifier: "shop",
  programs: {
    web: { command: "w", startsecs: -1, environment: { A: 5, B: "b" } },
    job: { command: 5 },
  },
  groups: { g: { programs: ["web"], priority: "x" } },
};

function left(...paths: readonly (readonly PropertyKey[])[]): unknown {
  return withoutFaulty(
    settings,
    paths.map((path) => ({ path, message: "" })),
  );
}

describe("withoutFaulty()", () => {
  it("leaves out an option of a program, of a group and of the supervisor", () => {
    assert.deepEqual(
      left(["programs", "web", "startsecs"], ["groups", "g", "priority"], ["identifier"]),
      {
        programs: { web: { command: "w", environment: { A: 5, B: "b" } }, job: { command: 5 } },
        groups: { g: { programs: ["web"] } },
      },
    );
  });

  it("leaves out one variable of an environment", () => {
    const { programs } = left(["programs", "web", "environment", "A"]) as typeof settings;
    assert.deepEqual(programs.web.environment, { B: "b" });
  });

  it("leaves out a program without its command", () => {
    const { programs } = left(["programs", "job", "command"]) as typeof settings;
    assert.deepEqual(Object.keys(programs), ["web"]);
  });

  it("leaves out everything that is wrong as a whole", () => {
    assert.deepEqual(left([]), {});
  });
});
