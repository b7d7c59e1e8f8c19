import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Fault, decodeAnswer, encodeCall } from "../../../src/cli/ctl/codec.ts";
import { askPython, noPython } from "../../support/python.ts";
import { xml } from "./helpers.ts";

const answer = (value: string) =>
  decodeAnswer(
    Buffer.from(
      `<methodResponse><params><param><value>${value}</value></param></params></methodResponse>`,
    ),
  );

describe("the codec", () => {
  it("is understood by Python, and understands it", { skip: noPython }, () => {
    const said = ["a<b>&\"'", "ü🙂", "line\nend", "", " b ", 7, -7, true, [1, ["x"]], { a: 1 }, []];
    const python = `
import xmlrpc.client
def answer(call):
    params, method = xmlrpc.client.loads(call)
    return xmlrpc.client.dumps((params,), methodresponse=True)`;
    const [echo] = askPython(python, [encodeCall("supervisor.x", said).toString()]) as [string];
    assert.deepEqual(decodeAnswer(Buffer.from(echo)), said);
  });

  it("throws a fault with its number and its text", () => {
    const fault = xml({ faultCode: 10, faultString: "BAD_NAME: a&b" });
    const body = `<methodResponse><fault><value>${fault}</value></fault></methodResponse>`;
    assert.throws(
      () => decodeAnswer(Buffer.from(body)),
      (error) => {
        assert.ok(error instanceof Fault);
        assert.equal(error.code, 10);
        assert.equal(error.message, "BAD_NAME: a&b");
        return true;
      },
    );
  });

  it("reads logs with characters that are none of XML, which supervisord sends as they are", () => {
    assert.equal(answer("<string>\x1b[31mred\x1b[0m\0</string>"), "\x1b[31mred\x1b[0m\0");
  });

  it("reads answers of any size", () => {
    const many = Array.from({ length: 60_000 }, (_, number) => number);
    assert.deepEqual(answer(xml(many)), many);
  });
});
