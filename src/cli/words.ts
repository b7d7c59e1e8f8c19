import { parseArgs, type ParseArgsConfig } from "node:util";
import { Refusal } from "./complain.ts";

type Parsed<T extends ParseArgsConfig> = ReturnType<typeof parseArgs<T>>["values"];

/**
 * Reads switches, where no other words are meant to be.
 * @throws {TypeError} which tells of a switch that there is not
 * @throws {Refusal} for another word: what `refuse` says of it
 */
export function readSwitches<T extends ParseArgsConfig>(
  config: T,
  refuse: (word: string) => string,
): Parsed<T> {
  try {
    return parseArgs(config).values;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL") throw error;
    const [word = ""] = parseArgs({ ...config, strict: false, allowPositionals: true }).positionals;
    throw new Refusal(refuse(word), { cause: error });
  }
}
