import { type Messages, expected } from "./messages.ts";
import { described } from "./option.ts";
import z from "#zod";

/** Names of processes, programs and groups: supervisord's rule, and at least one character. */
export const NAME = /^(?!__proto__$)[^\s:/]+$/;

export const NAME_RULE = "a name without blanks, colons and slashes";

export function bytes(messages: Messages) {
  return z
    .union(
      [z.int(messages).min(0, messages), z.string().regex(/^\s*\d+\s*(?:[KMG]B)?\s*$/i, messages)],
      messages,
    )
    .transform((value) => (typeof value === "number" ? value : parseBytes(value)));
}

function parseBytes(text: string): number {
  const unit = /[KMG](?=B)/i.exec(text)?.[0].toUpperCase() ?? "";
  return Number.parseInt(text, 10) * 1024 ** " KMG".indexOf(unit || " ");
}

export function seconds(preset: number, summary: string) {
  return described({ expected: "a number of seconds, 0 or more", unit: "s", summary }, (messages) =>
    z.number(messages).min(0, messages).default(preset),
  );
}

export function octal(messages: Messages) {
  const digits = z.string().regex(/^(?:0o)?0*[0-7]{1,3}$/, messages);
  return z
    .union([digits, z.int(messages).min(0, messages).max(0o777, messages)], messages)
    .transform((value) =>
      typeof value === "number" ? value : Number.parseInt(value.replace("0o", ""), 8),
    );
}

export function priority(summary: string) {
  return described({ expected: "a whole number", summary }, (messages) =>
    z.int(messages).default(999),
  );
}

export function name() {
  return z.string().regex(NAME, expected(NAME_RULE));
}

/** A host's name or address, without a scheme, a port, a path or a wildcard. */
export const HOST_NAME = /^(?:[^\s:/?#@[\]*,]+|[\da-f.]*:[\da-f.]*:[\da-f:.]*)$/i;
