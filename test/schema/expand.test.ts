import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { expand } from "../../src/schema/expand.ts";
import { askPython, noPython } from "../support/python.ts";

const values: Record<string, string | number> = {
  program_name: "web",
  process_num: 7,
  numprocs: 12,
  host_node_name: "box",
  ENV_HOME: "/root",
};
const names = (name: string) => values[name];

const cases: readonly [text: string, expanded: string][] = [
  ["", ""],
  ["plain", "plain"],
  ["%(program_name)s_%(process_num)02d", "web_07"],
  ["%(process_num)d of %(numprocs)d", "7 of 12"],
  ["%(process_num)s", "7"],
  ["%(process_num)5d|%(process_num)-5d|", "    7|7    |"],
  ["%(process_num)+d % (process_num)d", "+7 % (process_num)d"],
  ["%(process_num).3d", "007"],
  ["%(numprocs)x %(numprocs)X %(numprocs)o %(numprocs)#x", "c C 14 0xc"],
  ["%(program_name)6s|%(program_name)-6s|%(program_name).2s", "   web|web   |we"],
  ["%(ENV_HOME)s@%(host_node_name)s", "/root@box"],
  // doubled: the conversion itself
  ["%%(process_num)d", "%(process_num)d"],
  ["%%%(process_num)d %%%%(process_num)d", "%7 %%(process_num)d"],
  ["%%(unheard_of)s %%(process_num)", "%%(unheard_of)s %%(process_num)"],
  // not ours: left alone
  ["100%", "100%"],
  ["%d %s %%", "%d %s %%"],
  ["date +%H:%M", "date +%H:%M"],
  ["%(unheard_of)s", "%(unheard_of)s"],
  ["%(program_name)", "%(program_name)"],
  ["%(program_name s", "%(program_name s"],
  ["%()s", "%()s"],
  ["%(toString)s %(__proto__)s", "%(toString)s %(__proto__)s"],
];

describe("expand", () => {
  for (const [text, expanded] of cases) {
    it(`makes ${JSON.stringify(expanded)} of ${JSON.stringify(text)}`, () => {
      assert.deepEqual(expand(text, names), { text: expanded });
    });
  }

  it("tells of a variable that is not set", () => {
    assert.deepEqual(expand("%(ENV_NOPE)s", names), {
      problem: "%(ENV_NOPE)s: the environment variable NOPE is not set",
    });
  });

  it("tells of a name that has no meaning here", () => {
    assert.deepEqual(expand("%(group_name)s", names), {
      problem: "%(group_name)s has no meaning here",
    });
  });

  it("tells of a conversion that does not suit the value", () => {
    assert.deepEqual(expand("%(program_name)d", names), {
      problem: '%(program_name)d: no such conversion of "web"',
    });
    assert.deepEqual(expand("%(process_num)f", names), {
      problem: "%(process_num)f: no such conversion of 7",
    });
  });

  it("refuses a field so wide that it would fill the memory", () => {
    for (const form of ["999999999d", ".999999999d", "999999999s", "1001x"]) {
      assert.deepEqual(expand(`%(process_num)${form}`, names), {
        problem: `%(process_num)${form}: no such conversion of 7`,
      });
    }
  });

  it("tells of the first problem only", () => {
    assert.deepEqual(expand("%(ENV_A)s %(ENV_B)s", names), {
      problem: "%(ENV_A)s: the environment variable A is not set",
    });
  });

  it("does not expand what an expansion brings", () => {
    assert.deepEqual(
      expand("%(here)s", () => "%(program_name)s"),
      { text: "%(program_name)s" },
    );
  });

  it("formats numbers and texts as Python's % does", { skip: noPython }, () => {
    const flags = fc
      .uniqueArray(fc.constantFrom("-", "0", "+", " ", "#"))
      .map((chosen) => chosen.join(""))
      .filter((chosen) => !(chosen.includes("#") && chosen.includes("0")));
    const width = fc.constantFrom("", "1", "3", "8");
    const precision = fc.constantFrom("", ".0", ".2", ".5");
    const number = fc.record({
      value: fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer()),
      type: fc.constantFrom("d", "i", "u", "x", "X", "o", "s"),
    });
    const text = fc.record({ value: fc.string({ maxLength: 9 }), type: fc.constant("s") });
    const question = fc
      .record({ flags, width, precision, what: fc.oneof(number, text) })
      .map(({ what, ...form }) => ({
        text: `<%(process_num)${form.flags}${form.width}${form.precision}${what.type}>`,
        value: what.value,
      }));
    fc.assert(
      fc.property(fc.array(question, { minLength: 300, maxLength: 300 }), (questions) => {
        const ours = questions.map((q) => expand(q.text, () => q.value));
        const theirs = askPython(FORMAT, questions) as unknown[];
        for (const [i, mine] of ours.entries())
          assert.deepEqual(mine, theirs[i], JSON.stringify(questions[i]));
      }),
      { numRuns: 4, endOnFailure: true },
    );
  });
});

const FORMAT = `
def answer(q):
    return {"text": q["text"] % {"process_num": q["value"]}}
`;
