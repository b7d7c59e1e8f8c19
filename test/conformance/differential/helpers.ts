/** The same conf file run by supervisord and by our command, and the same words to each. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import path from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Run } from "../../cli/ctl/helpers.ts";
import { Daemon } from "../../support/daemon.ts";
import { freePort } from "../../support/free-port.ts";
import { readCommandTable } from "../deviations.ts";
import { scratch } from "../../support/processes.ts";
import { Supervisorctl, type Step, type Told } from "../../support/supervisorctl.ts";

const deviations = new Set(readCommandTable().map(({ id }) => id));

type Server = "supervisord" | "ours";
type Client = "supervisorctl" | "ctl";

/** What a run may have of its own. */
export interface RunOptions {
  /** What is typed, and when; otherwise the input ends at once. */
  readonly steps?: readonly Step[];
  /** The whole is a help text, which `ctl` has in words of its own. */
  readonly isHelp?: boolean;
  /** The lines may come in any order: that in which several processes have ended. */
  readonly isUnordered?: boolean;
  /** The row of docs/deviations.md by which our server is told from supervisord here. */
  readonly deviation?: string;
  /** What such a server is expected to make of it. */
  readonly amend?: (told: Told) => Told;
}

/** A server with its directory, and a client of it. */
export class Side {
  readonly server: Server;
  readonly client: Client;
  readonly dir: string;
  readonly port: number;
  readonly daemon: Daemon;
  readonly #supervisorctl: Supervisorctl;

  private constructor(t: TestContext, server: Server, client: Client, dir: string, port: number) {
    this.server = server;
    this.client = client;
    this.dir = dir;
    this.port = port;
    const environment = { PORT: String(port) };
    this.daemon = new Daemon(t, this.file, { command: server, environment });
    this.#supervisorctl = new Supervisorctl({ ...process.env, ...environment });
    t.after(() => this.#supervisorctl.close());
  }

  /** Runs the conf file in a directory of its own. */
  static async begin(t: TestContext, server: Server, client: Client, conf: string): Promise<Side> {
    const dir = scratch(t);
    writeFileSync(path.join(dir, "supervisord.conf"), conf);
    const side = new Side(t, server, client, dir, await freePort());
    if (server === "supervisord") keepAwake(t, path.join(dir, "s"));
    await side.daemon.patiently(
      async () => (await side.ask(["version"])).status === 0,
      "answer of its server",
    );
    return side;
  }

  get file(): string {
    return path.join(this.dir, "supervisord.conf");
  }

  /** By supervisorctl, whatever the client is. */
  async ask(words: readonly string[]): Promise<Told> {
    return this.#supervisorctl.run(["-c", this.file, ...words]);
  }

  /** By its client, without what is another one on each side. */
  async run(words: string, steps?: readonly Step[]): Promise<Told> {
    const args = ["-c", this.file, ...words.split(" ").filter((word) => word !== "")].map((word) =>
      word.replaceAll("{port}", String(this.port)).replaceAll("{dir}", this.dir),
    );
    const told =
      this.client === "supervisorctl"
        ? await this.#supervisorctl.run(args, steps)
        : await ownRun(args, steps, { PORT: String(this.port) });
    return { ...told, out: this.#plain(told.out), err: this.#plain(told.err) };
  }

  #plain(said: string): string {
    return said
      .replaceAll(this.dir, "/dir")
      .replaceAll(`127.0.0.1:${this.port}`, "127.0.0.1:PORT")
      .replaceAll(/pid \d+, uptime \d+:\d\d:\d\d/g, "pid N, uptime T")
      .replaceAll(/^[1-9]\d*$/gm, "PID")
      .replaceAll(/[A-Z][a-z]{2} \d\d \d\d:\d\d [AP]M/g, "DATE")
      .replaceAll(/use (\S+|libsupervisor ctl) -h/g, "use -h");
  }
}

/** Every server with every client. */
export class Sides {
  readonly all: readonly Side[];
  readonly #t: TestContext;

  private constructor(t: TestContext, all: readonly Side[]) {
    this.#t = t;
    this.all = all;
  }

  static async begin(t: TestContext, conf: string): Promise<Sides> {
    const pairs: readonly (readonly [Server, Client])[] = [
      ["supervisord", "supervisorctl"],
      ["ours", "supervisorctl"],
      ["supervisord", "ctl"],
      ["ours", "ctl"],
    ];
    return new Sides(t, await Promise.all(pairs.map(async (pair) => Side.begin(t, ...pair, conf))));
  }

  /** Each of them, one after the other: what one does, the next finds. */
  async each(words: readonly string[], options?: RunOptions): Promise<void> {
    for (const one of words) await this.same(one, options);
  }

  /** The same lines and the same exit status on all sides. */
  async same(words: string, options: RunOptions = {}): Promise<void> {
    const { deviation } = options;
    assert.equal(deviation === undefined, options.amend === undefined);
    if (deviation !== undefined) assert.ok(deviations.has(deviation), `${deviation} is not listed`);
    await this.#t.test(words === "" ? "(a shell)" : words, async () => {
      const told: readonly Told[] = await Promise.all(
        this.all.map(async (side) => side.run(words, options.steps && [...options.steps])),
      );
      const [reference, ...others] = told;
      assert.ok(reference);
      for (const [at, other] of others.entries()) {
        const { server, client } = this.all[at + 1] as Side;
        let expected: Told = reference;
        if (server === "ours" && options.amend) {
          expected = options.amend(reference);
          assert.notDeepEqual(expected, reference, "there is nothing to amend");
        }
        const [seen, wanted] = [other, expected].map((each) => shown(each, client, options));
        assert.deepEqual(seen, wanted, `${client} of ${server}`);
      }
    });
  }

  /** Waits until a run tells of it on each side. */
  async until(words: readonly string[], pattern: RegExp): Promise<void> {
    await Promise.all(
      this.all.map(async (side) =>
        side.daemon.patiently(
          async () => pattern.test((await side.ask(words)).out),
          `${String(pattern)} of ${words.join(" ")} on ${side.server}`,
        ),
      ),
    );
  }

  /** Changes the file of each side. */
  change(conf: string): void {
    for (const { file } of this.all) writeFileSync(file, conf);
  }
}

/** The sections without the programs. */
export const BASE = `
[supervisord]
logfile = %(here)s/main.log
pidfile = %(here)s/pid
childlogdir = %(here)s
[unix_http_server]
file = %(here)s/s
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl = unix://%(here)s/s
`;

async function ownRun(
  args: readonly string[],
  steps: readonly Step[] = [["", null]],
  env: NodeJS.ProcessEnv = {},
): Promise<Told> {
  const run = new Run(args, { env: { ...process.env, ...env } });
  const status = run.status;
  const typing = (async () => {
    for (const [pattern, what] of steps) {
      await run.stdout.until(new RegExp(pattern));
      if (what === null) run.stdin.end();
      else if (what === true) run.interrupt();
      else run.stdin.write(what);
    }
  })();
  await Promise.race([status, typing.then(async () => status)]); // it may end before all is typed
  return { out: run.stdout.text, err: run.stderr.text, status: await status };
}

/** `ctl` has its own words for the help, and for errors that are Python's: the rest is the same. */
function shown({ out: all, ...rest }: Told, client: Client, options: RunOptions): Told {
  const said = options.isUnordered ? all.split("\n").toSorted().join("\n") : all;
  if (client === "supervisorctl") return { ...rest, out: said };
  const out = said
    .replaceAll(
      /^error: <class '[\w.]+'>, <Fault \d+: (["'])(.*)\1>: file: .+ line: \d+$/gm,
      "error: $2",
    )
    .replaceAll(/^error: <class .+ProtocolError for \S+: (.*)>: file: .+ line: \d+$/gm, "error: $1")
    .replaceAll(/^error: 401 Unauthorized\n/gm, ""); // of a second attempt
  if (!options.isHelp) return { ...rest, out };
  const [first = "", second = ""] = out.split("\n");
  const action = (line: string) => line.split(/\s/)[0] ?? "";
  const isError = /^error/i.test(first);
  return { ...rest, out: isError ? `${first}\n${action(second)}` : action(first) };
}

/** supervisord's loop turns once a second; each request makes it turn. */
function keepAwake(t: TestContext, socketPath: string): void {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const over = new AbortController();
  const ask = async () => {
    while (!over.signal.aborted) {
      await new Promise<void>((resolve) => {
        get({ socketPath, path: "/ok.html", agent }, (response) => {
          response.resume().once("close", resolve);
        }).on("error", () => resolve()); // it does not listen yet, or any longer
      });
      await pause(40);
    }
  };
  void ask();
  t.after(() => {
    over.abort();
    agent.destroy();
  });
}
