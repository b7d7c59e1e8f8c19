import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { atMost } from "./helpers.mjs";

export const file = import.meta.url;
export const rounds = 9;

const COUNT = 10_000;

export const tables = [
  {
    title: `config: a file with ${COUNT} programs`,
    columns: [{ name: "ms" }, { name: "CPU ms" }, { name: "KB per program" }],
    bare: ["configparser"],
    rows: {
      configparser: { reader: "configparser", program: "python3" },
      libsupervisor: { reader: "libsupervisor", count: COUNT },
      "libsupervisor, a tenth": { reader: "libsupervisor", count: COUNT / 10 },
    },
    aims: [atMost(1000, "ms", "libsupervisor")],
  },
];

const PYTHON = `
import configparser, json, sys, time
started, cpu = time.perf_counter(), time.process_time()
parser = configparser.RawConfigParser(inline_comment_prefixes=(';', '#'), strict=False)
parser.read(sys.argv[1])
print(json.dumps({'ms': (time.perf_counter() - started) * 1000, 'CPU ms': (time.process_time() - cpu) * 1000}))
`;

/** configparser only takes the file apart: it is the floor, without values, names and checks. */
export async function measure({ reader, count = COUNT }) {
  const directory = mkdtempSync(join(tmpdir(), "bench-config-"));
  try {
    const path = join(directory, "supervisord.conf");
    writeFileSync(path, `[supervisord]\n${Array.from({ length: count }, section).join("\n")}`);
    return reader === "configparser"
      ? JSON.parse(execFileSync("python3", ["-c", PYTHON, path], { encoding: "utf8" }))
      : await load(path, count);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function load(path, count) {
  const { loadConfig } = await import("../../dist/config/index.js");
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  const cpuBefore = process.cpuUsage();
  const started = performance.now();
  const config = await loadConfig(path);
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(cpuBefore);
  globalThis.gc();
  const held = process.memoryUsage().heapUsed - before;
  if (Object.keys(config.programs).length !== count) throw new Error("programs were lost");
  return { ms, "CPU ms": (user + system) / 1000, "KB per program": held / 1024 / count };
}

function section(_, i) {
  return `[program:worker${i}]
command=/usr/bin/node /srv/app/worker.mjs --queue %(program_name)s --port 80%(process_num)02d
process_name=%(program_name)s_%(process_num)02d
autostart=true
startsecs=5 ; seconds
environment=HOME="%(here)s",MODE="production"
stdout_logfile=/tmp/%(program_name)s.log
redirect_stderr=true
`;
}
