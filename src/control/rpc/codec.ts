import { escapeXml, parseXml, XmlError, type Element } from "./xml.ts";

/** Values that XML-RPC can carry. */
export type RpcValue =
  | string
  | number
  | boolean
  | Date
  | Uint8Array
  | readonly RpcValue[]
  | { readonly [name: string]: RpcValue };

/** A call of a method. */
export interface RpcCall {
  /** The name with its namespace: `supervisor.getState`. */
  readonly method: string;
  /** The parameters in their order. */
  readonly params: readonly RpcValue[];
}

/** An answer that tells what went wrong. */
export interface RpcFault {
  /** The number of the fault. */
  readonly faultCode: number;
  /** The text of the fault. */
  readonly faultString: string;
}

const PROLOGUE = "<?xml version='1.0'?>\n";

/**
 * Reads a `methodCall`.
 * @throws {XmlError} and nothing else, whatever the bytes
 */
export function decodeCall(bytes: Uint8Array): RpcCall {
  const root = expectName(parseXml(bytes), "methodCall");
  const method = optionalChild(root, "methodName")?.text.trim();
  if (!method) throw new XmlError("There is no methodName");
  return { method, params: paramsOf(optionalChild(root, "params")) };
}

/** The content of a `methodResponse`. */
export type RpcAnswer =
  | {
      /** The result of the method. */
      readonly value: RpcValue;
    }
  | {
      /** The fault, if the call failed. */
      readonly fault: RpcFault;
    };

/**
 * Reads a `methodResponse`: its value, or its fault.
 * @throws {XmlError} and nothing else, whatever the bytes
 */
export function decodeAnswer(bytes: Uint8Array): RpcAnswer {
  const root = expectName(
    parseXml(bytes, { maxElements: Infinity, isLenient: true }),
    "methodResponse",
  );
  const fault = optionalChild(root, "fault");
  if (fault) {
    const value = valueOf(requiredChild(fault, "value"));
    if (!isStruct(value)) throw new XmlError("A fault is a struct");
    const { faultCode, faultString } = value;
    if (typeof faultCode !== "number" || typeof faultString !== "string")
      throw new XmlError("A fault has a code and a text");
    return { fault: { faultCode, faultString } };
  }
  const [value, ...more] = paramsOf(optionalChild(root, "params"));
  if (value === undefined || more.length > 0) throw new XmlError("An answer is one value");
  return { value };
}

/** A `methodCall`, byte for byte as Python's xmlrpc.client writes it. */
export function encodeCall({ method, params }: RpcCall): string {
  const values = params.map((param) => `<param>\n${encodeValue(param)}</param>\n`).join("");
  const name = escapeXml(method);
  return `${PROLOGUE}<methodCall>\n<methodName>${name}</methodName>\n<params>\n${values}</params>\n</methodCall>\n`;
}

/** A `methodResponse`, byte for byte as supervisord writes it. */
export function encodeAnswer(value: RpcValue): string {
  return `${PROLOGUE}<methodResponse>\n<params>\n<param>\n${encodeValue(value)}</param>\n</params>\n</methodResponse>\n`;
}

/** A `methodResponse` with a fault. */
export function encodeFault({ faultCode, faultString }: RpcFault): string {
  const value = encodeValue({ faultCode, faultString });
  return `${PROLOGUE}<methodResponse>\n<fault>\n${value}</fault>\n</methodResponse>\n`;
}

/** A `value` element. @throws {TypeError} if XML-RPC cannot carry the value */
export function encodeValue(value: RpcValue): string {
  return `<value>${contentOf(value)}</value>\n`;
}

export function isStruct(value: RpcValue | undefined): value is Record<string, RpcValue> {
  return (
    typeof value === "object" &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}

function contentOf(value: RpcValue): string {
  if (typeof value === "string") return `<string>${escapeXml(value)}</string>`;
  if (typeof value === "boolean") return `<boolean>${value ? 1 : 0}</boolean>`;
  if (typeof value === "number") return number(value);
  if (value instanceof Date) return `<dateTime.iso8601>${isoOf(value)}</dateTime.iso8601>`;
  if (value instanceof Uint8Array) {
    const lines =
      Buffer.from(value)
        .toString("base64")
        .match(/.{1,76}/g) ?? [];
    return `<base64>\n${lines.map((line) => `${line}\n`).join("")}</base64>`;
  }
  if (isStruct(value)) {
    const members = Object.entries(value).map(
      ([name, member]) =>
        `<member>\n<name>${escapeXml(name)}</name>\n${encodeValue(member)}</member>\n`,
    );
    return `<struct>\n${members.join("")}</struct>`;
  }
  return `<array><data>\n${value.map(encodeValue).join("")}</data></array>`;
}

function number(value: number): string {
  if (!Number.isFinite(value)) throw new TypeError(`XML-RPC cannot carry ${value}`);
  const isInt = Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0);
  return isInt
    ? `<int>${value}</int>`
    : `<double>${Object.is(value, -0) ? "-0.0" : value}</double>`;
}

function isoOf(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll("-", "");
}

function paramsOf(params: Element | undefined): RpcValue[] {
  return (params?.children ?? []).map((param) =>
    valueOf(requiredChild(expectName(param, "param"), "value")),
  );
}

/** Text without a type is a string, with all its spaces. */
function valueOf(value: Element): RpcValue {
  const [typed, ...more] = expectName(value, "value").children;
  if (!typed) return value.text;
  if (more.length > 0 || value.text.trim() !== "") throw new XmlError("A value has one type");
  const { name, text, children } = typed;
  if (name === "array") return requiredChild(typed, "data").children.map(valueOf);
  if (name === "struct") return structOf(typed);
  if (children.length > 0) throw new XmlError(`There is more than text in <${name}>`);
  switch (name) {
    case "string":
      return text;
    case "int":
    case "i4":
      return integer(text);
    case "double":
      return double(text);
    case "boolean":
      return integer(text) !== 0;
    case "base64":
      return base64(text);
    case "dateTime.iso8601":
      return dateOf(text);
    default:
      throw new XmlError(`There is no type ${name.slice(0, 40)}`);
  }
}

function structOf({ children }: Element): RpcValue {
  const members = children.map((child): [string, RpcValue] => {
    const member = expectName(child, "member");
    if (member.children.length !== 2) throw new XmlError("A member is a name and a value");
    return [requiredChild(member, "name", 2).text, valueOf(requiredChild(member, "value", 2))];
  });
  return Object.fromEntries(members); // which takes `__proto__` as a plain name, too
}

function integer(text: string): number {
  const value = /^\s*[+-]?\d{1,20}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new XmlError("Expected an integer");
  return value + 0; // no -0
}

function double(text: string): number {
  const isNumber = /^\s*[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,4})?\s*$/;
  const value = isNumber.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) throw new XmlError("Expected a number");
  return value;
}

function base64(text: string): Uint8Array {
  const packed = text.replaceAll(/\s+/g, "");
  if (packed.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(packed))
    throw new XmlError("Expected base64");
  return Buffer.from(packed, "base64");
}

function dateOf(text: string): Date {
  const [, year, month, day, time] =
    /^\s*(\d{4})-?(\d\d)-?(\d\d)T(\d\d:\d\d:\d\d)\s*$/.exec(text) ?? [];
  const date = new Date(`${year}-${month}-${day}T${time}Z`);
  if (Number.isNaN(date.getTime())) throw new XmlError("Expected a date");
  return date;
}

function expectName(element: Element, name: string): Element {
  if (element.name === name) return element;
  throw new XmlError(`Expected <${name}>, got <${element.name.slice(0, 40)}>`);
}

/** The child of that name, which may be missing. */
function optionalChild({ children }: Element, name: string): Element | undefined {
  const [found, ...more] = children.filter((child) => child.name === name);
  if (more.length > 0) throw new XmlError(`There is more than one <${name}>`);
  return found;
}

/** The child of that name, where the element must have so many children. */
function requiredChild(element: Element, name: string, children = 1): Element {
  const found = optionalChild(element, name);
  if (!found || element.children.length !== children) throw new XmlError(`Expected one <${name}>`);
  return found;
}
