/** The readers below the sections, against the modules of Python that supervisord uses. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { matches } from "../../src/config/glob.ts";
import { emptyIni, readIni } from "../../src/config/ini.ts";
import { readPairs } from "../../src/config/key-values.ts";
import { fixedText, format, within, type NameValue } from "../../src/config/percent.ts";
import { repr, strip, toInteger } from "../../src/config/python.ts";
import { askPython, noPython } from "../support/python.ts";

const BATCH = { seed: 4_711, numRuns: 2000 };

/** Asks both the same questions; Python in one go. */
function compare<Q>(questions: readonly Q[], code: string, answer: (question: Q) => unknown): void {
  const theirs = askPython(code, questions) as unknown[];
  for (const [i, question] of questions.entries())
    assert.deepEqual(answer(question), theirs[i], JSON.stringify(question));
}

/** Made of the characters of one text, and of others as a whole. */
const texts = (characters: string, ...parts: readonly string[]) =>
  fc
    .array(fc.constantFrom(...Array.from(characters), ...parts), { maxLength: 14 })
    .map((chosen) => chosen.join(""));

describe("Python", { skip: noPython }, () => {
  it("configparser: the same sections, options and errors", () => {
    const files = texts(
      "abA =:;#[]\t\n\n%\u0085\uFEFF\u000C\\\"'",
      "[a]\n",
      "[b:c]\n",
      "[DEFAULT]\n",
      "x=1\n",
      "\n  more",
      "\ny : 2 ; c\n",
      " ;",
      "\r\n",
      "a;b ;c #d\n",
    );
    const code = `
import configparser, io
class P(configparser.RawConfigParser):
    pass
def answer(text):
    p = P(inline_comment_prefixes=(';', '#'), strict=False)
    try:
        p.read_file(io.StringIO(text, newline=None))
    except configparser.MissingSectionHeaderError as e:
        return ['no header', e.lineno]
    except configparser.ParsingError as e:
        return ['parsing', [n for n, _ in e.errors]]
    return [[s, sorted(p._sections[s].items())] for s in p.sections()] + [sorted(p._defaults.items())]`;
    compare(fc.sample(files, BATCH), code, (text) => {
      const ini = emptyIni();
      const issues = readIni(ini, text, "f");
      const lost = issues.find((issue) => issue.supervisord.startsWith("File"));
      if (lost) return ["no header", lost.line];
      if (issues.length > 0) return ["parsing", issues.map(({ line }) => line)];
      const sorted = (options: ReadonlyMap<string, { readonly value: string }>) =>
        [...options]
          .map(([name, { value }]) => [name, value] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1));
      const sections = [...ini.sections.values()].map(({ name, options }) => [
        name,
        sorted(options),
      ]);
      return [...sections, sorted(ini.defaults)];
    });
  });

  it("printf: the same text, the same unknown name, the same complaint", () => {
    const formats = texts(
      "%()sdxXo r0123. +-#hl%%",
      "%(s)s",
      "%(n)d",
      "%(n)",
      "%(nope)s",
      "%(s)",
      "%(n)03d",
      "%(s).2s",
      "%%(n)d",
      "text",
      "é",
    );
    const code = `
def answer(text):
    try:
        return ['text', text % {'s': "it's", 'n': 7, 'b(c)': 'deep'}]
    except KeyError as e:
        return ['unknown', e.args[0]]
    except Exception as e:
        return ['malformed', str(e)]`;
    const names = within(
      undefined,
      new Map<string, NameValue>([
        ["s", "it's"],
        ["n", 7],
        ["b(c)", "deep"],
      ]),
    );
    // a conversion without a name prints the whole table in Python: refused here
    const isNamed = (text: string) => !/%[-+ #0\d.]*[hlL]?[sra]/.test(text.replaceAll("%%", ""));
    compare(fc.sample(formats.filter(isNamed), BATCH), code, (text) => {
      const done = format(text, names);
      if ("pieces" in done) return ["text", fixedText(done.pieces)];
      return "unknown" in done ? ["unknown", done.unknown] : ["malformed", done.malformed];
    });
  });

  it("shlex: the same pairs of an environment", () => {
    const environments = texts("AB12=,;\"' \t\n#\\$@é/.:-()\u{1F600}", "A=1", ',B="x y"', "='a'");
    const code = `
import shlex
def answer(text):
    lexer = shlex.shlex(text, posix=True)
    lexer.wordchars += '/.+-():'
    try:
        tokens = list(lexer)
    except ValueError as e:
        return str(e)
    pairs = {}
    for i in range(0, len(tokens), 4):
        part = tokens[i:i+3]
        if len(part) != 3 or part[1] != '=':
            return 'Unexpected end'
        pairs[part[0]] = part[2]
    return pairs`;
    compare(fc.sample(environments, BATCH), code, (text) => {
      const read = readPairs([text]);
      if ("problem" in read) return read.problem.replace(/(?<=^Unexpected end).*/s, "");
      const entries = [...read.pairs].map(([key, value]) => [key, fixedText(value)]);
      return Object.fromEntries(entries) as object;
    });
  });

  it("fnmatch: the same names", () => {
    const questions = fc.tuple(texts("ab.-]*"), texts("ab.*?[]!-", "[a-b]", "[!b]", "*"));
    const code = `
import fnmatch
def answer(question):
    return fnmatch.fnmatchcase(*question)`;
    compare(fc.sample(questions, BATCH), code, ([name, pattern]) => matches(name, pattern));
  });

  it("int, repr and strip: the same", () => {
    const words = texts("0129_+-abx'\"\\\t\n\r\u0085\u0000é ");
    const code = `
def answer(text):
    try:
        number = int(text)
    except ValueError:
        number = None
    return [number, repr(text), text.strip()]`;
    compare(fc.sample(words, BATCH), code, (text) => [
      toInteger(text) ?? null,
      repr(text),
      strip(text),
    ]);
    const odd = ["\uFEFF1", "\u00A0x\u00A0", "\u20281", "\u001Cx\u0085"];
    compare(odd, "def answer(text): return text.strip()", strip);
  });
});
