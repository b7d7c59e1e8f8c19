import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseXml, XmlError } from "../../../src/control/rpc/xml.ts";
import {
  decodeAnswer,
  decodeCall,
  encodeAnswer,
  encodeCall,
  encodeFault,
  encodeValue,
  type RpcValue,
} from "../../../src/control/rpc/codec.ts";
import { askPython, noPython } from "../../support/python.ts";
import { root } from "../../support/processes.ts";

const bytes = (text: string) => Buffer.from(text);
const call = (value: string) =>
  bytes(
    `<methodCall><methodName>m</methodName><params><param>${value}</param></params></methodCall>`,
  );
const valueIn = (value: string) => decodeCall(call(value)).params[0];

const text = fc.string({ unit: "grapheme" }).filter((one) => !hasForbidden(one));
const { value: anyValue } = fc.letrec<{ value: RpcValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    text,
    fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((one) => !Number.isInteger(one)),
    fc
      .date({ min: new Date(0), max: new Date("9999-12-31"), noInvalidDate: true })
      .map((date) => new Date(Math.floor(date.getTime() / 1000) * 1000)),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

function hasForbidden(one: string): boolean {
  return /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(one);
}

describe("the values of XML-RPC", () => {
  const table: readonly (readonly [string, string, RpcValue])[] = [
    ["an int", "<value><int>-7</int></value>", -7],
    ["an i4", "<value><i4> 7 </i4></value>", 7],
    ["a boolean", "<value><boolean>1</boolean></value>", true],
    ["a double", "<value><double>-1.5e3</double></value>", -1500],
    ["text without a type, with its spaces", "<value> a b </value>", " a b "],
    ["nothing at all", "<value/>", ""],
    ["an empty string", "<value><string/></value>", ""],
    ["the five entities", "<value>&lt;&gt;&amp;&quot;&apos;</value>", `<>&"'`],
    ["characters by number", "<value>&#65;&#x1F600;</value>", "A😀"],
    ["CDATA", "<value><string><![CDATA[<&]]></string></value>", "<&"],
    ["a comment", "<value>a<!-- <b> -->c</value>", "ac"],
    ["an attribute", '<value><string xml:lang="en">a</string></value>', "a"],
    [
      "an array",
      "<value><array><data><value>a</value><value><int>1</int></value></data></array></value>",
      ["a", 1],
    ],
    ["an empty array", "<value><array><data/></array></value>", []],
    [
      "a struct",
      "<value><struct><member><name>a</name><value>b</value></member></struct></value>",
      { a: "b" },
    ],
    ["base64", "<value><base64>\naGk=\n</base64></value>", Buffer.from("hi")],
    [
      "a date",
      "<value><dateTime.iso8601>20260102T03:04:05</dateTime.iso8601></value>",
      new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
    ],
  ];
  for (const [what, xml, value] of table) {
    it(`reading: ${what}`, () => assert.deepEqual(valueIn(xml), value));
  }

  it("reading: a struct cannot reach a prototype", () => {
    const value = valueIn(
      "<value><struct><member><name>__proto__</name><value>x</value></member></struct></value>",
    ) as Record<string, RpcValue>;
    assert.deepEqual(Object.keys(value), ["__proto__"]);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  const refused: readonly (readonly [string, string])[] = [
    ["nil", "<value><nil/></value>"],
    ["a type nobody knows", "<value><int8>1</int8></value>"],
    ["text for an int", "<value><int>x</int></value>"],
    ["a fraction for an int", "<value><int>1.5</int></value>"],
    ["an int beyond all integers", "<value><int>99999999999999999999</int></value>"],
    ["infinity", "<value><double>inf</double></value>"],
    ["two types", "<value><int>1</int><int>1</int></value>"],
    ["text beside a type", "<value>a<int>1</int></value>"],
    ["elements in a string", "<value><string><b/></string></value>"],
    ["a member without a value", "<value><struct><member><name>a</name></member></struct></value>"],
    ["half of base64", "<value><base64>abc</base64></value>"],
    ["a day that is none", "<value><dateTime.iso8601>20261399T99:99:99</dateTime.iso8601></value>"],
  ];
  for (const [what, xml] of refused) {
    it(`reading: refuses ${what}`, () => assert.throws(() => valueIn(xml), XmlError));
  }

  it("any value: comes back as it was written", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        assert.deepEqual(decodeAnswer(bytes(encodeAnswer(value))), { value });
        assert.deepEqual(decodeCall(bytes(encodeCall({ method: "a.b", params: [value, 1] }))), {
          method: "a.b",
          params: [value, 1],
        });
      }),
      { numRuns: 300 },
    );
  });

  it("any text: what is written is XML", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (one) => {
        assert.doesNotThrow(() => decodeAnswer(bytes(encodeAnswer(one))));
      }),
    );
  });

  it("what cannot be said is an error of ours, not a number", () => {
    assert.throws(() => encodeValue(Number.NaN), TypeError);
    assert.throws(() => encodeValue(Infinity), TypeError);
  });
});

describe("the XML of XML-RPC", () => {
  const refused: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["no XML", "hello"],
    ["a document type", "<!DOCTYPE a><a/>"],
    ["an entity of its own", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'],
    ["the billion laughs", '<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>'],
    ["an entity nobody knows", "<a>&nbsp;</a>"],
    ["a property of objects as an entity", "<a>&toString;</a>"],
    ["a lone ampersand", "<a>& b</a>"],
    ["a processing instruction", "<?php x?><a/>"],
    ["a processing instruction inside", "<a><?x y?></a>"],
    ["the character NUL", "<a>\0</a>"],
    ["NUL by number", "<a>&#0;</a>"],
    ["half of a pair by number", "<a>&#xD800;</a>"],
    ["a number beyond all characters", "<a>&#x110000;</a>"],
    ["an encoding of two bytes", '<?xml version="1.0" encoding="utf-16"?><a/>'],
    ["an encoding that nobody knows", '<?xml version="1.0" encoding="nonsense"?><a/>'],
    ["two roots", "<a/><b/>"],
    ["text before it", "x<a/>"],
    ["text after it", "<a/>x"],
    ["an end without a beginning", "</a>"],
    ["the wrong end", "<a></b>"],
    ["no end", "<a><b></b>"],
    ["half a tag", "<a"],
    ["a comment without an end", "<a><!-- </a>"],
    ["CDATA without an end", "<a><![CDATA[ </a>"],
    ["too deep", `${"<a>".repeat(200)}${"</a>".repeat(200)}`],
    ["too many", `<a>${"<b/>".repeat(60_000)}</a>`],
  ];
  for (const [what, xml] of refused) {
    it(`refuses ${what}`, () => assert.throws(() => parseXml(bytes(xml)), XmlError));
  }

  it("refuses what is not UTF-8, and declares nothing else", () => {
    assert.throws(() => parseXml(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0x3c])), XmlError);
    for (const declaration of [
      "",
      '<?xml version="1.0"?>',
      "<?xml version='1.0' encoding='utf-8'?>",
    ])
      assert.throws(() => parseXml(Buffer.from(`${declaration}<a>é</a>`, "latin1")), XmlError);
    const inside = Buffer.from("<a><?xml version='1.0' encoding='iso-8859-1'?>é</a>", "latin1");
    assert.throws(() => parseXml(inside), XmlError);
  });

  it("reads UTF-8 whatever is declared, and else what is declared", () => {
    for (const [encoding, bytesOfIt] of [
      ["iso-8859-1", [0xe9]],
      ["ISO-8859-1", [0xc3, 0xa9]],
      ["latin1", [0xe9]],
      ["Windows-1252", [0xe9]],
      ["koi8-r", [0xc3, 0xa9]],
      ["us-ascii", [0xc3, 0xa9]],
    ] as const) {
      const xml = Buffer.concat([
        bytes(`<?xml version="1.0" encoding="${encoding}" standalone='yes'?>\n<a>`),
        Buffer.from(bytesOfIt),
        bytes("</a>"),
      ]);
      assert.equal(parseXml(xml).text, "é", encoding);
    }
  });

  it("reads a declaration and a byte order mark", () => {
    const xml = '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<a>é</a>\n';
    assert.deepEqual(parseXml(bytes(xml)), { name: "a", children: [], text: "é" });
  });

  it("any bytes: read, or refused in its own words", () => {
    const whole = bytes(encodeCall({ method: "supervisor.a", params: ["x", [1, { b: true }]] }));
    const broken = fc
      .tuple(fc.nat(whole.length), fc.nat(whole.length), fc.uint8Array({ maxLength: 8 }))
      .map(([a, b, middle]) =>
        Buffer.concat([whole.subarray(0, a), middle, whole.subarray(Math.max(a, b))]),
      );
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), broken), (input) => {
        for (const read of [parseXml, decodeCall, decodeAnswer]) {
          try {
            read(input);
          } catch (error) {
            assert.ok(error instanceof XmlError, String(error));
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("long input: is read in a time that grows with its length", () => {
    const hard = [
      `<a ${'b="c" '.repeat(100_000)}`,
      `<${"a".repeat(500_000)}`,
      `<a>${"&".repeat(1)}${"a".repeat(500_000)}</a>`,
      `<?xml version="1.0" ${" ".repeat(500_000)}`,
      `<a ${" ".repeat(500_000)}`,
      `<a><!--${"-".repeat(500_000)}`,
    ];
    for (const xml of hard) assert.throws(() => parseXml(bytes(xml)), XmlError);
  });
});

describe("the layout of XML-RPC", () => {
  interface Exchange {
    readonly request: string;
    readonly response: string;
  }
  const file = path.join(root, "test/control/golden/http.json");
  const { exchanges } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly exchanges: readonly Exchange[];
  };
  const bodyOf = (message: string) => message.slice(message.indexOf("\r\n\r\n") + 4);

  it("answers: as supervisord writes them, byte for byte", () => {
    const bodies = exchanges
      .map(({ response }) => bodyOf(response))
      .filter((body) => body.startsWith("<?xml") && !body.includes("TIME"));
    assert.ok(bodies.length >= 8);
    for (const body of bodies) {
      const read = decodeAnswer(bytes(body));
      const again = "fault" in read ? encodeFault(read.fault) : encodeAnswer(read.value);
      assert.equal(again, body);
    }
  });

  it("calls: as Python writes them, byte for byte", () => {
    const bodies = exchanges
      .map(({ request }) => bodyOf(request))
      .filter((body) => body.startsWith("<?xml version='1.0'?>\n"));
    assert.ok(bodies.length >= 8);
    for (const body of bodies) assert.equal(encodeCall(decodeCall(bytes(body))), body);
  });

  it("Python: reads what is written, and writes what is read", { skip: noPython }, () => {
    const plain = fc.letrec<{ value: RpcValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        text.filter((one) => !one.includes("\r")), // which Python itself loses
        fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }),
        fc.boolean(),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(
          text.filter((one) => !one.includes("\r")),
          tie("value"),
          {
            maxKeys: 3,
            noNullPrototype: true,
          },
        ),
      ),
    })).value;
    const values = fc.sample(plain, 100);
    const code = `
import xmlrpc.client
def answer(xml):
    params, method = xmlrpc.client.loads(xml)
    return [params[0], xmlrpc.client.dumps(params, methodresponse=True)]`;
    const answers = askPython(code, values.map(encodeAnswer)) as [RpcValue, string][];
    for (const [i, [read, written]] of answers.entries()) {
      assert.deepEqual(read, values[i]);
      assert.equal(written, encodeAnswer(values[i] as RpcValue));
    }
  });
});
