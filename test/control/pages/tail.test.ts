import assert from "node:assert/strict";
import { finished } from "node:stream/promises";
import { describe, it } from "node:test";
import { ActivityLog } from "../../../src/index.ts";
import { Stage, turn } from "../../support/helpers.ts";
import { Site } from "../helpers.ts";

const programs = { web: { command: "web" }, both: { command: "both", numprocs: 1 } };
const PATH = "/tail.html?processname=web&channel=stdout";

describe("/tail.html", () => {
  it("shows the last bytes of a channel", async (t) => {
    const stage = new Stage({ programs });
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    stage.spawner.of("web").print("one\n");
    stage.spawner.of("web").print("two\n", "stderr");
    const out = await site.get(PATH);
    assert.equal(out.status, 200);
    assert.match(out.body, /aria-label="stdout of web">\none\n<\/pre>/);
    assert.match(out.body, /channel=stdout" aria-current="page"/);
    assert.match((await site.get("/tail.html?processname=web&channel=stderr")).body, />\ntwo\n</);
    assert.match((await site.get("/tail.html?processname=web")).body, />\none\n</);
  });

  it("limit: at least 1,024 bytes, 16 KiB where it makes no sense", async (t) => {
    const stage = new Stage({ programs });
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    stage.spawner.of("web").print("x".repeat(20_000));
    const length = async (limit: string) =>
      /x{100,}/.exec((await site.get(`${PATH}&limit=${limit}`)).body)?.[0].length;
    assert.equal(await length("1"), 1024);
    assert.equal(await length("2000"), 2000);
    assert.equal(await length("-5"), 1024);
    assert.equal(await length("x"), 16_384);
    assert.equal(await length("1e999"), 16_384);
  });

  it("what a process writes is text, never markup, and without what only terminals read", async (t) => {
    const stage = new Stage({ programs });
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    stage.spawner
      .of("web")
      .print("</pre><script>alert(1)</script>\n[31]\n\u001B[1;31mred\u001B[0m\u0000\r\n");
    const { body } = await site.get(PATH);
    assert.match(
      body,
      /\n&lt;\/pre&gt;&lt;script&gt;alert\(1\)&lt;\/script&gt;\n\[31\]\nred\n<\/pre>/,
    );
  });

  it("404 for a process or a channel that is not there", async (t) => {
    const site = await Site.of(t, new Stage({ programs }).supervisor);
    const queries = ["", "?processname=", "?processname=nobody", "?processname=web&channel=x"];
    for (const query of [...queries, "?processname=../web", "?processname=web&channel=../stdout"])
      assert.equal((await site.get(`/tail.html${query}`)).status, 404, query);
  });

  it("as a stream: first what there is, then what comes, until the process is removed", async (t) => {
    const stage = new Stage({ programs });
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    stage.spawner.of("web").print("one\n");
    const listener = await site.listen(PATH);
    assert.deepEqual(await listener.next(), { event: "begin", data: "one\n" });
    stage.spawner.of("web").print("two\n\nevent: x\n");
    assert.deepEqual(await listener.next(), { event: "more", data: "two\n\nevent: x\n" });
    await stage.supervisor.remove("web");
    assert.deepEqual(await listener.next(), { event: "over", data: "" });
    assert.equal(await listener.next(), undefined);
  });

  it("as a stream: says why it breaks off, to its reader and to the log", async (t) => {
    const stage = new Stage({ programs });
    await stage.up();
    const lines: string[] = [];
    const log = new ActivityLog();
    log.write = (level, message) => lines.push(`${level} ${message}`);
    const process = stage.supervisor.process("web");
    assert.ok(process);
    t.mock.method(process, "tail", async () => Promise.reject(new Error("EIO: i/o error, read")));
    const site = await Site.of(t, stage.supervisor, { log });
    const response = await site.open("GET", PATH, { Accept: "text/event-stream" });
    let text = "";
    response.on("data", (chunk: Buffer) => (text += chunk.toString()));
    await assert.rejects(finished(response), { code: "ECONNRESET" }); // it is no whole answer
    assert.match(text, /\n\nevent: failed\ndata: "EIO: i\/o error, read"\n\n$/);
    assert.deepEqual(lines, ["ERRO Cannot answer GET /tail.html: EIO: i/o error, read"]);
  });

  it("as a stream: ends with the server, and lets go when the reader goes", async (t) => {
    const stage = new Stage({ programs });
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    const [one, two] = [await site.listen(PATH), await site.listen(PATH)];
    await Promise.all([one.next(), two.next()]);
    one.leave();
    await turn();
    stage.spawner.of("web").print("still here\n");
    assert.equal((await two.next())?.data, "still here\n");
    await site.close();
    assert.equal(await two.next(), undefined);
  });

  it("needs the password, as do the page, the events, the metrics and the probes", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor, { username: "me", password: "secret" });
    const headers = { Authorization: `Basic ${Buffer.from("me:secret").toString("base64")}` };
    for (const path of ["/", PATH, "/metrics", "/healthz"]) {
      assert.equal((await site.get(path)).status, 401, path);
      assert.equal((await site.get(path, headers)).status, 200, path);
    }
    for (const path of ["/events", "/readyz", "/index.html"])
      assert.equal((await site.get(path)).status, 401, path);
  });
});
