import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { apiReport, entryPoints, reportFile } from "./support/api-report.ts";

describe("the public API", () => {
  for (const name of Object.keys(entryPoints)) {
    it(`${name}: is as reported; a change of it is one of the report, by \`npm run api\``, () => {
      assert.deepEqual(lines(apiReport(name)), lines(readFileSync(reportFile(name), "utf8")));
    });
  }
});

function lines(text: string): string[] {
  return text.split("\n");
}
