/** The package as it is published: packed, and unpacked in a directory of its own. */
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "./processes.ts";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Installs the package, its dependencies and Node's types in a new directory, which the caller has
 * to remove.
 */
export function installPackage(): string {
  // the real path: on some systems the folder for temporary files is behind a link
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "libsupervisor-package-")));
  const installed = path.join(directory, "node_modules/libsupervisor");
  // dist is there already: built by pretest, and being rebuilt it would be missing for other tests
  const [packed] = JSON.parse(
    npm(["pack", "--ignore-scripts", "--json", "--pack-destination", directory]),
  ) as { readonly filename: string }[];
  execFileSync("tar", ["-xzf", packed?.filename ?? ""], { cwd: directory });
  mkdirSync(path.dirname(installed), { recursive: true });
  cpSync(path.join(directory, "package"), installed, { recursive: true });
  // what npm would install beside it, without asking a registry
  const manifest = readFileSync(path.join(installed, "package.json"), "utf8");
  const { dependencies } = JSON.parse(manifest) as Manifest;
  for (const name of [...Object.keys(dependencies), "@types/node"]) {
    const to = path.join(directory, "node_modules", name);
    mkdirSync(path.dirname(to), { recursive: true });
    symlinkSync(path.join(root, "node_modules", name), to, "junction");
  }
  writeFileSync(path.join(directory, "package.json"), '{ "private": true }\n');
  return directory;
}

function npm(args: readonly string[]): string {
  const npmCli = process.env["npm_execpath"];
  const options = { cwd: root, encoding: "utf8" } as const;
  return npmCli?.endsWith(".js")
    ? execFileSync(process.execPath, [npmCli, ...args], options)
    : execFileSync("npm", args, { ...options, shell: process.platform === "win32" });
}
