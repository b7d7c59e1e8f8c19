import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expose } from "../../../src/control/probes/exposition.ts";

const metric = { name: "m", type: "gauge", help: "A metric." } as const;

describe("the text format of Prometheus", () => {
  it("has a line for each series, after the help and the type", () => {
    assert.equal(
      expose(metric, [
        [{}, 1],
        [{ group: "g", name: "n" }, 0.5],
      ]),
      '# HELP m A metric.\n# TYPE m gauge\nm 1\nm{group="g",name="n"} 0.5\n',
    );
  });

  it("is empty without series", () => {
    assert.equal(expose(metric, []), "");
  });

  it("escapes the values of labels", () => {
    assert.match(expose(metric, [[{ a: '\\ " \n' }, 1]]), /^m\{a="\\\\ \\" \\n"\} 1$/m);
  });
});
