/** The settings of a shared socket, and what the spawner is told of it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { SettingsError, type ProgramSettings, type SharedSocket } from "../../src/index.ts";
import { resolveSettings } from "../../src/settings/resolve.ts";
import { Stage } from "../support/helpers.ts";

const noSockets = process.platform === "win32" ? "Windows passes no sockets" : false;

/** What becomes of the settings of a program: its socket, or what is wrong with them. */
function planOf(settings: Omit<ProgramSettings, "command">): SharedSocket | string | undefined {
  try {
    const { processes } = resolveSettings({ programs: { web: { command: "w", ...settings } } });
    return processes[0]?.command.socket;
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.issues
      .map(({ path, message }) => `${path.slice(2).join(".")}: ${message}`)
      .join("\n");
  }
}

const preset = { backlog: 65_535, mode: 0o700 };

describe("socket", { skip: noSockets }, () => {
  const good: readonly [settings: Omit<ProgramSettings, "command">, plan: unknown][] = [
    [{}, undefined],
    [
      { socket: "unix:///run/web.sock" },
      { url: "unix:///run/web.sock", address: { path: "/run/web.sock" }, ...preset },
    ],
    [
      { socket: "unix:///run//x/../%(program_name)s.sock", socket_mode: "0666" },
      {
        url: "unix:///run/web.sock",
        address: { path: "/run/web.sock" },
        backlog: 65_535,
        mode: 0o666,
      },
    ],
    [
      { socket: "tcp://localhost:9000", socket_backlog: 7 },
      {
        url: "tcp://localhost:9000",
        address: { host: "localhost", port: 9000 },
        backlog: 7,
        mode: 0o700,
      },
    ],
    [
      { socket: "tcp://[::1]:65535" },
      { url: "tcp://[::1]:65535", address: { host: "::1", port: 65_535 }, ...preset },
    ],
    [
      { socket: "unix:///run/web.sock", socket_owner: "0:0" },
      {
        url: "unix:///run/web.sock",
        address: { path: "/run/web.sock" },
        ...preset,
        owner: { uid: 0, gid: 0 },
      },
    ],
  ];
  for (const [settings, plan] of good) {
    it(`may be ${JSON.stringify(settings)}`, () => assert.deepEqual(planOf(settings), plan));
  }

  const bad: readonly [settings: Omit<ProgramSettings, "command">, message: string][] = [
    [
      { socket: "/run/web.sock" },
      `socket: expected "tcp://host:port" or "unix:///path", got "/run/web.sock"`,
    ],
    [
      { socket: "tcp://9000" },
      `socket: expected "tcp://host:port" or "unix:///path", got "tcp://9000"`,
    ],
    [
      { socket: "tcp://a b:1" },
      `socket: expected "tcp://host:port" or "unix:///path", got "tcp://a b:1"`,
    ],
    [
      { socket: "tcp://::1:80" },
      `socket: expected "tcp://host:port" or "unix:///path", got "tcp://::1:80"`,
    ],
    [{ socket: "tcp://h:0" }, `socket: expected a port from 1 to 65535, got "tcp://h:0"`],
    [{ socket: "tcp://h:65536" }, `socket: expected a port from 1 to 65535, got "tcp://h:65536"`],
    [
      { socket: "unix://run/x" },
      `socket: expected the absolute path of a file behind unix://, got "unix://run/x"`,
    ],
    [
      { socket: "unix:///run/" },
      `socket: expected the absolute path of a file behind unix://, got "unix:///run/"`,
    ],
    [
      { socket: "unix://" },
      `socket: expected the absolute path of a file behind unix://, got "unix://"`,
    ],
    [
      { socket: "unix:///%(process_num)d" },
      "socket: cannot be expanded: %(process_num)s has no meaning here",
    ],
    [
      { socket: "unix:///x", socket_backlog: 0 },
      "socket_backlog: expected a whole number from 1 to 65535, got 0",
    ],
    [
      { socket: "unix:///x", socket_mode: "8" },
      `socket_mode: expected octal digits ("0700") or a number, up to 0o777, got "8"`,
    ],
    [
      { socket: "unix:///x", socket_owner: "no such" },
      `socket_owner: expected the name or uid of a user, got "no such"`,
    ],
    [
      { socket: "unix:///x", socket_owner: "0:no such" },
      `socket_owner: expected the name or gid of a group, got "no such"`,
    ],
    [
      { socket: "tcp://h:1", socket_owner: "0" },
      `socket_owner: expected nothing where the socket is no unix:// one, got "0"`,
    ],
    [
      { socket: "tcp://h:1", socket_mode: 0o600 },
      "socket_mode: expected nothing where the socket is no unix:// one, got 384",
    ],
    [{ socket_backlog: 5 }, "socket_backlog: expected nothing where there is no socket, got 5"],
    [
      { socket: "tcp://h:1", stopstdin: true },
      "stopstdin: expected false while the standard input is a socket, got true",
    ],
    [
      { socket: "tcp://h:1", events: ["TICK_5"] },
      "socket: expected nothing: an event listener is sent its events on standard input",
    ],
  ];
  for (const [settings, message] of bad) {
    it(`may not be ${JSON.stringify(settings)}`, () => assert.equal(planOf(settings), message));
  }

  it("may not be longer than an address can be", () => {
    const plan = planOf({ socket: `unix:///${"ü".repeat(60)}` });
    assert.ok(typeof plan === "string");
    assert.match(plan, /^socket: expected a path of at most 10[37] bytes behind unix:/);
  });

  it("of two programs may not be the same", () => {
    const programs = {
      a: { command: "w", socket: "unix:///run/x" },
      b: { command: "w", socket: "unix:///run/./x" },
      c: { command: "w", socket: "unix:///run/y" },
    };
    const refused = (error: unknown) => {
      assert.ok(error instanceof SettingsError);
      const message = 'the program "a" has the socket "unix:///run/x"';
      assert.deepEqual(error.issues, [{ path: ["programs", "b", "socket"], message }]);
      return true;
    };
    assert.throws(() => resolveSettings({ programs }), refused);
  });

  it("is the user's of the program, unless that is ours", { skip: !process.geteuid }, () => {
    const plan = planOf({ socket: "unix:///run/x", user: "nobody" }) as SharedSocket;
    assert.ok((plan.owner?.uid ?? 0) > 0);
    const own = planOf({ socket: "unix:///run/x", user: String(process.geteuid?.()) });
    assert.deepEqual(own, { url: "unix:///run/x", address: { path: "/run/x" }, ...preset });
  });

  it("whatever it is, is refused in words or has an address that reads back", () => {
    const text = fc.oneof(
      fc.string(),
      fc.string().map((rest) => `tcp://${rest}`),
      fc.string().map((rest) => `unix://${rest}`),
      fc
        .tuple(fc.domain(), fc.integer({ min: -1, max: 70_000 }))
        .map(([host, port]) => `tcp://${host}:${port}`),
    );
    fc.assert(
      fc.property(text, (socket) => {
        const plan = planOf({ socket: socket.replaceAll("%", "") });
        if (typeof plan === "string") return plan.startsWith("socket: ");
        assert.ok(plan);
        const { owner: _, ...again } = planOf({ socket: plan.url }) as SharedSocket;
        assert.deepEqual(again, plan);
        return true;
      }),
    );
  });
});

describe("a FastCGI program with fakes", { skip: noSockets }, () => {
  it("tells the spawner of its socket, which opens nothing", async () => {
    const socket = "unix:///nowhere/at/all.sock";
    const programs = {
      web: { command: "w", socket, numprocs: 2, process_name: "%(process_num)d", startsecs: 0 },
    };
    const { supervisor, spawner } = new Stage({
      programs,
      groups: { one: { programs: ["web"] }, two: { programs: ["web"] } },
    });
    await supervisor.start();
    assert.equal(spawner.children.length, 4);
    for (const { command } of spawner.children)
      assert.deepEqual(command.socket?.address, { path: "/nowhere/at/all.sock" });
    await assert.rejects(supervisor.send("one:0", "x"), {
      code: "NO_FILE",
      message: `Cannot send to "one:0": its standard input is the socket`,
    });
    await supervisor.shutdown();
  });
});

describe("a socket on Windows", { skip: !noSockets && "there is no Windows here" }, () => {
  it("is refused", () => {
    assert.equal(
      planOf({ socket: "tcp://127.0.0.1:9000" }),
      "socket: there is no passing of sockets on Windows",
    );
  });
});
