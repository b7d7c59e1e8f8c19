import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { describe, it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { filesOf, once, reference, text, whole } from "../support/output.ts";
import { gone, needsRoot, scratch } from "../support/processes.ts";
import { sh, supervise } from "../support/real-supervisor.ts";

const trace = `
  for (let i = 0; i < 300; i++) {
    process.stderr.write("Exception in thread \\"main\\" java.lang.IllegalStateException: no " + i + "\\n");
    for (let j = 0; j < 30; j++)
      process.stderr.write("\\tat com.example.deep.Caller" + j + ".call(Caller.java:" + (100 + j) + ")\\n");
  }
  process.exitCode = 1;`;

const programs: readonly [title: string, command: [string, ...string[]], stream?: "stderr"][] = [
  [
    // process.exit() would drop what it has not written yet, into whatever pipe
    "a Node program that writes megabytes and ends at once",
    [process.execPath, "-e", `process.stdout.write("é€😀x".repeat(400_000)); process.exitCode = 3`],
  ],
  [
    "a Python program that writes megabytes and exits at once",
    [
      "python3",
      "-c",
      `import os, sys; sys.stdout.buffer.write(bytes(range(256)) * 16384); sys.stdout.flush(); os._exit(3)`,
    ],
  ],
  [
    "NUL bytes and invalid UTF-8",
    sh(
      String.raw`i=0; while [ $i -lt 500 ]; do i=$((i+1)); printf '\000\377\376\303é\n\200'; done`,
    ),
  ],
  [
    "random bytes",
    sh("openssl enc -aes-128-ctr -K 0 -iv 0 -in /dev/zero 2>/dev/null | head -c 5000000"),
  ],
  ["a line of 100 MB", sh("head -c 100000000 /dev/zero | tr '\\0' x")],
  ["a burst of stack traces", [process.execPath, "-e", trace], "stderr"],
  [
    "colours",
    sh(
      String.raw`i=0; while [ $i -lt 1000 ]; do i=$((i+1)); printf '\033[32m✔\033[0m test %d\033[K\r' $i; done`,
    ),
  ],
  [
    "a last line without its end, by a process that kills itself",
    sh("seq 3000; printf last; kill -9 $$"),
  ],
  ["nothing at all", sh("exit 0")],
];

describe("the output of a process that ends", () => {
  for (const [title, command, stream = "stdout"] of programs) {
    it(`is complete at EXITED, and the same as in a file: ${title}`, async (t) => {
      const directory = scratch(t);
      const log = path.join(directory, "log");
      const { supervisor } = supervise(t, {
        web: {
          ...once,
          command,
          [`${stream}_logfile`]: log,
          [`${stream}_logfile_maxbytes`]: "30MB",
        },
      });
      const size = new Promise<number>((resolve) => {
        supervisor.on("PROCESS_STATE_EXITED", () =>
          resolve(filesOf(log).reduce((sum, file) => sum + statSync(file).size, 0)),
        );
      });
      const expected = expectedOf(command, path.join(directory, "reference"), stream);
      await supervisor.start();
      assert.equal(await size, expected.length);
      assert.ok(whole(log).equals(expected));
    });
  }

  function expectedOf(
    command: [string, ...string[]],
    into: string,
    stream: "stdout" | "stderr",
  ): Buffer {
    try {
      return reference(command, into, stream);
    } catch {
      return readFileSync(into); // it ends with an error, or by a signal
    }
  }

  it("is complete where the file is its own, even of a Node program that exits at once", async (t) => {
    const log = path.join(scratch(t), "log");
    const { supervisor, next } = supervise(t, {
      web: {
        ...once,
        command: [process.execPath, "-e", `process.stdout.write("x".repeat(4e6)); process.exit(3)`],
        stdout_logfile: log,
        stdout_logfile_maxbytes: 0,
      },
    });
    await supervisor.start();
    await next("PROCESS_STATE_EXITED");
    assert.equal(text(log), "x".repeat(4e6));
  });

  it("200 MB of `yes`, turned over as it comes", async (t) => {
    const log = path.join(scratch(t), "log");
    const { supervisor, next } = supervise(t, {
      web: { ...once, command: sh("yes | head -c 200M"), stdout_logfile: log },
    });
    await supervisor.start();
    const { exitstatus, signal } = await next("PROCESS_STATE_EXITED");
    assert.deepEqual({ exitstatus, signal }, { exitstatus: 0, signal: null });
    const files = filesOf(log);
    assert.ok(files.length === 4 || files.length === 5); // the last is empty if the one before is just full
    execFileSync("/bin/bash", ["-c", 'cat "$@" | cmp - <(yes | head -c 200M)', "", ...files]);
  });

  it("is complete at STOPPED: its last words on the way out", async (t) => {
    const log = path.join(scratch(t), "log");
    const { supervisor, channel, next } = supervise(t, {
      web: {
        ...once,
        command: sh(
          "trap 'seq 20000; printf bye; exit' TERM; echo up $$ >$CHANNEL; read never <>$CHANNEL.never",
        ),
        stdout_logfile: log,
      },
    });
    const seen = new Promise<number>((resolve) => {
      supervisor.on("PROCESS_STATE_STOPPED", () => resolve(statSync(log).size));
    });
    await supervisor.start();
    await channel.pid("up");
    await supervisor.stop();
    await next("PROCESS_STATE_STOPPED");
    assert.equal(await seen, text(log).length);
    assert.ok(text(log).endsWith("\n20000\nbye"));
  });

  it("is complete at BACKOFF", async (t) => {
    const log = path.join(scratch(t), "log");
    const { supervisor } = supervise(t, {
      web: {
        command: sh("seq 20000; printf bad; exit 1"),
        startsecs: 60,
        startretries: 1,
        stdout_logfile: log,
      },
    });
    const seen = new Promise<string>((resolve) => {
      supervisor.on("PROCESS_STATE_BACKOFF", () => resolve(text(log)));
    });
    const failed = supervisor.start().catch(() => {});
    assert.ok((await seen).endsWith("\n20000\nbad"));
    await supervisor.stop();
    await failed;
  });
});

describe("a grandchild that keeps the pipe", () => {
  it("neither delays EXITED, nor loses what it writes later, nor holds its successor's output", async (t) => {
    const log = path.join(scratch(t), "log");
    const { supervisor, channel, next } = supervise(t, {
      web: {
        ...once,
        sweep: false,
        command: sh(
          "(echo early; read go <$CHANNEL.gate; echo late) & echo kid $! >$CHANNEL; exit 0",
        ),
        stdout_logfile: log,
      },
    });
    execFileSync("mkfifo", [`${channel.path}.gate`]);
    await supervisor.start();
    const kid = await channel.pid("kid");
    await next("PROCESS_STATE_EXITED");
    const lines = supervisor.follow("web").lines()[Symbol.asyncIterator]();
    const late = lines.next();
    writeFileSync(`${channel.path}.gate`, "\n");
    let line = (await late).value as string;
    if (line === "early") line = (await lines.next()).value as string;
    assert.equal(line, "late");
    await gone(kid);
    assert.equal(text(log), "early\nlate\n");
  });
});

describe("200 restarts under load", () => {
  it("lose no byte, and leave no descriptor", { timeout: 60_000 }, async (t) => {
    const log = path.join(scratch(t), "log");
    const { supervisor } = supervise(t, {
      web: {
        command: sh("head -c 70000 /dev/zero; printf %s end; head -c 5000 /dev/zero >&2"),
        startsecs: 0,
        autorestart: true,
        stdout_logfile: log,
        stderr_logfile: log,
        stdout_logfile_maxbytes: "1MB",
        stderr_logfile_maxbytes: "1MB",
        stdout_logfile_backups: 100,
      },
    });
    const sizes: number[] = [];
    const descriptors: number[] = [];
    const enough = new Promise<void>((resolve) => {
      supervisor.on("PROCESS_STATE_EXITED", () => {
        sizes.push(filesOf(log).reduce((sum, file) => sum + statSync(file).size, 0));
        descriptors.push(readdirSync("/proc/self/fd").length);
        if (sizes.length === 200) resolve();
      });
    });
    await supervisor.start();
    await enough;
    await supervisor.stop();
    assert.deepEqual(
      sizes.slice(0, 200),
      Array.from({ length: 200 }, (_, i) => (i + 1) * 75_003),
    );
    for (let i = 0; i < 20; i++) await turn();
    const [early, late] = [descriptors.slice(5, 25), descriptors.slice(180, 200)];
    assert.ok(Math.max(...late) <= Math.max(...early) + 2, `${String(early)} … ${String(late)}`);
  });
});

describe("nginx", () => {
  const missing = needsRoot || ["nginx", "/usr/sbin/nginx"].every((name) => !hasCommand(name));
  const skip = missing && (needsRoot || "there is no nginx here");

  it("logs to /dev/stdout under another user", { skip }, async (t) => {
    const directory = scratch(t);
    const [work, config, socket] = ["work", "nginx.conf", "work/socket"].map((name) =>
      path.join(directory, name),
    ) as [string, string, string];
    mkdirSync(work);
    chmodSync(work, 0o755);
    chownSync(work, 65_534, 65_534);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${work};`)
      .join(" ");
    writeFileSync(
      config,
      `daemon off; pid ${work}/pid; error_log /dev/stderr notice; events {} http { ${temporary}
       access_log /dev/stdout; server { listen unix:${socket}; location / { return 204; } } }`,
    );
    const { supervisor } = supervise(t, {
      web: {
        command: ["nginx", "-c", config],
        user: "65534",
        startsecs: 0,
        stopsignal: "QUIT",
        stdout_logfile: path.join(directory, "out"),
        stderr_logfile: path.join(directory, "err"),
      },
    });
    const errors = supervisor.follow("web", "stderr").lines()[Symbol.asyncIterator]();
    const access = supervisor.follow("web").lines()[Symbol.asyncIterator]();
    let line = errors.next();
    const hit = access.next();
    await supervisor.start();
    while (!/start worker process/.test(String((await line).value))) line = errors.next();
    const status = await new Promise((resolve, reject) => {
      request({ socketPath: socket, path: "/hello" }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end();
    });
    assert.equal(status, 204);
    assert.match(String((await hit).value), /"GET \/hello HTTP\/1\.1" 204/);
    await supervisor.stop();
    assert.match(text(path.join(directory, "out")), /^[^\n]*GET \/hello[^\n]*\n$/);
  });
});

function hasCommand(name: string): boolean {
  try {
    execFileSync(name, ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
