/** What the command does with privileges, includes and its server. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { Daemon, ask, descendants, lacks } from "../../support/daemon.ts";
import { needsRoot, scratch } from "../../support/processes.ts";
import { needsUsers, publicPackage } from "../../support/public.ts";
import { NOBODY, app, openDirectory, quiet, run } from "../../support/privileged-files.ts";

const CRIT =
  /^\S+ \S+ CRIT Supervisor is running as root\. {2}Privileges were not dropped because no user is specified in the config file\. {2}If you intend to run as root, you can set user=root in the config file to avoid this message\.$/m;

describe("a file that includes", () => {
  it("itself, or one that includes it, is read to its end", async (t) => {
    const directory = scratch(t);
    const at = (name: string) => path.join(directory, name);
    const include = "[include]\nfiles=*.conf\n";
    writeFileSync(at("b.conf"), `${include}[program:b]\ncommand=sleep 1000\n`);
    symlinkSync(".", at("again")); // a directory that holds itself
    const daemon = run(t, directory, `${quiet}\n[include]\nfiles=*.conf again/again/*.conf\n`);
    await daemon.heard(/spawned: 'app'/);
    await daemon.heard(/spawned: 'b'/);
    await daemon.stop();
    assert.equal(daemon.output.match(/spawned: /g)?.length, 2);
  });
});

describe("privileges", { skip: needsUsers || lacks("setpriv"), concurrency: 2 }, () => {
  for (const [user, wanted] of Object.entries({ "www-data": 33, [NOBODY]: NOBODY })) {
    it(`user=${user} drops them for good, for every task and every process`, async (t) => {
      const directory = openDirectory(t);
      const daemon = run(t, directory, `user=${user}\n${quiet}`, {
        place: publicPackage(),
        wrapper: ["setpriv", "--groups", "0,4,27,33", "--"],
      });
      const child = Number(await daemon.heard(/^app (\d+)$/m));
      const groups = execFileSync("id", ["-G", user], { encoding: "utf8" }).trim();
      const gid = execFileSync("id", ["-g", user], { encoding: "utf8" }).trim();
      const four = (id: unknown) => [id, id, id, id].join(" ");
      const processes = [daemon.pid, ...descendants(daemon.pid)];
      assert.ok(processes.includes(child));
      assert.ok(statusOf(daemon.pid, "Uid").length > 4); // Node's threads
      for (const pid of processes) {
        const tasks = statusOf(pid, "Uid").length;
        const all = (value: string) => Array.from({ length: tasks }, () => value);
        assert.deepEqual(statusOf(pid, "Uid"), all(four(wanted)));
        assert.deepEqual(statusOf(pid, "Gid"), all(four(gid)));
        assert.deepEqual(statusOf(pid, "Groups"), all(groups));
        for (const set of ["CapPrm", "CapEff", "CapAmb"])
          assert.deepEqual(statusOf(pid, set), all("0000000000000000"));
      }
      assert.doesNotMatch(daemon.output, CRIT);
      await daemon.heard(new RegExp(`INFO Set uid to user ${wanted} succeeded`));
      assert.equal(statSync(path.join(directory, "pid")).uid, wanted);
      await daemon.stop();
    });
  }

  it("user= may be one who cannot read this package", async (t) => {
    const place = path.join(scratch(t), "closed");
    mkdirSync(place, 0o700);
    cpSync(publicPackage(), place, { recursive: true });
    chmodSync(place, 0o700);
    const directory = path.join(scratch(t), "place");
    mkdirSync(directory);
    chownSync(directory, 33, 33);
    const lines = `user=www-data\n${quiet}\n[unix_http_server]\nfile=%(here)s/sock\n
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface`;
    const daemon = run(t, directory, lines, { place });
    await daemon.heard(/^app \d+$/m);
    const where = { socketPath: path.join(directory, "sock"), path: "/RPC2" };
    const { body } = await ask(
      where,
      "<methodCall><methodName>supervisor.getSupervisorVersion</methodName></methodCall>",
    );
    assert.match(body, /<string>\d+\.\d+\.\d+</);
    await daemon.stop();
  });

  it("user= of a program drops them for the program", async (t) => {
    const directory = openDirectory(t);
    writeFileSync(
      path.join(directory, "supervisord.conf"),
      `[supervisord]\nuser=root\n${quiet}\n${app}user=www-data\n`,
    );
    const daemon = new Daemon(t, path.join(directory, "supervisord.conf"), {
      wrapper: ["setpriv", "--groups", "0,4,27", "--"],
    });
    const child = Number(await daemon.heard(/^app (\d+)$/m));
    assert.deepEqual(statusOf(child, "Uid"), ["33 33 33 33"]);
    assert.deepEqual(statusOf(child, "Gid"), ["33 33 33 33"]);
    assert.deepEqual(statusOf(child, "Groups"), ["33"]);
    assert.deepEqual(statusOf(child, "CapEff"), ["0000000000000000"]);
    assert.doesNotMatch(daemon.output, CRIT);
    await daemon.stop();
  });

  it("root without user= is warned, in supervisord's words", async (t) => {
    const daemon = run(t, scratch(t), quiet);
    await daemon.heard(CRIT);
    await daemon.stop();
  });

  it("another user is not warned, and cannot become somebody else", async (t) => {
    const directory = openDirectory(t);
    const wrapper = ["setpriv", "--reuid=33", "--regid=33", "--clear-groups", "--"] as const;
    const daemon = run(t, directory, quiet, { place: publicPackage(), wrapper });
    await daemon.heard(/^app \d+$/m);
    await daemon.stop();
    assert.doesNotMatch(daemon.output, CRIT);
    const second = run(t, directory, `user=root\n${quiet}`, { place: publicPackage(), wrapper });
    assert.deepEqual(await second.end(), { status: 2, signal: null });
    assert.match(second.output, /Can't drop privilege as nonroot user/);
  });

  it("a user that there is not: it does not start", async (t) => {
    const daemon = run(t, scratch(t), `user=no-such-user\n${quiet}`);
    assert.deepEqual(await daemon.end(), { status: 2, signal: null });
    assert.match(daemon.output, /Invalid user name no-such-user/);
  });
});

describe("the control server", { concurrency: 2 }, () => {
  const server = (file: string) => `${quiet}\n[unix_http_server]\nfile=${file}\n
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface`;

  it("needs nothing but the directory of its socket", { skip: needsUsers }, async (t) => {
    const place = path.join(scratch(t), "place"); // in a directory that only root may write to
    mkdirSync(place);
    chownSync(place, 33, 33);
    const lines = server("%(here)s/sock").replace("pidfile", "user=www-data\npidfile");
    const daemon = run(t, place, lines, { place: publicPackage() });
    await daemon.heard(/^app \d+$/m);
    const { mode, uid } = statSync(path.join(place, "sock"));
    assert.deepEqual([mode & 0o777, uid], [0o700, 33]);
    await daemon.stop();
    assert.deepEqual(readdirSync(place), ["supervisord.conf"]);
  });

  it("warns where everybody could replace its socket, as in a volume of mode 0777", async (t) => {
    const directory = openDirectory(t);
    const daemon = run(t, directory, server("%(here)s/sock"));
    await daemon.heard(/^app \d+$/m);
    assert.match(
      daemon.output,
      /CRIT Server 'unix_http_server': Everybody may write to the directory .*openDirectory, and could replace the socket$/m,
    );
    const { mode } = statSync(path.join(directory, "sock"));
    assert.equal(mode & 0o777, 0o700);
    await daemon.stop();
    assert.deepEqual(readdirSync(directory), ["supervisord.conf"]);
  });

  it(
    "warns where one other user could, and not of what is its own",
    { skip: needsRoot },
    async (t) => {
      const theirs = path.join(scratch(t), "theirs");
      mkdirSync(path.join(theirs, "ours"), { recursive: true });
      chownSync(theirs, NOBODY, NOBODY);
      const daemon = run(t, theirs, server("%(here)s/ours/sock"));
      await daemon.heard(/^app \d+$/m);
      assert.match(daemon.output, /CRIT Server .*: The directory .*theirs belongs to another user/);
      await daemon.stop();
      const own = run(t, theirs, `user=${NOBODY}\n${server("%(here)s/sock")}`);
      await own.heard(/^app \d+$/m);
      assert.doesNotMatch(own.output, /CRIT Server .*: /);
      await own.stop();
    },
  );

  it("is not taken from another program, nor made of a file", async (t) => {
    const directory = scratch(t);
    const first = run(t, directory, server("%(here)s/sock"));
    await first.heard(/^app \d+$/m);
    const second = run(t, directory, server("%(here)s/sock"));
    assert.deepEqual(await second.end(), { status: 2, signal: null });
    assert.match(second.output, /^Error: .*: Another program is already listening/m);
    await first.stop();
    writeFileSync(path.join(directory, "sock"), "precious");
    const third = run(t, directory, server("%(here)s/sock"));
    assert.deepEqual(await third.end(), { status: 2, signal: null });
    assert.match(third.output, /^Error: .*sock exists, and is no socket/m);
    assert.equal(readFileSync(path.join(directory, "sock"), "utf8"), "precious");
  });
});

/** What the system says of each task of a process. */
function statusOf(pid: number, field: string): string[] {
  return readdirSync(`/proc/${pid}/task`).map((task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, "utf8");
    const found = new RegExp(`^${field}:[ \\t]*(.*?)[ \\t]*$`, "m").exec(status)?.[1] ?? "?";
    return found.replaceAll("\t", " ");
  });
}
