import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { lacks } from "../support/daemon.ts";
import { runHost, type HostOptions } from "../support/host.ts";
import { scratch } from "../support/processes.ts";
import { needsUsers, NOBODY } from "../support/public.ts";

// Every host prints one line: why the first start failed, and what came of the second.
const attempt = `
  const spawnerrOf = async (name) => {
    const error = await supervisor.start(name).then(() => undefined, (reason) => reason);
    return error?.spawnerr ?? String(error);
  };
  const always = { startsecs: 0, startretries: 0, autostart: false };
  const become = (uid) => { process.setgroups([]); process.setgid(uid); process.setuid(uid); };
`;

describe("a start that fails for what the host may", { skip: needsUsers }, () => {
  it("not root: another user", async () => {
    const report = await say(
      `
      const supervisor = new Supervisor({ programs: {
        bad: { ...always, command: "sleep 1000", user: "root" },
        own: { ...always, command: "sleep 1000", user: "${NOBODY}" },
        ok: { ...always, command: "sleep 1000" },
      } });
      become(${NOBODY});
      console.log(await spawnerrOf("bad"));
      console.log(await spawnerrOf("own"), await spawnerrOf("ok"));
      await supervisor.shutdown();
    `,
      { isPublic: true },
    );
    assert.deepEqual(report, [
      "couldn't setuid to 0: Can't drop privilege as nonroot user",
      "undefined undefined",
    ]);
  });

  it("not root: a file and a directory that are closed to it", async (t) => {
    const directory = scratch(t);
    const closed = path.join(directory, "closed");
    mkdirSync(closed, { mode: 0o700 });
    script(closed, 0o755);
    script(directory, 0o700);
    const report = await say(
      `
      const supervisor = new Supervisor({ programs: {
        file: { ...always, command: ["${directory}/script"] },
        below: { ...always, command: ["${closed}/script"] },
        directory: { ...always, command: "sleep 1000", directory: "${closed}" },
        beneath: { ...always, command: "sleep 1000", directory: "${closed}/x" },
        ok: { ...always, command: "sleep 1000" },
      } });
      become(${NOBODY});
      for (const name of supervisor.programs.keys()) console.log(await spawnerrOf(name));
      await supervisor.shutdown();
    `,
      { isPublic: true },
    );
    assert.deepEqual(report, [
      `no permission to run command '${directory}/script'`,
      `no permission to run command '${closed}/script'`,
      `couldn't chdir to ${closed}: EACCES`,
      `couldn't chdir to ${closed}/x: EACCES`,
      "undefined",
    ]);
  });

  it("EAGAIN: no more processes", { skip: lacks("prlimit", "setpriv") }, async () => {
    const { status, stdout, stderr } = await runHost(
      `${attempt}
      import { execFileSync } from "node:child_process";
      import { createInterface } from "node:readline";
      const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
      const supervisor = new Supervisor({ programs: {
        bad: { ...always, command: "sleep 1000" },
        ok: { ...always, command: "sleep 1000" },
      } });
      execFileSync("prlimit", ["--nproc=1:1000", "--pid", String(process.pid)]);
      become(54321);
      console.log(await spawnerrOf("bad"));
      await input.next();
      console.log(await spawnerrOf("ok"));
      await supervisor.shutdown();
      process.exit();
      `,
      {
        isPublic: true,
        meanwhile: async (pid, tell, heard) => {
          await heard(/\n/);
          // only the same user may: root needs a capability for it that containers lack
          const same = ["--reuid", "54321", "--regid", "54321", "--clear-groups"];
          execFileSync("setpriv", [...same, "prlimit", "--nproc=1000", "--pid", String(pid)]);
          tell("go on");
        },
      },
    );
    assert.deepEqual(
      [status, stdout, stderr],
      [0, "Too many processes in process table to spawn 'bad'\nundefined\n", ""],
    );
  });
});

describe("a start that fails for what the host has", () => {
  const limited = ["/bin/sh", "-c", `ulimit -n 200; exec "$@"`, "sh"] as const;
  const exhaust = `
    import { closeSync, openSync } from "node:fs";
    const supervisor = new Supervisor({ programs: {
      first: { ...always, command: "sleep 1000" },
      bad: { ...always, command: "sleep 1000" },
      ok: { ...always, command: "sleep 1000" },
    } });
    const fds = [];
    const exhaust = () => {
      try {
        for (;;) fds.push(openSync("/dev/null"));
      } catch {}
    };
  `;

  it("EMFILE: no more files", async () => {
    const source = `${exhaust}
      await supervisor.start("first");
      exhaust();
      console.log(await spawnerrOf("bad"));
      // fewer than the pipes of a child need, up to as many
      for (const spare of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
        closeSync(fds.pop());
        const error = await spawnerrOf("bad");
        if (error !== "too many open files to spawn 'bad'" && error !== "undefined")
          console.log(spare, error);
        await supervisor.stop("bad");
      }
      for (const fd of fds) closeSync(fd);
      console.log(await spawnerrOf("ok"), supervisor.process("first").state);
      await supervisor.shutdown();
    `;
    const report = await say(source, { wrapper: limited });
    assert.deepEqual(report, ["too many open files to spawn 'bad'", "undefined RUNNING"]);
  });

  it("EMFILE: no more files at the first start of all", async () => {
    const source = `${exhaust}
      exhaust();
      console.log(await spawnerrOf("bad"));
      for (const fd of fds) closeSync(fd);
      console.log(await spawnerrOf("bad"), await spawnerrOf("ok"));
      await supervisor.shutdown();
    `;
    const report = await say(source, { wrapper: limited });
    assert.deepEqual(report, ["too many open files to spawn 'bad'", "undefined undefined"]);
  });

  it("EMFILE: a start fails as long as there are too few, and keeps none of those there are", async () => {
    const source = `${exhaust}
      exhaust();
      let spare = 0;
      for (; supervisor.process("bad").state !== "RUNNING"; spare++) {
        closeSync(fds.pop());
        const error = await spawnerrOf("bad");
        if (error !== "too many open files to spawn 'bad'" && error !== "undefined")
          console.log(spare, error);
      }
      console.log(spare < 20 ? "few" : spare);
      await supervisor.shutdown();
    `;
    assert.deepEqual(await say(source, { wrapper: limited }), ["few"]);
  });

  it("EMFILE: no more files while a stop waits for what is left", async () => {
    const rest = `trap '' TERM; echo $$; while :; do sleep 1000; done`;
    const source = `${exhaust}
      import { readFileSync } from "node:fs";
      const web = ["/bin/sh", "-c", ${JSON.stringify(`setsid sh -c "$REST" & trap 'exit' TERM; wait`)}];
      const environment = { REST: ${JSON.stringify(rest)} };
      supervisor.add("web", { ...always, command: web, environment, stopwaitsecs: 0.5 });
      const lines = supervisor.follow("web").lines()[Symbol.asyncIterator]();
      await supervisor.start("web");
      const { value: pid } = await lines.next();
      const stopping = supervisor.stop("web");
      const again = setInterval(exhaust, 1); // what the end of the process sets free
      exhaust();
      await stopping;
      clearInterval(again);
      for (const fd of fds) closeSync(fd);
      try {
        readFileSync("/proc/" + pid + "/environ");
        console.log("left");
      } catch {
        console.log("gone");
      }
      process.exit();
    `;
    assert.deepEqual(await say(source, { wrapper: limited }), ["gone"]);
  });
});

/** Runs a host, which must end well, and gives the lines it printed. */
async function say(source: string, options: HostOptions): Promise<string[]> {
  const { status, signal, stdout, stderr } = await runHost(attempt + source, options);
  assert.deepEqual([status, signal, stderr], [0, null, ""], stdout);
  return stdout.trimEnd().split("\n");
}

function script(directory: string, mode: number): void {
  writeFileSync(path.join(directory, "script"), "#!/bin/sh\n", { mode });
}
