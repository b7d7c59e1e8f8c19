import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { createServer } from "node:net";
import path from "node:path";
import { describe, it } from "node:test";
import { Supervisor } from "../../../src/index.ts";
import { checkPlace, serve, type ServeErrorCode, type Server } from "../../../src/control/index.ts";
import { needsRoot, root, scratch } from "../../support/processes.ts";
import { needsUsers, publicPackage } from "../../support/public.ts";
import { rpc, served } from "../client.ts";

const isPosix = process.platform !== "win32";
const isLinux = process.platform === "linux";
const library = new URL("../../../src/index.js", import.meta.url).href;
const control = new URL("../../../src/control/index.js", import.meta.url).href;

async function refused(file: string, code: ServeErrorCode): Promise<void> {
  await assert.rejects(serve(new Supervisor(), { file }), { name: "ServeError", code });
}

async function answers(server: Server): Promise<void> {
  assert.deepEqual(await rpc(server, "supervisor.getVersion"), { value: "3.0" });
}

/** A socket file behind which nobody is any more. */
function stale(file: string): void {
  const program = `require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
  spawnSync(process.execPath, ["-e", program, file]);
  assert.ok(lstatSync(file).isSocket());
}

describe("the unix socket", { skip: isPosix ? false : "there are none" }, () => {
  it("is for its owner alone, whatever the umask", async (t) => {
    const { dir } = await served(t);
    assert.equal(lstatSync(`${dir}/s`).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(dir), ["s"]);
  });

  it("gets the mode and the owner that it is to have", { skip: needsRoot }, async (t) => {
    const dir = scratch(t);
    const place = { file: `${dir}/s`, chmod: 0o660, chown: { uid: 1, gid: 2 } };
    await using server = await serve(new Supervisor(), place);
    await answers(server);
    const { mode, uid, gid } = lstatSync(`${dir}/s`);
    assert.deepEqual([mode & 0o777, uid, gid], [0o660, 1, 2]);
  });

  it("has its name only when it has its mode: until then nobody else can come near", async (t) => {
    const dir = scratch(t);
    const seen: string[] = [];
    const watch = (): void => {
      for (const name of readdirSync(dir)) {
        const { mode } = lstatSync(path.join(dir, name));
        seen.push(`${name === "s" ? "s" : "nest"} ${(mode & 0o777).toString(8)}`);
      }
    };
    const before = process.umask(0); // as a careless host has it
    t.after(() => process.umask(before));
    const serving = serve(new Supervisor(), { file: `${dir}/s` });
    for (let turn = 0; turn < 50; turn++) {
      watch();
      await new Promise(setImmediate);
    }
    await (await serving).close();
    assert.deepEqual(
      seen.filter((one) => one !== "s 700" && one !== "nest 700"),
      [],
    );
    assert.ok(seen.includes("nest 700") || seen.includes("s 700"));
  });

  it("is gone when the server is closed, and another's is not", async (t) => {
    const dir = scratch(t);
    const first = await serve(new Supervisor(), { file: `${dir}/s` });
    await first.close();
    assert.deepEqual(readdirSync(dir), []);
    await using second = await serve(new Supervisor(), { file: `${dir}/s` });
    await first.close();
    await answers(second);
  });

  it("is gone when the host exits without closing it", (t) => {
    const dir = scratch(t);
    const program = `
      import { Supervisor } from ${JSON.stringify(library)};
      import { serve } from ${JSON.stringify(control)};
      await serve(new Supervisor(), { file: ${JSON.stringify(`${dir}/s`)} });
      (await import("node:fs")).statSync(${JSON.stringify(`${dir}/s`)});
      process.exit(7);`;
    const { status } = spawnSync(process.execPath, ["--input-type=module", "-e", program]);
    assert.equal(status, 7);
    assert.deepEqual(readdirSync(dir), []);
  });

  it("of somebody who was killed is replaced", async (t) => {
    const dir = scratch(t);
    stale(`${dir}/s`);
    await using server = await serve(new Supervisor(), { file: `${dir}/s` });
    await answers(server);
    assert.deepEqual(readdirSync(dir), ["s"]);
  });

  it("of somebody who lives is left alone", async (t) => {
    const { server, dir } = await served(t);
    const { ino } = lstatSync(`${dir}/s`);
    await assert.rejects(serve(new Supervisor(), { file: `${dir}/s` }), {
      code: "ALREADY_LISTENING",
      message: /Another program is already listening/,
    });
    assert.equal(lstatSync(`${dir}/s`).ino, ino);
    assert.deepEqual(readdirSync(dir), ["s"]);
    await answers(server);
  });

  it("of somebody who has no time to answer is left alone", async (t) => {
    const dir = scratch(t);
    const busy = createServer().listen({ path: `${dir}/s`, backlog: 0 });
    await new Promise((resolve) => busy.once("listening", resolve));
    busy.maxConnections = 0;
    await refused(`${dir}/s`, "ALREADY_LISTENING");
    await new Promise((resolve) => busy.close(resolve));
  });

  it("of two who begin at once is that of one, and the other is told", async (t) => {
    const dir = scratch(t);
    stale(`${dir}/s`);
    const all = await Promise.allSettled(
      Array.from({ length: 8 }, async () => serve(new Supervisor(), { file: `${dir}/s` })),
    );
    const servers = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    const errors = all.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
    assert.equal(servers.length, 1, errors.map(String).join("\n"));
    for (const error of errors)
      assert.equal((error as { code: string }).code, "ALREADY_LISTENING", String(error));
    await answers(servers[0] as Server);
    assert.deepEqual(readdirSync(dir), ["s"]);
    await servers[0]?.close();
  });

  it("never takes the place of a file, a directory or a link", async (t) => {
    const dir = scratch(t);
    writeFileSync(`${dir}/file`, "precious");
    mkdirSync(`${dir}/directory`);
    symlinkSync(`${dir}/file`, `${dir}/link`);
    for (const name of ["file", "directory", "link"])
      await refused(`${dir}/${name}`, "NOT_A_SOCKET");
    assert.equal(readFileSync(`${dir}/file`, "utf8"), "precious");
    assert.ok(lstatSync(`${dir}/link`).isSymbolicLink());
    assert.deepEqual(readdirSync(dir).toSorted(), ["directory", "file", "link"]);
  });

  it("is not made where everybody may write, unless the directory is sticky", async (t) => {
    const dir = scratch(t);
    chmodSync(dir, 0o777);
    await refused(`${dir}/s`, "UNSAFE_DIRECTORY");
    mkdirSync(`${dir}/inner`, 0o700);
    await refused(`${dir}/inner/s`, "UNSAFE_DIRECTORY");
    chmodSync(dir, 0o1777);
    await using server = await serve(new Supervisor(), { file: `${dir}/s` });
    await answers(server);
  });

  it("is not made behind a link to such a directory", async (t) => {
    const dir = scratch(t);
    mkdirSync(`${dir}/open`);
    chmodSync(`${dir}/open`, 0o777);
    symlinkSync(`${dir}/open`, `${dir}/link`);
    await refused(`${dir}/link/s`, "UNSAFE_DIRECTORY");
  });

  it("is not made in somebody else's directory", { skip: needsRoot }, async (t) => {
    const dir = scratch(t);
    mkdirSync(`${dir}/theirs`);
    chownSync(`${dir}/theirs`, 1, 1);
    await refused(`${dir}/theirs/s`, "UNSAFE_DIRECTORY");
    assert.equal(existsSync(`${dir}/theirs/s`), false);
  });

  it(
    "is not made below a directory of somebody else, who could put another there",
    {
      skip: needsRoot,
    },
    async (t) => {
      const dir = scratch(t);
      mkdirSync(`${dir}/theirs/ours/deep`, { recursive: true });
      chownSync(`${dir}/theirs`, 33, 33);
      for (const name of ["theirs/ours", "theirs/ours/deep"])
        await refused(`${dir}/${name}/s`, "UNSAFE_DIRECTORY");
      chmodSync(`${dir}/theirs`, 0o1777); // its owner may do everything still
      await refused(`${dir}/theirs/ours/s`, "UNSAFE_DIRECTORY");
      chownSync(`${dir}/theirs`, 0, 0);
      await using server = await serve(new Supervisor(), { file: `${dir}/theirs/ours/s` });
      await answers(server);
    },
  );

  it(
    "is not made where another group may write, at whatever height",
    { skip: needsRoot },
    async (t) => {
      const dir = scratch(t);
      mkdirSync(`${dir}/shared/ours`, { recursive: true });
      chownSync(`${dir}/shared`, 0, 33);
      chmodSync(`${dir}/shared`, 0o775);
      await refused(`${dir}/shared/s`, "UNSAFE_DIRECTORY");
      await refused(`${dir}/shared/ours/s`, "UNSAFE_DIRECTORY");
      for (const [gid, mode] of [
        [33, 0o1775],
        [33, 0o755],
        [process.getegid?.() ?? 0, 0o775],
      ] as const) {
        chownSync(`${dir}/shared`, 0, gid);
        chmodSync(`${dir}/shared`, mode);
        await using server = await serve(new Supervisor(), { file: `${dir}/shared/ours/s` });
        await answers(server);
      }
    },
  );

  it(
    "is not made behind a link that somebody else could lead elsewhere",
    { skip: needsRoot },
    async (t) => {
      const dir = scratch(t);
      mkdirSync(`${dir}/ours/deep`, { recursive: true });
      mkdirSync(`${dir}/theirs`);
      symlinkSync("../ours", `${dir}/theirs/link`); // of root, in a directory where it can be replaced
      chownSync(`${dir}/theirs`, 33, 33);
      await refused(`${dir}/theirs/link/s`, "UNSAFE_DIRECTORY");
      await refused(`${dir}/theirs/link/deep/s`, "UNSAFE_DIRECTORY");
      mkdirSync(`${dir}/tmp`);
      chmodSync(`${dir}/tmp`, 0o1777);
      for (const [name, target] of Object.entries({
        relative: "../ours",
        absolute: `${dir}/ours`,
        around: "../ours/deep/../../tmp/../ours/.",
      })) {
        const link = `${dir}/tmp/${name}`;
        symlinkSync(target, link);
        await using server = await serve(new Supervisor(), { file: `${link}/s` });
        await answers(server);
        assert.ok(lstatSync(`${dir}/ours/s`).isSocket());
        lchownSync(link, 33, 33);
        await refused(`${link}/s`, "UNSAFE_DIRECTORY");
      }
      symlinkSync("loop", `${dir}/loop`);
      await refused(`${dir}/loop/s`, "BAD_ADDRESS");
      writeFileSync(`${dir}/file`, "");
      await refused(`${dir}/file/s`, "BAD_ADDRESS");
    },
  );

  it("is made in such a directory where that is allowed, and only there", async (t) => {
    const dir = scratch(t);
    chmodSync(dir, 0o777);
    const place = { file: `${dir}/s`, allowUnsafeDirectory: true };
    const server = await serve(new Supervisor(), place);
    await answers(server);
    assert.equal(lstatSync(`${dir}/s`).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(dir), ["s"]);
    await server.close();
    assert.deepEqual(readdirSync(dir), []);
    await refused(`${dir}/s`, "UNSAFE_DIRECTORY");
    await checkPlace(place);
    await assert.rejects(checkPlace({ file: `${dir}/s` }), { code: "UNSAFE_DIRECTORY" });
  });

  it(
    "gives its mode and owner to nothing that somebody else puts in its place meanwhile",
    {
      skip: !isLinux,
    },
    async (t) => {
      const dir = scratch(t);
      chmodSync(dir, 0o777);
      mkdirSync(`${dir}/home`);
      writeFileSync(`${dir}/home/precious`, "", { mode: 0o600 });
      const place = { file: `${dir}/s`, chmod: 0o777, allowUnsafeDirectory: true };
      const serving = serve(new Supervisor(), place).then(
        async (server) => server.close(),
        () => {},
      );
      // as whoever may write there could, at any instant
      for (let turn = 0; turn < 50; turn++) {
        const nest = readdirSync(dir).find((name) => name.startsWith(".s"));
        if (nest !== undefined && !existsSync(`${dir}/moved`)) {
          renameSync(`${dir}/${nest}`, `${dir}/moved`);
          mkdirSync(`${dir}/${nest}`);
          symlinkSync(`${dir}/home/precious`, `${dir}/${nest}/${nest}`);
        }
        await new Promise(setImmediate);
      }
      await serving;
      assert.ok(existsSync(`${dir}/moved`));
      assert.equal(lstatSync(`${dir}/home/precious`).mode & 0o777, 0o600);
    },
  );

  const noNamespace =
    spawnSync("unshare", ["--user", "--map-root-user", "true"]).status === 0
      ? false
      : "no user namespaces";
  it(
    "is made in a user namespace, where the owners outside are nobody",
    { skip: noNamespace || (needsRoot === false && needsUsers) },
    (t) => {
      const dir = scratch(t);
      const place = needsRoot === false ? publicPackage() : root;
      const program = `
      import { Supervisor } from "${place}/dist/index.js";
      import { serve } from "${place}/dist/control/index.js";
      const server = await serve(new Supervisor(), { file: ${JSON.stringify(`${dir}/s`)} });
      await server.close();`;
      const asUser =
        needsRoot === false ? ["setpriv", "--reuid=33", "--regid=33", "--clear-groups"] : [];
      if (needsRoot === false) chownSync(dir, 33, 33);
      const unshare = ["unshare", "--user", "--map-root-user"];
      const node = [process.execPath, "--input-type=module", "-e", program];
      const [command = "", ...args] = asUser.concat(unshare, node);
      const { status, stderr } = spawnSync(command, args, { encoding: "utf8", cwd: place });
      assert.equal(status, 0, stderr);
    },
  );

  it("has no place in a directory that is not there, nor with a path that is too long", async (t) => {
    const dir = scratch(t);
    await refused(`${dir}/nowhere/s`, "BAD_ADDRESS");
    const long = `${dir}/${"d".repeat(100)}`;
    mkdirSync(long);
    await refused(`${long}/s`, "BAD_ADDRESS");
    assert.deepEqual(readdirSync(long), []);
  });

  it("removes nobody's file when it is closed", { skip: !isLinux }, async (t) => {
    const dir = scratch(t);
    const server = await serve(new Supervisor(), { file: `${dir}/sock` });
    t.after(() => server.close());
    const sockets = readFileSync("/proc/net/unix", "utf8").split("\n");
    const bound = sockets.map((line) => line.split(" ").at(-1) ?? "");
    const nest = path.dirname(bound.find((name) => name.startsWith(`${dir}/.`)) ?? "");
    mkdirSync(`${dir}/home`);
    const names = ["s", "o", "sock", "server.js"];
    for (const name of names) writeFileSync(`${dir}/home/${name}`, "");
    symlinkSync(`${dir}/home`, nest); // as anybody could, in /tmp
    await server.close();
    assert.deepEqual(readdirSync(`${dir}/home`), names.toSorted());
  });

  it("lets the host go when it is told to", () => {
    const program = `
      import { Supervisor } from ${JSON.stringify(library)};
      import { serve } from ${JSON.stringify(control)};
      (await serve(new Supervisor(), { port: 0 })).unref();`;
    const { status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: root,
      timeout: 20_000,
    });
    assert.deepEqual([status, signal], [0, null]);
  });

  it("lets the host go when it is told to, whoever follows a page", async (t) => {
    const program = `
      import { Supervisor } from ${JSON.stringify(library)};
      import { serve } from ${JSON.stringify(control)};
      const server = await serve(new Supervisor(), { port: 0 });
      console.log(server.url);
      process.stdin.once("data", () => { process.stdin.destroy(); server.unref(); });`;
    const host = spawn(process.execPath, ["--input-type=module", "-e", program], {
      cwd: root,
      stdio: ["pipe", "pipe", "inherit"],
    });
    t.after(() => host.kill("SIGKILL"));
    const ended = once(host, "exit");
    const [url] = (await once(host.stdout, "data")) as [Buffer];
    const before = get(`${url.toString().trim()}/events`).on("error", () => {});
    const [response] = (await once(before, "response")) as [IncomingMessage];
    response.on("error", () => {}).resume(); // it is cut off
    host.stdin.write("go");
    assert.deepEqual(await ended, [0, null]);
  });
});
