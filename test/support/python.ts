import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

/** Why a comparison with Python cannot be made here, or false. */
export const noPython: string | false =
  spawnSync("python3", ["-c", ""]).status === 0 ? false : "python3 is not installed";

/** What the Python function `answer`, which `code` defines, says to each of the questions. */
export function askPython(code: string, questions: readonly unknown[]): unknown {
  const frame = `${code}
import json, sys
print(json.dumps([answer(q) for q in json.load(sys.stdin)]))`;
  const input = JSON.stringify(questions);
  const { status, stdout, stderr } = spawnSync("python3", ["-c", frame], {
    input,
    encoding: "utf8",
    env: { ...process.env, PYTHONIOENCODING: "utf-8" },
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}
