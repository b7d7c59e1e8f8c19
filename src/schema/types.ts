import { type Say, described, tell } from "./option.ts";
import z from "#zod";

/** Names of processes, programs and groups: supervisord's rule, and at least one character. */
export const NAME = /^(?!__proto__$)[^\s:/]+$/;

export const NAME_RULE = "a name without blanks, colons and slashes";

export function bytes(say: Say) {
  return z
    .union([z.int(say).min(0, say), z.string().regex(/^\s*\d+\s*(?:[KMG]B)?\s*$/i, say)], say)
    .transform((value) => (typeof value === "number" ? value : parseBytes(value)));
}

function parseBytes(text: string): number {
  const unit = /[KMG](?=B)/i.exec(text)?.[0].toUpperCase() ?? "";
  return Number.parseInt(text, 10) * 1024 ** " KMG".indexOf(unit || " ");
}

export function seconds(preset: number, summary: string) {
  return described({ expected: "a number of seconds, 0 or more", unit: "s", summary }, (say) =>
    z.number(say).min(0, say).default(preset),
  );
}

export function octal(say: Say) {
  const digits = z.string().regex(/^(?:0o)?0*[0-7]{1,3}$/, say);
  return z
    .union([digits, z.int(say).min(0, say).max(0o777, say)], say)
    .transform((value) =>
      typeof value === "number" ? value : Number.parseInt(value.replace("0o", ""), 8),
    );
}

export function priority(summary: string) {
  return described({ expected: "a whole number", summary }, (say) => z.int(say).default(999));
}

export function name() {
  return z.string().regex(NAME, tell(NAME_RULE));
}

/** A host's name or address, without a scheme, a port, a path or a wildcard. */
export const HOST_NAME = /^(?:[^\s:/?#@[\]*,]+|[\da-f.]*:[\da-f.]*:[\da-f:.]*)$/i;
