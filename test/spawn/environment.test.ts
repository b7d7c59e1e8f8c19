import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  addedByShell,
  childEnvironment,
  combine,
  inheritance,
} from "../../src/spawn/environment.ts";

const host = { PATH: "/bin", HOME: "/root", A: "host", Path: "p", SystemRoot: "C:\\" };

describe("combined variables", () => {
  it("the last value of a name counts, and an undefined value takes the variable away", () => {
    const layers = [
      { A: "1", B: "1", C: undefined },
      { A: undefined, C: "2" },
    ];
    assert.deepEqual(combine(layers, false), { environment: { B: "1", C: "2" }, unset: ["A"] });
    assert.deepEqual(combine([{ A: "1" }, { B: "2" }], false), { environment: { A: "1", B: "2" } });
  });

  it("the case of a name only matters where it does to the system", () => {
    const layers = [
      { PATH: "1", Home: undefined },
      { Path: undefined, HOME: "2" },
    ];
    assert.deepEqual(combine(layers, true), { environment: { HOME: "2" }, unset: ["Path"] });
    assert.deepEqual(combine(layers, false), {
      environment: { PATH: "1", HOME: "2" },
      unset: ["Home", "Path"],
    });
  });
});

describe("the environment of a child", () => {
  it("has the host's variables, unless they are replaced or taken away", () => {
    const command = { environment: { A: "own" }, unset: ["HOME", "NOPE"] };
    const { HOME: _, ...rest } = host;
    assert.deepEqual(childEnvironment(command, host, false), { ...rest, A: "own" });
    assert.deepEqual(childEnvironment({ environment: {} }, host, false), host);
  });

  it("inherits nothing, or what is listed", () => {
    const environment = { B: "own" };
    const given = (inherit: false | readonly string[], unset?: string[]) =>
      childEnvironment({ environment, inherit, ...(unset && { unset }) }, host, false);
    assert.deepEqual(given(false), { B: "own" });
    assert.deepEqual(given(["HOME", "A", "NOPE"]), { HOME: "/root", A: "host", B: "own" });
    assert.deepEqual(given(["HOME", "A"], ["A"]), { HOME: "/root", B: "own" });
    assert.deepEqual(given(["home"]), { B: "own" });
  });

  it("Windows: whatever the case of a name, and never without SystemRoot", () => {
    const given = (more: object) => childEnvironment({ environment: {}, ...more }, host, true);
    assert.deepEqual(given({ unset: ["path", "home"] }), { A: "host", SystemRoot: "C:\\" });
    assert.deepEqual(given({ inherit: false }), { SystemRoot: "C:\\" });
    assert.deepEqual(given({ inherit: ["home"] }), { HOME: "/root", SystemRoot: "C:\\" });
    assert.deepEqual(given({ inherit: false, unset: ["SYSTEMROOT"] }), {});
    const { PATH: _, Path: __, ...rest } = host;
    assert.deepEqual(given({ environment: { path: "x" } }), { ...rest, path: "x" });
  });

  it("keeps Node from adding its variable for coverage", () => {
    const covered = { ...host, NODE_V8_COVERAGE: "/tmp/c" };
    const given = (more: object) => childEnvironment({ environment: {}, ...more }, covered, false);
    assert.deepEqual(given({ inherit: false }), { NODE_V8_COVERAGE: undefined });
    assert.equal(given({ inherit: ["NODE_V8_COVERAGE"] })["NODE_V8_COVERAGE"], "/tmp/c");
    assert.equal(given({ unset: ["A"] })["NODE_V8_COVERAGE"], "/tmp/c");
  });

  it("tells which variables of the host are inherited that Node cannot name", () => {
    assert.ok(inheritance({ environment: {} }, false)("\uFFFD"));
    assert.ok(!inheritance({ environment: {}, inherit: false }, false)("\uFFFD"));
    assert.ok(!inheritance({ environment: {}, unset: ["A"] }, false)("A"));
  });

  it("is rid of what a shell adds only where a setting asks for certain variables", () => {
    assert.deepEqual(addedByShell({ environment: {} }, {}), []);
    assert.deepEqual(addedByShell({ environment: {}, inherit: false }, { PWD: "/" }), [
      "OLDPWD",
      "SHLVL",
    ]);
    assert.deepEqual(addedByShell({ environment: {}, unset: ["A"] }, {}), [
      "PWD",
      "OLDPWD",
      "SHLVL",
    ]);
  });
});
