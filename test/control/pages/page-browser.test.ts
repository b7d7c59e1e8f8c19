/** The pages in a real browser, the processes in virtual time. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, it, type TestContext } from "node:test";
import { escapeHtml } from "../../../src/control/pages/escape.ts";
import type { SupervisorSettings } from "../../../src/index.ts";
import { Stage } from "../../support/helpers.ts";
import { launchBrowser, noBrowser, type Browser, type Page, type View } from "../browser.ts";
import { inTime, Site } from "../helpers.ts";

const LONG = "a-program-with-a-very-long-name-that-nobody-would-choose-but-somebody-did".repeat(2);
const programs = {
  web: { command: "web", autorestart: false },
  cat: { command: "cat", numprocs: 2, process_name: "%(program_name)s_%(process_num)d" },
  idle: { command: "idle", autostart: false },
};

describe("the pages in a browser", { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(async () => browser.close());

  /** A page that is open, and whatever it complained of. */
  const open = async (
    t: TestContext,
    {
      settings = { programs },
      path = "/",
      ...options
    }: View & { settings?: SupervisorSettings; path?: string } = {},
  ) => {
    const stage = new Stage(settings);
    await stage.up();
    const site = await Site.of(t, stage.supervisor);
    const context = await browser.newContext(options);
    t.after(async () => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", ({ message }) => complaints.push(message));
    await page.goto(site.url + path);
    return { stage, site, page, complaints };
  };
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
  const isIn = async (page: Page, id: string, state: string) =>
    page.locator(`tr[data-id="${id}"][data-state="${state}"]`).waitFor();
  const says = async (page: Page, text: string) =>
    page.locator("#message", { hasText: text }).waitFor();

  it("start, stop, restart and clear, of one, a group and all, without leaving the page", async (t) => {
    const { stage, page, complaints } = await open(t);
    await page.evaluate("window.isTheSame = true");
    const press = async (name: string, message: string) => {
      await button(page, name).click();
      await inTime(stage, says(page, message));
    };
    await press("Stop web", "Stopped web");
    await isIn(page, "web", "STOPPED");
    assert.equal(await button(page, "Stop web").getAttribute("aria-disabled"), "true");
    await press("Start web", "Started web");
    await isIn(page, "web", "RUNNING");
    const children = stage.spawner.children.length;
    await press("Restart web", "Restarted web");
    assert.equal(stage.spawner.children.length, children + 1);
    stage.spawner.of("web").print("a line\n");
    await press("Clear web", "Cleared the logs of web");
    assert.equal((await stage.supervisor.tail("web")).length, 0);
    await press("Stop cat:*", "Stopped cat:*");
    await isIn(page, "cat:cat_1", "STOPPED");
    await press("Start all", "Started all");
    await isIn(page, "idle", "RUNNING");
    await press("Stop all", "Stopped all");
    await isIn(page, "idle", "STOPPED");
    assert.match(await page.title(), /^0\/4 /);
    assert.equal(await page.evaluate("window.isTheSame"), true);
    assert.deepEqual(complaints, []);
  });

  it("an order that fails says why", async (t) => {
    const { stage, page } = await open(t);
    stage.spawner.broken = "no <b>memory</b>";
    await button(page, "Start idle").click();
    await inTime(stage, says(page, "no <b>memory</b>"));
    assert.match((await page.locator("#message").getAttribute("class")) ?? "", /bad/);
  });

  it("a death is seen at once, new programs too, and uptimes count by themselves", async (t) => {
    const { stage, page, complaints } = await open(t);
    const about = page.locator('tr[data-id="cat:cat_0"] .about');
    assert.match((await about.textContent()) ?? "", /^pid \d+, uptime 0:00:0\d$/);
    await page.locator('tr[data-id="cat:cat_0"] .about', { hasText: "uptime 0:00:03" }).waitFor();
    stage.spawner.of("web").exit(3);
    await isIn(page, "web", "EXITED");
    await page.locator('tr[data-id="web"]', { hasText: "Bad exit code 3" }).waitFor();
    await page.locator("#count", { hasText: "2 of 4 running" }).waitFor();
    await page.locator("#changes", { hasText: "web EXITED" }).waitFor({ state: "attached" });
    await button(page, "Restart web").focus();
    stage.supervisor.add("new", { command: "new" });
    await isIn(page, "new", "STARTING");
    assert.equal(await page.evaluate("document.activeElement.value"), "web");
    await stage.pass(1000);
    await isIn(page, "new", "RUNNING");
    await stage.supervisor.remove("new");
    await page.locator('tr[data-id="new"]').waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  });

  it("with the keyboard alone: in order, seen, and the focus stays", async (t) => {
    const { stage, page } = await open(t);
    const focused = async () =>
      String(await page.evaluate("document.activeElement.getAttribute('aria-label')"));
    const order: string[] = [];
    for (let at = 0; at < 12; at++) {
      await page.keyboard.press("Tab");
      order.push(await focused());
      const width = await page.evaluate("getComputedStyle(document.activeElement).outlineWidth");
      assert.equal(width, "3px", order.at(-1));
    }
    assert.deepEqual(order, [
      "Start all",
      "Stop all",
      "Restart all",
      "Start cat:*",
      "Stop cat:*",
      "Restart cat:*",
      "Start cat:cat_0",
      "Stop cat:cat_0",
      "Restart cat:cat_0",
      "Clear cat:cat_0",
      "stdout of cat:cat_0",
      "stderr of cat:cat_0",
    ]);
    for (let back = 0; back < 4; back++) await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await inTime(stage, isIn(page, "cat:cat_0", "STOPPED"));
    assert.equal(await focused(), "Stop cat:cat_0");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Space");
    await inTime(stage, isIn(page, "cat:cat_0", "RUNNING"));
    assert.equal(await focused(), "Start cat:cat_0");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    it(`${colorScheme}: its own colours, each text with enough contrast`, async (t) => {
      const { page, stage } = await open(t, { colorScheme });
      stage.supervisor.add("slow", { command: "y", startsecs: 99 });
      stage.spawner.broken = "no memory";
      stage.supervisor.add("oops", { command: "x", startretries: 0 });
      await stage.pass(0);
      await isIn(page, "oops", "FATAL");
      await isIn(page, "slow", "STARTING");
      const background = String(await page.evaluate(BACKGROUND));
      assert.equal(luminance(background) > 0.5, colorScheme === "light");
      const pairs = (await page.evaluate(PAIRS)) as { name: string; text: string; back: string }[];
      assert.ok(pairs.length > 20);
      for (const { name, text, back } of pairs)
        assert.ok(contrast(text, back) >= 4.5, `${name}: ${text} on ${back}`);
    });
  }

  it("320 pixels wide: nothing to scroll sideways, a table still", async (t) => {
    const settings = { programs: { ...programs, [LONG]: { command: "x" } } };
    const viewport = { width: 320, height: 640 };
    const { page, site } = await open(t, { settings, viewport });
    const width = "document.documentElement.scrollWidth";
    assert.equal(await page.evaluate(width), 320);
    await button(page, "Stop web").click();
    await isIn(page, "web", "STOPPED");
    assert.equal(await page.getByRole("table").count(), 1);
    assert.equal(await page.getByRole("row").count(), 7);
    assert.equal(await page.getByRole("cell", { name: "STOPPED" }).count(), 2);
    await page.goto(`${site.url}/tail.html?processname=${LONG}&channel=stderr`);
    assert.equal(await page.evaluate(width), 320);
  });

  it("each name has one line where there is room, and nothing scrolls sideways anywhere", async (t) => {
    const name = "a-rather-long-name-of-a-program";
    const settings = { programs: { ...programs, [name]: { command: "x" } } };
    const lines = (id: string) =>
      `(e => e.getBoundingClientRect().height / parseFloat(getComputedStyle(e).lineHeight))(document.querySelector('[data-id="${id}"] th span'))`;
    for (const [width, most] of [
      [1280, 1],
      [1120, 1],
      [1000, 3],
      [935, 3],
      [600, 1],
    ] as const) {
      const viewport = { width, height: 640 };
      const { page } = await open(t, { settings, viewport });
      assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
      const table = "document.querySelector('table').getBoundingClientRect().right";
      assert.ok(Number(await page.evaluate(table)) <= width - 10, `the table at ${width}`);
      assert.ok(Number(await page.evaluate(lines(name))) < most + 0.5, `the name at ${width}`);
      assert.ok(Number(await page.evaluate(lines("web"))) < 1.5);
    }
  });

  it("what fails shows what it wrote last, as it happens, when loaded, and as text", async (t) => {
    const settings = {
      programs: { bad: { command: "x", autostart: false, startretries: 1 } },
    };
    const { stage, site, page, complaints } = await open(t, { settings });
    const said = (id: string) => page.locator(`tr[data-id="${id}"] .about code`);
    stage.supervisor.start("bad").catch(() => {});
    await isIn(page, "bad", "STARTING");
    const last = "\u001b[31mError: <b>refused</b>\u001b[0m";
    stage.spawner.last.print("listening\n");
    stage.spawner.last.print(`trace\n${last}\n`, "stderr");
    assert.equal(await said("bad").count(), 0);
    stage.spawner.last.exit(1);
    await isIn(page, "bad", "BACKOFF");
    assert.equal(await said("bad").textContent(), "Error: <b>refused</b>");
    await page.goto(site.url);
    assert.equal(await said("bad").textContent(), "Error: <b>refused</b>");
    stage.clock.advance(1000);
    await isIn(page, "bad", "STARTING");
    assert.equal(await said("bad").count(), 0);
    stage.spawner.last.print(`${"long ".repeat(200)}\n\n`, "stderr");
    stage.spawner.last.exit(1);
    stage.clock.advance(0);
    await isIn(page, "bad", "FATAL");
    assert.equal(await said("bad").textContent(), `${"long ".repeat(60)}…`);
    stage.spawner.broken = "no memory"; // what it wrote before has nothing to do with that
    stage.supervisor.start("bad").catch(() => {});
    await page.locator('tr[data-id="bad"] .about', { hasText: "no memory" }).waitFor();
    assert.equal(await said("bad").count(), 0);
    assert.deepEqual(complaints, []);
  });

  it("without JavaScript: the same, by forms", async (t) => {
    const { stage, page } = await open(t, { javaScriptEnabled: false });
    await page.getByText("3 of 4 running").waitFor();
    await button(page, "Stop web").click();
    await inTime(stage, says(page, "Stopped web"));
    await isIn(page, "web", "STOPPED");
    await button(page, "Start cat:*").click();
    await inTime(stage, says(page, "Started cat:*"));
    stage.spawner.of("web").print("a line\n");
    await page.getByRole("link", { name: "Refresh" }).click();
    await page.getByRole("link", { name: "stdout of web" }).click();
    await page.getByText("a line").waitFor();
    await page.getByRole("link", { name: "All processes" }).click();
    await isIn(page, "web", "STOPPED");
  });

  it("a log is followed, by its channel", async (t) => {
    const { stage, page, complaints } = await open(t);
    stage.spawner.of("web").print("one <i>\n");
    stage.spawner.of("web").print("oh\n", "stderr");
    await page.getByRole("link", { name: "stdout of web" }).click();
    const log = page.getByRole("region", { name: "stdout of web" });
    await log.getByText("one <i>").waitFor();
    stage.spawner.of("web").print("more\n".repeat(200));
    stage.spawner.of("web").print("the end\n");
    await page.locator("pre", { hasText: "the end" }).waitFor();
    assert.equal(await log.textContent(), `one <i>\n${"more\n".repeat(200)}the end\n`);
    const below =
      "(e => e.scrollHeight - e.scrollTop - e.clientHeight)(document.querySelector('pre'))";
    assert.ok(Number(await page.evaluate(below)) < 2);
    await page.getByRole("link", { name: "stderr" }).click();
    await page.locator("pre", { hasText: "oh" }).waitFor();
    await stage.supervisor.remove("web");
    await page.getByText("This process was removed").waitFor();
    assert.deepEqual(complaints, []);
  });

  it("a lost connection is told and made anew, also to another server of another token", async (t) => {
    const { stage, site, page } = await open(t);
    const port = Number(new URL(site.url).port);
    await site.close();
    await page.getByText("Connection lost").waitFor();
    stage.spawner.of("web").exit(1);
    await Site.of(t, stage.supervisor, {}, port);
    await isIn(page, "web", "EXITED");
    await page.getByText("Connection lost").waitFor({ state: "detached" });
    await button(page, "Stop cat:cat_1").click();
    await inTime(stage, says(page, "Stopped cat:cat_1"));
  });

  it("a page of another site stops nothing, whatever it sends", async (t) => {
    const { stage, site, page } = await open(t);
    const call = "<methodCall><methodName>supervisor.stopAllProcesses</methodName><params/><!--";
    const target = `${site.url}/RPC2`;
    const form = (type: string) =>
      `<form method="post" action="${target}" enctype="${type}"><input name="${escapeHtml(call)}" value="--&gt;&lt;/methodCall&gt;"></form>`;
    const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"];
    const elsewhere = createServer((_request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.setHeader("Referrer-Policy", "no-referrer");
      response.end(types.map(form).join(""));
    }).listen(0);
    t.after(() => elsewhere.close());
    await once(elsewhere, "listening");
    const evil = `http://localhost:${(elsewhere.address() as AddressInfo).port}/`;
    for (const i of types.keys()) {
      await page.goto(evil);
      await page.evaluate(`document.forms[${i}].submit()`);
      await page.getByText("Forbidden: pages of other sites may not call this server").waitFor();
    }
    await page.goto(evil);
    for (const init of ["", `, headers: { "Content-Type": "text/plain" }`]) {
      const body = JSON.stringify(`${call}--></methodCall>`);
      await page.evaluate(
        `fetch("${target}", { method: "POST", mode: "no-cors", credentials: "include", body: ${body}${init} })`,
      );
      await page.evaluate(
        `new Promise((done) => { navigator.sendBeacon("${target}", ${body}); fetch("${target}", { mode: "no-cors" }).finally(done); })`,
      );
    }
    await inTime(stage, stage.supervisor.start("idle"));
    assert.deepEqual(new Set(Object.values(stage.states())), new Set(["RUNNING"]));
  });

  it("two hundred processes", async (t) => {
    const many = { command: "x", numprocs: 200, process_name: "many_%(process_num)03d" };
    const { stage, page } = await open(t, { settings: { programs: { many } } });
    await page.getByText("200 of 200 running").waitFor();
    await button(page, "Restart many:many_150").click();
    await inTime(stage, says(page, "Restarted many:many_150"));
    void stage.supervisor.stop("many:*");
    await page.getByText("0 of 200 running").waitFor();
  });
});

const BACKGROUND = "getComputedStyle(document.body).backgroundColor";

/** Each text that is seen, with its colour and what is behind it. */
const PAIRS = `(() => {
  const isSolid = (colour) => !/^rgba\\(.*, 0\\)$/.test(colour);
  return [...document.querySelectorAll("body *")].filter((e) =>
    e.checkVisibility() && !e.closest("[aria-disabled=true]") &&
    [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && e.tagName !== "SCRIPT"
  ).map((e) => {
    let back = e;
    while (back && !isSolid(getComputedStyle(back).backgroundColor)) back = back.parentElement;
    return { name: e.textContent, text: getComputedStyle(e).color, back: getComputedStyle(back).backgroundColor };
  });
})()`;

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** As WCAG defines it. */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}
