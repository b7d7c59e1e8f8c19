/** What an editor shows and completes: asks TypeScript's language service about a small file. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import ts from "typescript";
import { installPackage } from "./support/installed-package.ts";

/** A bar marks each place that the tests ask about; they number the places from 0. */
const text = `
import { Supervisor, type SupervisorSettings } from "libsupervisor";
const supervisor = new Supervisor({
  programs: {
    web: { command: "node server.js", stop|waitsecs: 5 },
    worker: { command: "node worker.js", | },
  },
});
await supervisor.start("|");
supervisor.select("web", "|");
const settings: SupervisorSettings = { ident|ifier: "shop", programs: { api: { | } } };
await new Supervisor(settings).restart("|");
export const { stop|signal } = supervisor.programs.get("web")!.settings;
`;

describe("an editor", () => {
  let directory = "";
  let service: ts.LanguageService;
  const file = "small.mts";
  const parts = text.split("|");
  const places = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join("").length);

  before(() => {
    directory = installPackage();
    service = serve(directory, file, parts.join(""));
  });

  after(() => {
    service.dispose();
    rmSync(directory, { recursive: true, force: true });
  });

  /** The type and the words that appear when the pointer is on a place. */
  function hover(place: number): string {
    const info = service.getQuickInfoAtPosition(
      path.join(directory, file),
      places[place] as number,
    );
    return `${ts.displayPartsToString(info?.displayParts)}\n${ts.displayPartsToString(info?.documentation)}`;
  }

  /** The names that are offered at a place. */
  function completions(place: number): readonly string[] {
    const at = places[place] as number;
    const found = service.getCompletionsAtPosition(path.join(directory, file), at, {});
    return (found?.entries ?? []).map(({ name }) => name);
  }

  it("shows the type, the text, the default and the unit of a setting", () => {
    assert.equal(
      hover(0),
      [
        "(property) ProgramSettings.stopwaitsecs?: number | undefined",
        "The time that the process, and then the processes that it leaves behind, have to stop before",
        "SIGKILL. Expects a number of seconds, 0 or more.",
        "",
        "Default: `10` · Unit: seconds · supervisord: `stopwaitsecs` of `[program:x]`",
      ].join("\n"),
    );
    assert.match(
      hover(4),
      /^\(property\) SupervisorSettings\.identifier\?: string \| undefined\nA name/,
    );
  });

  it("shows the type and the text of a setting with its default filled in", () => {
    const shown = hover(7);
    assert.match(shown, /^const stopsignal: Signal\nThe signal that asks the process to stop\.\n/);
    assert.doesNotMatch(shown, /Default/);
  });

  it("completes the settings of a program", () => {
    for (const place of [1, 5]) {
      const names = completions(place);
      for (const name of ["startsecs", "autorestart", "stdout_logfile", "environment"]) {
        assert.ok(names.includes(name), `${place}: no ${name} in ${names.join(" ")}`);
      }
    }
    assert.ok(!completions(1).includes("command"), "it is there already");
  });

  it("completes the names of the programs", () => {
    assert.deepEqual(completions(2).toSorted(), ["all", "web", "worker"]);
    assert.deepEqual(completions(3).toSorted(), ["all", "web", "worker"]);
    assert.ok(!completions(6).includes("api"), "the type of the settings does not say the names");
  });
});

/** A language service for one file in a directory. */
function serve(directory: string, file: string, source: string): ts.LanguageService {
  const name = path.join(directory, file);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    types: ["node"],
    strict: true,
  };
  return ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [name],
    getScriptVersion: () => "1",
    getScriptSnapshot: (other) => {
      const content = other === name ? source : ts.sys.readFile(other);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => directory,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (other) => other === name || ts.sys.fileExists(other),
    readFile: (other) => (other === name ? source : ts.sys.readFile(other)),
    realpath: (other) => ts.sys.realpath?.(other) ?? other,
    directoryExists: (other) => ts.sys.directoryExists(other),
    getDirectories: (other) => ts.sys.getDirectories(other),
  });
}
