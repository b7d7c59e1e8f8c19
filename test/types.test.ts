/** The types of the published package, as the compilers of its users see them. */
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import type ts from "typescript";
import { commonUser, moduleUser } from "./support/package-users.ts";
import { installPackage } from "./support/installed-package.ts";

type TypeScript = typeof ts;

const load = createRequire(import.meta.url);
const compilers = ["typescript-5.4", "typescript-5.9", "typescript"] as const;

const resolutions = [
  { module: "NodeNext", moduleResolution: "NodeNext" },
  { module: "Node16", moduleResolution: "Node16" },
  { module: "ESNext", moduleResolution: "Bundler" },
] as const;

describe("the types of the package", () => {
  let directory = "";

  before(() => {
    directory = installPackage();
    writeFileSync(path.join(directory, "user.mts"), moduleUser);
    writeFileSync(path.join(directory, "user.cts"), commonUser);
  });

  after(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  for (const name of compilers) {
    const compiler = load(name) as TypeScript;
    const compile = compilerOf(compiler);
    for (const { module, moduleResolution } of resolutions) {
      it(`compile with TypeScript ${compiler.version}, ${moduleResolution}`, () => {
        // a CommonJS module may require ES modules from TypeScript 5.8 on, with NodeNext
        const hasRequire = module === "NodeNext" && !compiler.version.startsWith("5.4");
        const files = ["user.mts", ...(hasRequire ? ["user.cts"] : [])];
        const errors = compile(directory, files, {
          module: compiler.ModuleKind[module],
          moduleResolution: compiler.ModuleResolutionKind[moduleResolution],
        });
        assert.deepEqual(errors, []);
      });
    }
  }
});

type Compile = (
  directory: string,
  files: readonly string[],
  options: ts.CompilerOptions,
) => readonly string[];

/**
 * Returns a function that checks files, and every declaration that they use, and returns the errors.
 * The declarations of Node, the language and zod are most of the work: what two resolutions share of
 * them is checked once.
 */
function compilerOf(compiler: TypeScript): Compile {
  const parsed = new Map<string, ts.SourceFile | undefined>();
  const checked = new Set<string>();
  return (directory, files, { module, moduleResolution }) => {
    const options: ts.CompilerOptions = {
      target: compiler.ScriptTarget.ES2022,
      lib: ["lib.es2022.d.ts"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      declaration: true, // types that are inferred have names, too
      noEmit: true,
      ...(module !== undefined && { module }),
      ...(moduleResolution !== undefined && { moduleResolution }),
    };
    const host = compiler.createCompilerHost(options);
    const read = host.getSourceFile.bind(host);
    host.getCurrentDirectory = () => directory;
    host.getSourceFile = (file, how, ...rest) => {
      if (!/\/(?:@types\/node|typescript[^/]*\/lib)\//.test(file)) return read(file, how, ...rest);
      const key = `${file} ${JSON.stringify(how)}`;
      if (!parsed.has(key)) parsed.set(key, read(file, how, ...rest));
      return parsed.get(key);
    };
    const roots = files.map((file) => path.join(directory, file));
    const program = compiler.createProgram(roots, options, host);
    const sources = program.getSourceFiles().filter(({ fileName }) => {
      if (/\/node_modules\/libsupervisor\/|\/user\.[cm]ts$/.test(fileName)) return true;
      return !checked.has(fileName) && checked.add(fileName);
    });
    const errors = [
      ...program.getOptionsDiagnostics(),
      ...program.getGlobalDiagnostics(),
      ...sources.flatMap((source): readonly ts.Diagnostic[] =>
        program.getSyntacticDiagnostics(source),
      ),
      ...sources.flatMap((source) => program.getSemanticDiagnostics(source)),
      ...sources.flatMap((source) =>
        source.isDeclarationFile ? [] : program.getDeclarationDiagnostics(source),
      ),
    ];
    return errors.map((diagnostic) => {
      const place = diagnostic.file
        ? `${path.relative(directory, diagnostic.file.fileName)}:${diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line + 1}: `
        : "";
      return `${place}${compiler.flattenDiagnosticMessageText(diagnostic.messageText, "\n")}`;
    });
  };
}
