import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { withFolder } from "./folder.mjs";
import { openHost } from "./hosts.mjs";
import { FRESH, atMost, isInstalled, quantile, shuffled } from "./helpers.mjs";

const BEAT = fileURLToPath(new URL("beat.bash", import.meta.url));
const OURS = "libsupervisor";

export const rounds = 1;

const peers = {
  supervisord: {
    program: "supervisord",
    start(folder, argv) {
      const file = path.join(folder, "supervisord.conf");
      writeFileSync(
        file,
        `[supervisord]
nodaemon=true
logfile=${folder}/supervisord.log
pidfile=${folder}/supervisord.pid
[program:beat]
command=${argv.join(" ")}
autorestart=true
startsecs=0
`,
      );
      launch("supervisord", ["-n", "-c", file]);
    },
  },
  runit: {
    program: "runsv",
    start(folder, argv) {
      launch("runsv", [service(folder, "runit", argv)]);
    },
  },
  s6: {
    program: "s6-supervise",
    start(folder, argv) {
      launch("s6-supervise", [service(folder, "s6", argv)]);
    },
  },
  pm2: {
    program: "pm2",
    start(folder, [file, ...args]) {
      const options = ["--name", "beat", "--interpreter", "none", "--max-restarts", "1000000"];
      execFileSync(peers.pm2.program, ["start", file, ...options, "--", ...args], {
        env: { ...process.env, PM2_HOME: path.join(folder, "pm2") },
        stdio: "ignore",
      });
    },
  },
};

const rows = Object.fromEntries(
  ["spawn", "execa", OURS].map((host) => [
    host,
    {
      start(folder, argv) {
        const options = JSON.stringify({ host, argv });
        launch(process.execPath, [FRESH, import.meta.url, options]);
      },
    },
  ]),
);

export const tables = [
  {
    title: "peers: a child fails -> the first words of the next, all supervisors at once",
    columns: [{ name: "p50 ms" }, { name: "worst ms" }, { name: "restarts", isPlain: true }],
    bare: [OURS],
    rows: { ...rows, ...peers },
    aims: Object.keys(peers).map((peer) => atMost(1, "p50 ms", OURS, peer)),
  },
];

/** Each supervisor keeps a child that dies every 1 to 2 s, and that writes down when it does. */
export async function collect({ rows: supervisors }, { quick }) {
  return withFolder(async (folder) => {
    const fileOf = (name) => path.join(folder, `${name}.beats`);
    const present = [];
    for (const [name, { program, start }] of shuffled(Object.entries(supervisors))) {
      if (program !== undefined && !isInstalled(program)) {
        console.log(`peers: ${name} is skipped, because there is no ${program} along PATH`);
      } else {
        present.push(name);
        start(folder, ["bash", BEAT, fileOf(name)]);
      }
    }
    await wait((quick ? 12 : 60) * 1000);
    return Object.fromEntries(
      Object.keys(supervisors)
        .filter((name) => present.includes(name))
        .map((name) => [name, [summary(latencies(fileOf(name)))]]),
    );
  });
}

/** A host that keeps the child until it is killed. */
export async function measure({ host: name, argv }) {
  const host = await openHost(name);
  host.keep(argv, () => {});
  await new Promise(() => {});
}

function launch(file, args) {
  spawn(file, args, { stdio: "ignore" }).on("error", (error) => {
    throw error;
  });
}

function service(folder, name, argv) {
  const place = path.join(folder, name);
  mkdirSync(place);
  const run = `#!/bin/sh\nexec ${argv.join(" ")}\n`;
  writeFileSync(path.join(place, "run"), run, { mode: 0o755 });
  return place;
}

function latencies(file) {
  const found = [];
  let end;
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
    const [word, seconds] = line.split(" ");
    if (word === "E") end = Number(seconds);
    else if (end !== undefined) found.push((Number(seconds) - end) * 1000);
  }
  return found;
}

function summary(found) {
  return {
    "p50 ms": quantile(found, 0.5),
    "worst ms": Math.max(...found),
    restarts: found.length,
  };
}
