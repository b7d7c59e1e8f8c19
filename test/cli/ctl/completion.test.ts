import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { complete } from "../../../src/cli/ctl/completion.ts";

const infos = [
  { group: "a", name: "a" },
  { group: "g", name: "x" },
  { group: "g", name: "y" },
];
const actions = ["help", "start", "status", "stop"];

const rows: readonly (readonly [line: string, matches: readonly string[], word: string])[] = [
  ["", ["help ", "start ", "status ", "stop "], ""],
  ["sta", ["start ", "status "], "sta"],
  ["  st", ["start ", "status ", "stop "], "st"],
  ["x", [], "x"],
  ["help st", ["start ", "status ", "stop "], "st"],
  ["start ", ["a ", "g:x ", "g:* ", "g:y "], ""],
  ["start g", ["g:x ", "g:* ", "g:y "], "g"],
  ["start g:", ["g:x ", "g:* ", "g:y "], "g:"],
  ["start a:", ["a:a ", "a:* "], "a:"],
  ["start a g:y", ["g:y "], "g:y"],
  ["add ", ["a ", "g "], ""],
  ["update g", ["g "], "g"],
  ["version ", [], ""],
];

describe("completion", () => {
  for (const [line, matches, word] of rows) {
    it(`of ${JSON.stringify(line)} offers ${JSON.stringify(matches)}`, async () => {
      assert.deepEqual(await complete(line, actions, async () => infos), [matches, word]);
    });
  }

  it("asks for names only where names go", async () => {
    const never = () => assert.fail("asked for names");
    await complete("st", actions, never);
    await complete("help st", actions, never);
    await complete("version ", actions, never);
  });
});
