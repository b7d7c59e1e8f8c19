import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { ActivityLog, SettingsError, Supervisor } from "../../src/index.ts";
import { serve } from "../../src/control/index.ts";
import { scratch } from "../support/processes.ts";

/** What a server is refused with, a line for each thing that is wrong; one that opens is closed. */
async function refusal(place: unknown, options?: unknown): Promise<readonly string[]> {
  try {
    const server = await serve(new Supervisor(), place as never, options as never);
    await server.close();
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  }
}

const PORT = { port: 0 };
const SOCKET = { file: "/no/such/directory/s" };

const places: readonly [place: unknown, ...lines: string[]][] = [
  [undefined, "place: expected a place, { file } or { port }, got nothing"],
  [null, "place: expected a place, { file } or { port }, got null"],
  ["/run/s", 'place: expected a place, { file } or { port }, got "/run/s"'],
  [{}, "place: expected a place, { file } or { port }"],
  [{ host: "::1" }, "place: expected a place, { file } or { port }"],
  [
    { ...SOCKET, ...PORT },
    "place: expected one place, got a file and a port: make two servers of them",
  ],
  [{ ...SOCKET, host: "::1" }, "place.host: goes with a port, and not with a file"],
  [{ ...PORT, chmod: 0o700 }, "place.chmod: goes with a file, and not with a port"],
  [
    { ...PORT, allowUnsafeDirectory: true },
    "place.allowUnsafeDirectory: goes with a file, and not with a port",
  ],
  [
    { ...SOCKET, allowUnsafeDirectory: 1 },
    "place.allowUnsafeDirectory: expected true or false, got 1",
  ],
  [{ ...PORT, chown: {} }, "place.chown: goes with a file, and not with a port"],
  [{ port: "19711" }, 'place.port: expected a port, from 0 to 65535, got "19711"'],
  [{ port: 99_999 }, "place.port: expected a port, from 0 to 65535, got 99999"],
  [{ port: -1 }, "place.port: expected a port, from 0 to 65535, got -1"],
  [{ port: 1.5 }, "place.port: expected a port, from 0 to 65535, got 1.5"],
  [{ ...PORT, host: 5 }, "place.host: expected a name or an address, got 5"],
  [{ file: "" }, 'place.file: expected the path of a socket, got ""'],
  [{ file: 5 }, "place.file: expected the path of a socket, got 5"],
  [{ ...SOCKET, chmod: 99_999 }, "place.chmod: expected a mode, from 0 to 0o7777, got 99999"],
  [{ ...SOCKET, chmod: "0700" }, 'place.chmod: expected a mode, from 0 to 0o7777, got "0700"'],
  [
    { ...SOCKET, chown: "ghost" },
    'place.chown: expected an object { uid, gid } of numbers, got "ghost"',
  ],
  [
    { ...SOCKET, chown: { uid: "ghost" } },
    'place.chown.uid: expected the number of a user, got "ghost"',
  ],
  [{ ...SOCKET, chown: { gid: -1 } }, "place.chown.gid: expected the number of a group, got -1"],
  [
    { ...SOCKET, chown: { guid: 5 } },
    'place.chown.guid: there is no option "guid"; did you mean "uid"?',
  ],
  [{ ...PORT, hosts: "::1" }, 'place.hosts: there is no option "hosts"; did you mean "host"?'],
  [
    { ...PORT, address: "::1" },
    'place.address: there is no option "address"; did you mean "host"?',
  ],
  [{ ...SOCKET, mode: 0 }, 'place.mode: there is no option "mode"; did you mean "chmod"?'],
  [
    { ...PORT, username: "u", password: "p" },
    'place.username: there is no option "username" here; it belongs into the third argument',
    'place.password: there is no option "password" here; it belongs into the third argument',
  ],
];

const options: readonly [options: unknown, ...lines: string[]][] = [
  [null, "options: expected an object with the options of a server, got null"],
  [
    { user: "me", passwd: "x" },
    'options.user: there is no option "user"; did you mean "username"?',
    'options.passwd: there is no option "passwd"; did you mean "password"?',
  ],
  [{ pasword: "a" }, 'options.pasword: there is no option "pasword"; did you mean "password"?'],
  [{ quux: 1 }, 'options.quux: there is no option "quux"'],
  [
    { chmod: 1 },
    'options.chmod: there is no option "chmod" here; it belongs into the second argument',
  ],
  [{ username: "u", password: 1234 }, "options.password: expected a string"],
  [{ username: 5, password: "p" }, "options.username: expected a string, got 5"],
  [{ connections: -1 }, "options.connections: expected a whole number, 1 or more, got -1"],
  [{ connections: 0 }, "options.connections: expected a whole number, 1 or more, got 0"],
  [{ requestBytes: 0.5 }, "options.requestBytes: expected a number of bytes, 1 or more, got 0.5"],
  [{ allowedHosts: "a" }, 'options.allowedHosts: expected an array of names, got "a"'],
  [{ allowedHosts: [5] }, "options.allowedHosts.0: expected a name, got 5"],
  [
    { allowedHosts: ["a:80", "http://a", "*.a"] },
    'options.allowedHosts.0: expected the name of a host, without a port, got "a:80"',
    'options.allowedHosts.1: expected the name of a host, without a port, got "http://a"',
    'options.allowedHosts.2: expected the name of a host, without a port, got "*.a"',
  ],
  [{ log: "x.log" }, 'options.log: expected an ActivityLog, got "x.log"'],
  [{ config: {} }, "options.config: expected a function that reads the settings, got {}"],
  [{ shutdown: true }, "options.shutdown: expected a function, got true"],
  [{ restart: true }, "options.restart: expected a function, got true"],
];

describe("what is asked of a server", () => {
  for (const [place, ...lines] of places) {
    it(`place ${JSON.stringify(place)}: is refused`, async () => {
      assert.deepEqual(await refusal(place), lines);
    });
  }

  for (const [given, ...lines] of options) {
    it(`options ${JSON.stringify(given)}: are refused`, async () => {
      assert.deepEqual(await refusal(PORT, given), lines);
    });
  }

  it("is told of all at once", async () => {
    assert.deepEqual(await refusal({ port: "1" }, { pasword: "a", connections: -1 }), [
      'place.port: expected a port, from 0 to 65535, got "1"',
      "options.connections: expected a whole number, 1 or more, got -1",
      'options.pasword: there is no option "pasword"; did you mean "password"?',
    ]);
  });

  it("is refused before anything is opened", async (t) => {
    const file = path.join(scratch(t), "s");
    assert.equal((await refusal({ file }, { pasword: "a" })).length, 1);
    assert.ok(!existsSync(file));
  });

  it("does not show a password that is none", async () => {
    const serving = serve(new Supervisor(), PORT, { password: ["secret"] } as never);
    await assert.rejects(serving, ({ message }: Error) => !message.includes("secret"));
  });

  it("is a supervisor first", async () => {
    for (const wrong of [undefined, null, "web", {}, PORT]) {
      await assert.rejects(serve(wrong as never, PORT), {
        name: "TypeError",
        message: /^serve\(\): expected a Supervisor first, got /,
      });
    }
  });

  it("may be said with nothing where nothing is meant", async () => {
    const nothing = { host: undefined, file: undefined, chmod: undefined };
    assert.deepEqual(await refusal({ ...PORT, ...nothing }, { log: undefined }), []);
    assert.deepEqual(await refusal(PORT, undefined), []);
  });

  it("may be all of it", async (t) => {
    const file = path.join(scratch(t), "s");
    const log = new ActivityLog({ logfile: `${file}.log` });
    const all = {
      username: "u",
      password: "p",
      config: () => ({}),
      log,
      shutdown: () => {},
      restart: () => {},
      allowedHosts: ["a.example"],
      connections: 1,
      requestBytes: 1024,
    };
    assert.deepEqual(await refusal({ file, chmod: 0o770, chown: {} }, all), []);
    assert.deepEqual(await refusal({ host: "localhost", port: 0 }, all), []);
    log.close();
  });
});
