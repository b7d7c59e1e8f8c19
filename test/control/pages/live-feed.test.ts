import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Feed } from "../../../src/control/pages/live-feed.ts";
import { Stage, turn } from "../../support/helpers.ts";
import { Site } from "../helpers.ts";

interface Shown {
  readonly state?: string;
  readonly processes: readonly { readonly id: string; readonly state: string }[];
}

const programs = { web: { command: "web", autorestart: false }, cat: { command: "cat" } };

function shown(event: { readonly event: string; readonly data: unknown } | undefined): string {
  if (!event) return "nothing";
  const { processes } = event.data as Shown;
  return `${event.event} ${processes.map(({ id, state }) => `${id} ${state}`).join(", ")}`;
}

describe("/events", () => {
  it("begins with all processes, then tells what changes", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    const listener = await site.listen();
    assert.equal(listener.response.headers["content-type"], "text/event-stream");
    assert.equal(shown(await listener.next()), "snapshot cat STOPPED, web STOPPED");
    void stage.supervisor.start().catch(() => {});
    assert.equal(shown(await listener.next()), "snapshot cat STARTING, web STARTING"); // a group was added
    stage.clock.advance(1000);
    assert.equal(shown(await listener.next()), "change cat RUNNING, web RUNNING");
    stage.spawner.of("web").exit(3);
    const exited = await listener.next();
    assert.equal(shown(exited), "change web EXITED");
    assert.match(JSON.stringify(exited), /"about":"Bad exit code 3, /);
  });

  it("the same to everybody, a snapshot to those who come later", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    await stage.up();
    const [one, two] = [await site.listen(), await site.listen()];
    await Promise.all([one.next(), two.next()]);
    stage.spawner.of("web").exit(0);
    const three = await site.listen();
    const told = await Promise.all([one.next(), two.next(), three.next()]);
    assert.deepEqual(told.map(shown), [
      "change web EXITED",
      "change web EXITED",
      "snapshot cat RUNNING, web EXITED",
    ]);
  });

  it("an update that takes or brings processes is told as a whole", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    await stage.up();
    const listener = await site.listen();
    await listener.next();
    stage.supervisor.add("new", { command: "new", autostart: false });
    assert.equal(shown(await listener.next()), "snapshot cat RUNNING, new STOPPED, web RUNNING");
  });

  it("a shutdown is told", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    await stage.up();
    const listener = await site.listen();
    await listener.next();
    const stopped = stage.supervisor.shutdown();
    assert.match(JSON.stringify(await listener.next()), /"state":"SHUTDOWN","processes"/);
    await stopped;
  });

  it("many can listen at once, and nobody is warned of that", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);
    t.after(() => process.off("warning", note));
    const listeners = await Promise.all(Array.from({ length: 20 }, async () => site.listen()));
    await Promise.all(listeners.map(async (listener) => listener.next()));
    await turn();
    assert.deepEqual(warnings, []);
  });

  it("goes on, as do waits and the metrics, although all listeners are removed", async (t) => {
    const stage = new Stage({ programs });
    const site = await Site.of(t, stage.supervisor);
    const listener = await site.listen();
    await listener.next();
    stage.supervisor.removeAllListeners();
    await stage.up();
    assert.equal(shown(await listener.next()), "snapshot cat STARTING, web STARTING");
    stage.spawner.of("web").exit(3);
    const { body } = await site.get("/metrics");
    assert.match(body, /supervisor_process_exits_total\{.*"web".*exitstatus="3".*\} 1\n/);
    listener.leave();
  });

  it("listens to the supervisor only while somebody listens to it", async (t) => {
    const stage = new Stage({ programs });
    const counts = () => stage.supervisor.listenerCount("PROCESS_STATE");
    const closed = counts();
    const site = await Site.of(t, stage.supervisor);
    const before = counts();
    const one = await site.listen();
    const two = await site.listen();
    assert.equal(counts(), before + 1);
    one.leave();
    two.leave();
    while (counts() !== before) await turn();
    const pending = stage.clock.pending;
    const three = await site.listen();
    assert.equal(shown(await three.next()), "snapshot cat STOPPED, web STOPPED");
    assert.equal(stage.clock.pending, pending); // no timer of the supervisor's, no TICK
    await site.close();
    assert.equal(await three.next(), undefined); // ended by the server
    assert.equal(counts(), closed); // /metrics has ceased to count, too
  });

  it("of a reader who is slow nothing is kept: it gets a snapshot when it reads on", () => {
    const stage = new Stage({ programs });
    const feed = new Feed(stage.supervisor);
    const written: string[] = [];
    const handlers = new Map<string, () => void>();
    const response = {
      writableNeedDrain: false,
      writableEnded: false,
      setHeaders: () => {},
      writeHead: () => {},
      setTimeout: () => {},
      write: (text: string) => written.push(text.split("\n")[0] ?? ""),
      on: (name: string, handler: () => void) => handlers.set(name, handler),
      end: () => {},
    };
    const gone = new AbortController();
    void feed.handle({} as never, response as never, { signal: gone.signal } as never);
    assert.deepEqual(written.splice(0), ["retry: 2000", "event: snapshot"]);
    response.writableNeedDrain = true;
    return (async () => {
      await stage.up();
      stage.spawner.of("web").exit(1);
      await turn();
      await turn();
      assert.deepEqual(written, []);
      response.writableNeedDrain = false;
      handlers.get("drain")?.();
      handlers.get("drain")?.();
      assert.deepEqual(written, ["event: snapshot"]);
      gone.abort();
      assert.equal(feed.size, 0);
    })();
  });

  it("a silent stream gets a sign of life; who does not take what was sent is let go", () => {
    const stage = new Stage({ programs });
    const feed = new Feed(stage.supervisor);
    const seen: string[] = [];
    let silent = () => {};
    const response = {
      writableNeedDrain: false,
      writableEnded: false,
      setHeaders: () => {},
      writeHead: () => {},
      setTimeout: (_ms: number, callback: () => void) => {
        silent = callback;
      },
      write: (text: string) => seen.push(text.split("\n")[0] ?? ""),
      on: () => {},
      end: () => {},
      destroy: () => seen.push("destroyed"),
    };
    const gone = new AbortController();
    void feed.handle({} as never, response as never, { signal: gone.signal } as never);
    seen.splice(0);
    silent();
    assert.deepEqual(seen.splice(0), ["event: beat"]);
    response.writableNeedDrain = true;
    silent();
    assert.deepEqual(seen, ["destroyed"]);
    gone.abort();
  });
});
