/** The real supervisorctl, and the Python that it runs with. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { root } from "./processes.ts";

/** As soon as what was written matches: what is typed, the end of the input (null), or Ctrl-C (true). */
export type Step = readonly [pattern: string, what: string | null | true];

/** What a run has written, and its exit status. */
export interface Told {
  readonly out: string;
  readonly err: string;
  readonly status: number;
}

/** The Python that supervisorctl runs with, if it is installed. */
export const python = interpreter();

/** Why a comparison with supervisorctl cannot be made here, or false. */
export const noSupervisor: string | false =
  python === undefined ? "supervisor is not installed" : false;

/** The Python that supervisorctl runs with: it is not always the first one. */
function interpreter(): string | undefined {
  const places = (process.env["PATH"] ?? "").split(path.delimiter);
  const file = places.map((place) => path.join(place, "supervisorctl")).find(existsSync);
  const first = file === undefined ? "" : readFileSync(file, "utf8").split("\n", 1)[0];
  const [, found] = /^#!\s*(\S+)/.exec(first ?? "") ?? [];
  const isUsable =
    found !== undefined && spawnSync(found, ["-c", "import supervisor.supervisorctl"]).status === 0;
  return isUsable ? found : undefined;
}

/** All options that supervisord or supervisorctl knows, each with a value if it takes one. */
export function optionsOf(
  command: "ServerOptions" | "ClientOptions",
): (readonly [option: string] | readonly [option: string, value: string])[] {
  const program = `import json, supervisor.options as o
options = o.${command}()
print(json.dumps(["-" + s for s in options.short_options] + ["--" + l for l in options.long_options]))`;
  const { stdout } = spawnSync(python ?? "", ["-c", program], { encoding: "utf8" });
  return (JSON.parse(stdout) as string[]).map((option) => {
    const name = option.replace(/[:=]$/, "");
    return name === option ? [name] : [name, "http://1"];
  });
}

/** Answers lines of JSON by a Python program that has supervisor's own modules. */
export class Answers {
  readonly #child;
  readonly #lines;
  #last: Promise<unknown> = Promise.resolve();

  /** @param fixture a file of test/fixtures */
  constructor(fixture: string, env: NodeJS.ProcessEnv = process.env) {
    const file = path.join(root, "test/fixtures", fixture);
    const stdio = ["pipe", "pipe", "inherit"] as const;
    this.#child = spawn(python ?? "python3", ["-u", file], { stdio: [...stdio], env });
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  /** One after the other, in the order of the questions. */
  async ask(question: unknown): Promise<unknown> {
    const answer = this.#last.then(async () => {
      this.#child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value } = await this.#lines.next();
      return JSON.parse(String(value)) as unknown;
    });
    this.#last = answer.catch(() => {});
    return answer;
  }

  close(): void {
    this.#child.stdin.end();
  }
}

/** Runs of supervisorctl. */
export class Supervisorctl {
  readonly #answers: Answers;

  constructor(env?: NodeJS.ProcessEnv) {
    this.#answers = new Answers("supervisorctl.py", env);
  }

  async run(args: readonly string[], steps: readonly Step[] = [["", null]]): Promise<Told> {
    const [out, err, status] = (await this.#answers.ask([args, steps])) as [string, string, number];
    return { out, err, status };
  }

  close(): void {
    this.#answers.close();
  }
}
