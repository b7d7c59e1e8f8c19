import { execFileSync } from "node:child_process";
import { atMost } from "./helpers.mjs";

export const file = import.meta.url;
export const rounds = 15;

export const tables = [
  {
    title: "import: the package, and execa alone",
    columns: [{ name: "ms" }, { name: "CPU ms" }],
    bare: ["execa"],
    rows: {
      execa: { module: import.meta.resolve("execa") },
      libsupervisor: { module: import.meta.resolve("../../dist/index.js") },
    },
    aims: [atMost(1.4, "ms", "libsupervisor", "execa")],
  },
];

/** In a process that has not loaded any module of Node before. */
export function measure({ module }) {
  const script = `
    const before = performance.now();
    const cpuBefore = process.cpuUsage();
    await import(${JSON.stringify(module)});
    const { user, system } = process.cpuUsage(cpuBefore);
    console.log(JSON.stringify({ ms: performance.now() - before, "CPU ms": (user + system) / 1000 }));
  `;
  const options = ["--input-type=module", "--eval", script];
  return JSON.parse(execFileSync(process.execPath, options, { encoding: "utf8" }));
}
