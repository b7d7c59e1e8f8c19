/** Returns the value of `%(name)s`; undefined for an unknown name. */
export type Names = (name: string) => string | number | undefined;

/** The expanded text, or a description of the error in it. */
export type Expanded = { readonly text: string } | { readonly problem: string };

// a Python conversion: %(name), flags, width, precision, length modifier, type
const CONVERSION = /(?<!%)(%*)%(\((\w+)\)([-#0 +]*)(\d*)(?:\.(\d+))?[hlL]?([a-zA-Z]))/g;
/** The names that are expanded, as a regular expression. */
const NAMES = String.raw`(?:program_name|process_num|numprocs|group_name|host_node_name|here|ENV_\w+)`;
const KNOWN = new RegExp(`^${NAMES}$`);

/** What follows the percent sign of a conversion that is expanded, as a regular expression. */
export const KNOWN_CONVERSION = String.raw`\(${NAMES}\)[-#0 +]*\d*(?:\.\d+)?[hlL]?[a-zA-Z]`;

/** The largest useful field width: a larger width would only fill the memory. */
export const WIDEST = 1000;

/**
 * Expands supervisord's names, with Python's printf conversions (`%(process_num)02d`). Only these
 * names: any other percent sign is ordinary text. To write such a conversion itself, double its
 * percent sign: in a sequence of percent signs before one of these names, two become one.
 */
export function expand(text: string, names: Names): Expanded {
  if (!text.includes("%(")) return { text };
  let problem: string | undefined;
  const expanded = text.replaceAll(
    CONVERSION,
    (
      match: string,
      before: string,
      conversion: string,
      name: string,
      flags: string,
      width: string,
      precision: string | undefined,
      type: string,
    ) => {
      if (!KNOWN.test(name)) return match;
      const percents = "%".repeat(Math.ceil(before.length / 2));
      if (before.length % 2 === 1) return percents + conversion;
      const value = names(name);
      if (value === undefined) {
        problem ??= name.startsWith("ENV_")
          ? `%(${name})s: the environment variable ${name.slice(4)} is not set`
          : `%(${name})s has no meaning here`;
        return match;
      }
      const formatted = formatConversion(value, flags, Number(width), precision, type);
      if (formatted === undefined)
        problem ??= `%${conversion}: no such conversion of ${name.startsWith("ENV_") ? "text" : JSON.stringify(value)}`;
      return percents + (formatted ?? match);
    },
  );
  return problem === undefined ? { text: expanded } : { problem };
}

/**
 * Whether a text uses the environment. The environment is full of secrets, so that errors show such
 * a text as it was written.
 */
export function hasVariables(text: string): boolean {
  return text.includes("%(ENV_");
}

/** Performs one conversion as Python does; undefined for an unknown conversion. */
export function formatConversion(
  value: string | number,
  flags: string,
  width: number,
  precision: string | undefined,
  type: string,
): string | undefined {
  let sign = "";
  let body: string;
  if (width > WIDEST) return undefined;
  if (type === "s") {
    body = String(value).slice(0, precision === undefined ? undefined : Number(precision));
  } else if (typeof value === "number" && "diuxXo".includes(type)) {
    if (Number(precision ?? 0) > WIDEST) return undefined;
    const base = { x: 16, X: 16, o: 8 }[type] ?? 10;
    body = Math.abs(value)
      .toString(base)
      .padStart(Number(precision ?? 0), "0");
    if (type === "X") body = body.toUpperCase();
    if (value < 0) sign = "-";
    else if (flags.includes("+")) sign = "+";
    else if (flags.includes(" ")) sign = " ";
    if (flags.includes("#") && base !== 10) sign += `0${type}`;
  } else return undefined;
  const room = width - sign.length;
  if (flags.includes("-")) return sign + body.padEnd(room);
  return flags.includes("0") && type !== "s"
    ? sign + body.padStart(room, "0")
    : (sign + body).padStart(width);
}
