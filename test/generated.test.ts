import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parts, written } from "./support/generated.ts";

describe("the generated parts of the documentation", () => {
  for (const part of parts) {
    it(`${part.file} has ${part.name} as the sources have it`, () => {
      assert.equal(written(part), part.text, "npm run docs:settings writes it anew");
    });
  }
});
