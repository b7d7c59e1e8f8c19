/**
 * Reports of the public API, one for each entry point of the package: every exported name with its
 * types, as API Extractor writes them. `npm run api` writes them to test/api; a test compares.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";
import { root } from "./processes.ts";

/** The entry points, by the name of the report. */
export const entryPoints: Readonly<Record<string, string>> = {
  index: "dist/index.d.ts",
  config: "dist/config/index.d.ts",
  control: "dist/control/index.d.ts",
  testing: "dist/testing/index.d.ts",
};

/** Where the report of an entry point is kept. */
export function reportFile(name: string): string {
  return path.join(root, "test/api", `${name}.api.md`);
}

/** The report of an entry point of the built package. */
export function apiReport(name: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), "api-"));
  const silent = { default: { logLevel: ExtractorLogLevel.None } };
  const entry = path.join(root, entryPoints[name] as string);
  const config = ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: entry,
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "es2023",
            lib: ["es2023"],
            module: "nodenext",
            types: ["node"],
            typeRoots: [path.join(root, "node_modules/@types")],
            strict: true,
            skipLibCheck: true,
          },
          files: [entry],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: directory,
        reportTempFolder: path.join(directory, "temporary"),
      },
      messages: {
        compilerMessageReporting: silent,
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: path.join(root, "package.json"),
  });
  try {
    Extractor.invoke(config, {
      localBuild: true,
      messageCallback: (message) => {
        message.handled = true;
      },
    });
    return readFileSync(path.join(directory, `${name}.api.md`), "utf8").replaceAll("\r\n", "\n");
  } finally {
    rmSync(directory, { recursive: true });
  }
}
