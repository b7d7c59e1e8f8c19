import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { Fault, decodeAnswer, encodeCall } from "../../src/cli/ctl/codec.ts";
import type { Value } from "../../src/cli/ctl/codec.ts";
import { askPython, noPython } from "../python.ts";

const answer = (value: string) =>
  decodeAnswer(`<methodResponse><params><param>${value}</param></params></methodResponse>`);

const values = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "grapheme" }).filter((text) => isXml(text)),
    fc.integer(),
    fc.boolean(),
    fc.array(tie("value")),
    fc.dictionary(fc.string({ unit: "grapheme-ascii" }), tie("value")),
  ),
})).value;

/** The first parameter of a call, as if it were an answer. */
function back(call: string): Value {
  const value = /<param>(.*)<\/param>/s.exec(call)?.[1] ?? "";
  return answer(value);
}

describe("the codec", () => {
  it("reads what it has written", () => {
    fc.assert(
      fc.property(values, (value) => {
        assert.deepEqual(toPlain(back(encodeCall("x", [value]))), toPlain(value));
      }),
    );
  });

  it("is understood by Python", { skip: noPython }, () => {
    const said = [
      "a<b>&\"'",
      "ü🙂",
      "line\r\nend\n",
      "",
      " blanks ",
      7,
      -7,
      true,
      [1, ["x"]],
      { a: 1 },
    ];
    const python = `
import xmlrpc.client
def answer(call):
    params, method = xmlrpc.client.loads(call)
    return [method, list(params)]`;
    assert.deepEqual(askPython(python, [encodeCall("supervisor.x", said)]), [
      ["supervisor.x", said],
    ]);
  });

  it("understands Python", { skip: noPython }, () => {
    const said = [
      "a<b>&\"'",
      "ü🙂",
      "line\nend",
      "",
      " blanks ",
      7,
      -7,
      true,
      [1, ["x"]],
      { a: 1 },
      [],
    ];
    const python = `
import xmlrpc.client
def answer(value):
    return xmlrpc.client.dumps((value,), methodresponse=True)`;
    const answers = askPython(python, said) as string[];
    assert.deepEqual(answers.map(decodeAnswer), said);
  });

  it("throws a fault with its number and its text", () => {
    const xml = `<?xml version='1.0'?>
<methodResponse>
<fault>
<value><struct>
<member><name>faultCode</name><value><int>10</int></value></member>
<member><name>faultString</name><value><string>BAD_NAME: a&amp;b</string></value></member>
</struct></value>
</fault>
</methodResponse>`;
    assert.throws(
      () => decodeAnswer(xml),
      (error) => {
        assert.ok(error instanceof Fault);
        assert.equal(error.code, 10);
        assert.equal(error.message, "BAD_NAME: a&b");
        return true;
      },
    );
  });

  it("takes a value without a type for a text, and keeps its blanks", () => {
    assert.equal(answer("<value> a </value>"), " a ");
    assert.equal(answer("<value></value>"), "");
    assert.equal(answer("<value><string/></value>"), "");
    assert.equal(answer("<value><![CDATA[<a>]]></value>"), "<a>");
    assert.equal(answer("<value>&#65;&#x42;&lt;&unknown;</value>"), "AB<&unknown;");
    assert.equal(answer("<value>a\r\nb\rc&#13;</value>"), "a\nb\nc\r");
  });

  const broken = [
    "",
    "not found",
    "<html><body>502</body></html>",
    "<methodResponse></methodResponse>",
    "<methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>",
    "<methodResponse><params><param><value><int></int></value></param></params></methodResponse>",
    "<methodResponse><params><param><value><what>1</what></value></param></params></methodResponse>",
    "<methodResponse><params><param><value><array><data>",
    `<methodResponse><params><param>${"<value><array><data>".repeat(1000)}`,
  ];
  for (const xml of broken) {
    it(`refuses ${JSON.stringify(xml.slice(0, 90))}`, () => {
      assert.throws(() => decodeAnswer(xml), SyntaxError);
    });
  }

  it("refuses whatever else comes, and hangs on nothing", () => {
    const words = [
      "<value>",
      "</value>",
      "<struct>",
      "<member>",
      "<name>",
      "<",
      "&",
      "x",
      "<int>1",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words)), (parts) => {
        const xml = `<methodResponse><params><param>${parts.join("")}`;
        try {
          decodeAnswer(xml);
        } catch (error) {
          assert.ok(error instanceof SyntaxError);
        }
      }),
    );
  });
});

/** Without prototypes and the sign of zero, of which XML-RPC knows nothing. */
const toPlain = (value: Value): unknown => JSON.parse(JSON.stringify(value));

/** XML has no control characters but three. */
const isXml = (text: string) =>
  Array.from(text).every((each) => each >= " " || "\t\n\r".includes(each));
