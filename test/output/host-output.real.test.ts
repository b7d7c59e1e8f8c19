import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { constants, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { LineChannel } from "../support/line-channel.ts";
import { runHost, type HostEnd } from "../support/host.ts";
import { text } from "../support/output.ts";
import { nothingLeft, scratch } from "../support/processes.ts";

const skip = process.platform !== "linux" && "there is no /proc";
type Words = readonly [string, ...string[]];
/** The host's outputs are true pipes, and not what Node calls so. */
const PIPED: Words = ["/bin/sh", "-c", '{ "$@" 2>&3 | cat; } 3>&1 | cat', "sh"];

/** A host whose programs write to this log, straight. */
const host = (log: string, stream: string, programs: string) => `
  const log = { ${stream}_logfile: ${JSON.stringify(log)}, ${stream}_logfile_maxbytes: 0 };
  const program = (command) => ({ command, startsecs: 0, autorestart: false, ...log });
  const supervisor = new Supervisor({ programs: ${programs} });
  const ended = (name) =>
    new Promise((resolve) => {
      supervisor.on("PROCESS_STATE_EXITED", ({ processname }) => processname === name && resolve());
    });
`;

/** A command that writes 2,000 numbers, each line at once: between the halves of one, others may write. */
function count(first: number): string {
  const loop = `i=${first}; while [ $i -lt ${first + 2000} ]; do echo $i; i=$((i + 1)); done`;
  return JSON.stringify(["/bin/sh", "-c", loop]);
}

function assertFine({ status, signal, stderr, mark }: HostEnd): void {
  assert.deepEqual([status, signal, stderr], [0, null, ""]);
  nothingLeft(mark);
}

describe("the host's own output", { skip }, () => {
  for (const [name, fd] of [
    ["/dev/stdout", 1],
    ["/dev/fd/1", 1],
    ["/proc/self/fd/1", 1],
    ["/dev/stderr", 2],
    ["/dev/fd/2", 2],
    ["/proc/self/fd/2", 2],
    ["a link to /dev/stdout", 1],
    ["a named pipe", 1],
  ] as const) {
    it(`${name}: a program that makes it non-blocking does so for itself alone`, async (t) => {
      const channel = new LineChannel(t);
      const stream = fd === 1 ? "stdout" : "stderr";
      let log: string = name;
      if (!name.startsWith("/")) log = path.join(scratch(t), "log");
      if (name.startsWith("a link")) symlinkSync("/dev/stdout", log);
      if (name.startsWith("a named")) execFileSync("mkfifo", [log]);
      const end = await runHost(
        `${host(
          log,
          stream,
          `{
            first: program(["/bin/sh", "-c", "read -r go; flags=$(cat /proc/$$/fdinfo/${fd}); echo $flags >$CHANNEL"]),
            node: program(["node", "-e", "process.${stream}; console.log(1); require('fs').writeFileSync(process.env.CHANNEL, 'open\\\\n'); setInterval(() => {}, 1000)"]),
          }`,
        )}
        await supervisor.start("first");
        await supervisor.start("node");
        process.stdin.once("data", async () => {
          const end = ended("first");
          await supervisor.send("first", "go\\n");
          await end;
          await supervisor.shutdown();
          process.stdin.destroy();
        });
        `,
        {
          channel,
          wrapper: PIPED,
          async meanwhile(_pid, tell) {
            await channel.hear(/^open$/);
            tell("go");
          },
        },
      );
      const flags = Number.parseInt(await channel.hear(/flags: ([0-7]+)/), 8);
      assert.equal(flags & constants.O_NONBLOCK, 0, flags.toString(8));
      assertFine(end);
    });
  }

  for (const how of [">", ">>"]) {
    it(`a file (${how}): nobody writes over what others have written`, async (t) => {
      const file = path.join(scratch(t), "out");
      writeFileSync(file, "before\n");
      const end = await runHost(
        `${host("/dev/stdout", "stdout", `{ one: program(${count(1)}), two: program(${count(2001)}) }`)}
        const all = Promise.all([ended("one"), ended("two")]);
        console.log("host first");
        const started = supervisor.start();
        for (let i = 4001; i <= 6000; i++) {
          console.log(i);
          if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        await started;
        await all;
        await supervisor.shutdown();
        console.log("host last");
        `,
        { wrapper: ["/bin/sh", "-c", `"$@" ${how}"$0"`, file] },
      );
      assertFine(end);
      const lines = text(file).trimEnd().split("\n");
      const numbers = lines.filter((line) => /^\d+$/.test(line)).map(Number);
      assert.deepEqual(
        numbers.toSorted((a, b) => a - b),
        Array.from({ length: 6000 }, (_, i) => i + 1),
      );
      const words =
        how === ">" ? ["host first", "host last"] : ["before", "host first", "host last"];
      assert.deepEqual(
        lines.filter((line) => !/^\d+$/.test(line)),
        words,
      );
    });
  }

  it("a file that is appended to (>>): a program has it open by itself", async (t) => {
    const file = path.join(scratch(t), "out");
    const channel = new LineChannel(t);
    const end = await runHost(
      `${host("/dev/stdout", "stdout", `{ one: program(["/bin/sh", "-c", "fd=$(cat /proc/$$/fdinfo/1); echo one; echo $fd >$CHANNEL"]) }`)}
      console.log("from the host");
      const end = ended("one");
      await supervisor.start();
      await end;
      await supervisor.shutdown();
      `,
      { channel, wrapper: ["/bin/sh", "-c", `"$@" >>"$0"`, file] },
    );
    assertFine(end);
    const [, position, flags] = /pos: (\d+) flags: ([0-7]+)/.exec(await channel.hear(/pos/)) ?? [];
    assert.equal(position, "0"); // of the host's own, it would be behind what the host has written
    assert.ok(Number.parseInt(flags ?? "", 8) & constants.O_APPEND, flags);
    assert.match(text(file), /^from the host\none\n/);
  });

  it("a socket: the host's own serves", async () => {
    const end = await runHost(
      `${host("/dev/stdout", "stdout", `{ one: program("echo one") }`)}
      const end = ended("one");
      await supervisor.start();
      await end;
      await supervisor.shutdown();
      `,
    ); // Node's pipes are sockets
    assert.equal(end.stdout, "one\n");
    assertFine(end);
  });

  it("a pipe whose reader has gone: the program is told, and the host goes on", async (t) => {
    const channel = new LineChannel(t);
    const script = `trap "" PIPE; echo one || echo refused >$CHANNEL`;
    const end = await runHost(
      `${host("/dev/stdout", "stdout", `{ one: program(["/bin/sh", "-c", ${JSON.stringify(script)}]) }`)}
      const end = ended("one");
      process.stdin.once("data", async () => {
        await supervisor.start();
        await end;
        await supervisor.shutdown();
        process.stdin.destroy();
      });
      `,
      {
        channel,
        wrapper: ["/bin/sh", "-c", `"$@" | { exec <&-; echo gone >$CHANNEL; }`, "sh"],
        async meanwhile(_pid, tell) {
          await channel.hear(/^gone$/);
          tell("go");
        },
      },
    );
    assert.equal(await channel.hear(/refused/), "refused");
    assertFine(end);
  });
});
