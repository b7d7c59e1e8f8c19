import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { SupervisorSettings } from "../../../src/index.ts";
import { Stage } from "../../support/helpers.ts";
import { inTime, Site } from "../helpers.ts";

const programs = {
  web: { command: "web" },
  cat: { command: "cat", numprocs: 2, process_name: "%(program_name)s_%(process_num)d" },
  idle: { command: "idle", autostart: false },
};

async function open(
  test: TestContext,
  settings: SupervisorSettings = { programs },
): Promise<{ readonly stage: Stage; readonly site: Site }> {
  const stage = new Stage(settings);
  await stage.up();
  return { stage, site: await Site.of(test, stage.supervisor) };
}

describe("the status page", () => {
  it("shows every process with its state and description, groups under their name", async (t) => {
    const { site } = await open(t);
    const { status, headers, body } = await site.get("/");
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "text/html; charset=utf-8");
    assert.match(body, /<title>3\/4 supervisor<\/title>/);
    assert.match(body, /3 of 4 running/);
    assert.match(body, /data-id="cat:cat_0" data-state="RUNNING" data-pid="10\d"/);
    assert.match(
      body,
      /<span>RUNNING<\/span><\/td><td role="cell" class="about">pid 10\d, uptime 0:00:01/,
    );
    assert.match(body, /data-id="idle" data-state="STOPPED"/);
    assert.match(body, /Not started/);
    assert.match(body, /name="restart" value="cat:\*"/);
    assert.doesNotMatch(body, /value="web:\*"/);
    const names = [...body.matchAll(/data-id="([^"]*)"/g)].map(([, id]) => id);
    assert.deepEqual(names, ["cat:cat_0", "cat:cat_1", "idle", "web"]);
  });

  it("says so when there is nothing", async (t) => {
    const { site } = await open(t, {});
    const { body } = await site.get("/index.html");
    assert.match(body, /There are no programs/);
    assert.doesNotMatch(body, /<table/);
  });

  it("says what ended a process, and that the supervisor shuts down", async (t) => {
    const { stage, site } = await open(t, {
      programs: { once: { command: "x", autorestart: false } },
    });
    stage.spawner.last.exit(3);
    assert.match((await site.get("/")).body, /Bad exit code 3, [A-Z][a-z]{2} \d\d /);
    await stage.supervisor.shutdown();
    assert.match((await site.get("/")).body, /role="status">The supervisor is shutting down</);
  });

  it("a button's order is carried out, and told on the page that follows", async (t) => {
    const { stage, site } = await open(t);
    const { status, headers } = await site.press({ stop: "web" });
    assert.equal(status, 303);
    assert.equal(stage.states()["web"], "STOPPED");
    const location = headers.location ?? "";
    assert.match(location, /^\.\/\?message=/);
    const { body } = await site.get(location.slice(1));
    assert.match(body, /<p id="message" class="note" role="status">Stopped web<\/p>/);
  });

  it("start, restart, a group and all: each does what it says", async (t) => {
    const { stage, site } = await open(t);
    const press = async (fields: Record<string, string>) => {
      const pressed = site.press(fields, { Accept: "application/json" });
      const answer = await inTime(stage, pressed);
      return (JSON.parse(answer.body) as { message: string }).message;
    };
    assert.equal(await press({ start: "idle" }), "Started idle");
    assert.equal(stage.states()["idle"], "RUNNING");
    const before = stage.spawner.children.length;
    assert.equal(await press({ restart: "web" }), "Restarted web");
    assert.equal(stage.spawner.children.length, before + 1);
    assert.equal(await press({ stop: "cat:*" }), "Stopped cat:*");
    assert.deepEqual(stage.states(), {
      "cat:cat_0": "STOPPED",
      "cat:cat_1": "STOPPED",
      idle: "RUNNING",
      web: "RUNNING",
    });
    assert.equal(await press({ stop: "all" }), "Stopped all");
    assert.deepEqual([...new Set(Object.values(stage.states()))], ["STOPPED"]);
  });

  it("a row's buttons are those of its process, also where all or a group has its name", async (t) => {
    const command = "sleep 9";
    const stage = new Stage({
      programs: { all: { command }, y: { command, process_name: "x" }, z: { command } },
      groups: { x: { programs: ["y", "z"] } },
    });
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    const { body } = await site.get("/");
    for (const id of ["all", "x"]) {
      const [, row = ""] = new RegExp(`<tr role="row" data-id="${id}"(.*)`).exec(body) ?? [];
      const [, value = ""] = /<button name="stop" value="([^"]*)"/.exec(row) ?? [];
      await site.press({ stop: value });
    }
    assert.deepEqual(stage.states(), { all: "STOPPED", x: "STOPPED", "x:z": "RUNNING" });
  });

  it("clear empties the logs", async (t) => {
    const { stage, site } = await open(t);
    stage.spawner.of("web").print("a line\n");
    assert.equal((await stage.supervisor.tail("web")).toString(), "a line\n");
    await site.press({ clear: "web" });
    assert.equal((await stage.supervisor.tail("web")).toString(), "");
  });

  it("an order that fails says why, on the page and as JSON", async (t) => {
    const { stage, site } = await open(t);
    stage.spawner.broken = "no <memory>";
    const pressed = site.press({ start: "idle" });
    const { headers } = await inTime(stage, pressed);
    const { body } = await site.get((headers.location ?? "").slice(1));
    assert.match(body, /<p id="message" class="note bad" role="status">[^<]*no &lt;memory&gt;/);
    const answer = await site.press({ start: "nobody" }, { Accept: "application/json" });
    assert.equal(answer.status, 200);
    const { ok, message } = JSON.parse(answer.body) as { ok: boolean; message: string };
    assert.equal(ok, false);
    assert.match(message, /nobody/);
  });

  it("HEAD has the headers alone", async (t) => {
    const { site } = await open(t);
    const { status, headers, body } = await site.ask("HEAD", "/");
    assert.deepEqual([status, body], [200, ""]);
    assert.ok(Number(headers["content-length"]) > 1000);
  });
});

describe("the status page, attacked", () => {
  it("without the right token nothing is done", async (t) => {
    const { stage, site } = await open(t);
    const wanted = stage.states();
    for (const token of ["", "x", (await site.token()).slice(1), `${await site.token()}x`]) {
      const { status } = await site.press({ token, stop: "all" });
      assert.equal(status, 403);
    }
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    assert.equal((await site.ask("POST", "/", form, "stop=all")).status, 403);
    assert.deepEqual(stage.states(), wanted);
  });

  it("the token counts in a form's body alone", async (t) => {
    const { stage, site } = await open(t);
    const wanted = stage.states();
    const token = await site.token();
    const query = new URLSearchParams({ token, stop: "all" }).toString();
    const form = { "Content-Type": "application/x-www-form-urlencoded" };
    assert.equal((await site.ask("POST", `/?${query}`, form, "x=y")).status, 403);
    for (const type of ["text/plain", "multipart/form-data; boundary=x", "application/json", ""])
      assert.equal(
        (await site.ask("POST", "/", { "Content-Type": type }, query)).status,
        415,
        type,
      );
    assert.deepEqual(stage.states(), wanted);
  });

  it("GET and HEAD change nothing, whatever they ask for", async (t) => {
    const { stage, site } = await open(t);
    const wanted = stage.states();
    const token = await site.token();
    const queries = [
      "processname=web&action=stop", // supervisord would
      "action=stopall",
      `token=${token}&stop=all`,
    ];
    for (const query of queries) {
      for (const path of ["/", "/index.html", "/tail.html", "/metrics", "/healthz", "/readyz"]) {
        await site.get(`${path}?${query}`);
        await site.ask("HEAD", `${path}?${query}`);
      }
    }
    assert.deepEqual(stage.states(), wanted);
  });

  it("names, messages and descriptions are text, never markup", async (t) => {
    const evil = `"><img=x,onerror='alert(1)'>&amp;`;
    const evils = { [evil]: { command: "x" }, fine: { command: "y", startretries: 0 } };
    const play = new Stage({ programs: evils, identifier: `</title><script>alert(1)</script>` });
    play.spawner.broken = `</script><script>alert(2)</script>`;
    play.supervisor.start().catch(() => {});
    await play.pass(0);
    const site = await Site.of(t, play.supervisor);
    const { body } = await site.get("/");
    assert.match(body, /data-id="&quot;&gt;&lt;img=x,onerror=&#39;alert\(1\)&#39;&gt;&amp;amp;"/);
    assert.match(body, /&lt;\/script&gt;&lt;script&gt;alert\(2\)/);
    const tail = await site.get(`/tail.html?processname=${encodeURIComponent(evil)}`);
    for (const page of [body, tail.body]) {
      assert.doesNotMatch(page, /<img|alert\(\d\)<\/script>/);
      assert.equal(page.match(/<script/g)?.length, 1);
    }
    // the payload of an event cannot end its line
    const listener = await site.listen();
    const { data } = (await listener.next()) as { data: { processes: { id: string }[] } };
    assert.ok(data.processes.some(({ id }) => id === evil));
    listener.leave();
  });

  it("a link from elsewhere cannot have the page say something", async (t) => {
    const { site } = await open(t);
    for (const query of ["message=%2BCall+us", "message=%2BCall+us&seal=x", "message=&seal="]) {
      const { status, body } = await site.get(`/?${query}`);
      assert.equal(status, 200);
      assert.match(body, /<p id="message" class="note" role="status"><\/p>/);
    }
  });

  it("an order that is none, or two at a time, is refused", async (t) => {
    const { stage, site } = await open(t);
    const wanted = stage.states();
    for (const fields of [{}, { shutdown: "all" }, { __proto__: "x", constructor: "y" }])
      assert.equal((await site.press(fields as Record<string, string>)).status, 400);
    assert.equal((await site.press({ stop: "all", start: "all" })).status, 400);
    assert.equal((await site.ask("PUT", "/")).status, 400);
    assert.deepEqual(stage.states(), wanted);
  });

  it("nothing is loaded, run or framed but what is the page's own", async (t) => {
    const { site } = await open(t);
    const { headers, body } = await site.get("/");
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /^default-src 'none'; script-src 'sha256-/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe|\*|http/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["x-frame-options"], "DENY");
    assert.doesNotMatch(body, / on\w+=| style=|javascript:|https?:\/\//);
    assert.doesNotMatch(
      body,
      /\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval)\b/,
    );
  });
});
