import { join, parse, sep } from "node:path";

/** The file system calls that a search for files uses. */
export interface Folders {
  /** Returns the names in a directory; none if the directory cannot be read. */
  readonly list: (directory: string) => readonly string[];
  readonly exists: (path: string) => boolean;
}

const MAGIC = /[*?[]/;

/** Finds the files that match a pattern, sorted, as Python's `glob.glob(pattern)`. */
export function glob(pattern: string, folders: Folders): string[] {
  if (!MAGIC.test(pattern)) return folders.exists(pattern) ? [pattern] : [];
  const { root } = parse(pattern);
  const parts = pattern.slice(root.length).replaceAll(sep, "/").split("/");
  let places = [root || "."];
  for (const [i, part] of parts.entries()) {
    if (part === "") continue;
    const isLast = i === parts.length - 1;
    places = places.flatMap((place) => {
      const whole = (name: string) => join(place, name);
      if (!MAGIC.test(part)) return isLast && !folders.exists(whole(part)) ? [] : [whole(part)];
      const isHidden = part.startsWith(".");
      return folders
        .list(place)
        .filter((name) => isHidden || !name.startsWith("."))
        .filter((name) => matches(name, part))
        .map(whole);
    });
  }
  return places.toSorted();
}

/**
 * Python's `fnmatch`, implemented by a set of positions in the pattern: takes linear time for any
 * text.
 */
export function matches(name: string, pattern: string): boolean {
  const steps = compile(pattern);
  let states = closure(new Set([0]), steps);
  for (const char of name) {
    const next = new Set<number>();
    for (const state of states) {
      const step = steps[state];
      if (step === undefined) continue;
      if (step === "*") next.add(state);
      else if (step(char)) next.add(state + 1);
    }
    states = closure(next, steps);
  }
  return states.has(steps.length);
}

type Step = "*" | ((char: string) => boolean);

function closure(states: Set<number>, steps: readonly Step[]): Set<number> {
  for (const state of states) if (steps[state] === "*") states.add(state + 1);
  return states;
}

function compile(pattern: string): Step[] {
  const chars = Array.from(pattern);
  const steps: Step[] = [];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string;
    const isNot = chars[i + 1] === "!";
    const start = i + (isNot ? 2 : 1);
    const close = char === "[" ? chars.indexOf("]", start + 1) : -1;
    if (char === "*") {
      if (steps.at(-1) !== "*") steps.push("*");
    } else if (char === "?") steps.push(() => true);
    else if (close !== -1) {
      const set = chars.slice(start, close);
      steps.push((one) => isIn(one, set) !== isNot);
      i = close;
    } else steps.push((one) => one === char);
  }
  return steps;
}

function isIn(char: string, set: readonly string[]): boolean {
  for (let i = 0; i < set.length; i++) {
    const from = set[i] as string;
    const to = set[i + 2];
    if (set[i + 1] === "-" && to !== undefined) {
      if (from <= char && char <= to) return true;
      i += 2;
    } else if (char === from) return true;
  }
  return false;
}
