import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { abortable, linkedAbort, onAbort } from "../../src/lifecycle/wait.ts";
import { Stage, turn } from "../support/helpers.ts";

/** What Node warns of, from now to the end of the test. */
function warnings(t: TestContext): Error[] {
  const seen: Error[] = [];
  const note = (warning: Error) => seen.push(warning);
  process.on("warning", note);
  t.after(() => process.off("warning", note));
  return seen;
}

const programs = {
  many: { command: "x", numprocs: 12, process_name: "p%(process_num)d", priority: 1 },
  more: { command: "x", priority: 2 },
};

describe("one AbortSignal for many", () => {
  it("start, restart, stop and shutdown of twelve processes: Node warns of no leak", async (t) => {
    const seen = warnings(t);
    const stage = new Stage({ programs });
    const { signal } = new AbortController();
    const names = [...stage.supervisor.programs.get("many")!.processes].map((one) => one.namespec);
    const started = stage.supervisor.start(undefined, { signal });
    const each = names.map((name) => stage.supervisor.start(name, { signal }));
    await stage.pass(1000);
    await Promise.all([started, ...each]);
    const restarted = Promise.allSettled([
      stage.supervisor.restart(undefined, { signal }),
      ...names.map((name) => stage.supervisor.restart(name, { signal })),
      ...names.map(() => stage.supervisor.restart("all", { signal })),
    ]);
    for (let i = 0; i < 5; i++) await stage.pass(1000);
    await restarted;
    const stopped = stage.supervisor.stop(undefined, { signal });
    await stage.pass(0);
    await stopped;
    await Promise.all(names.map(() => stage.supervisor.shutdown({ signal })));
    await turn();
    assert.deepEqual(seen, []);
  });

  it("events() and follow(), twelve times: Node warns of no leak, and an abort ends each", async (t) => {
    const seen = warnings(t);
    const stage = new Stage({ programs: { web: { command: "x" } } });
    const abort = new AbortController();
    const { signal } = abort;
    const twelve = Array.from({ length: 12 });
    const reading = twelve.flatMap(() => [
      stage.supervisor.events({ signal }).next(),
      stage.supervisor.follow("web", "stdout", { signal })[Symbol.asyncIterator]().next(),
    ]);
    await turn();
    abort.abort(new Error("enough"));
    const ends = await Promise.allSettled(reading);
    assert.deepEqual(new Set(ends.map(({ status }) => status)), new Set(["rejected"]));
    assert.deepEqual(seen, []);
    assert.throws(() => stage.supervisor.events({ signal }), { name: "AbortError" });
  });

  it("ends each wait with its reason, and begins nothing once it has aborted", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const waits = [1, 2, 3].map(() => abortable(abort.signal, () => {}));
    abort.abort(reason);
    for (const wait of await Promise.allSettled(waits))
      assert.deepEqual(wait, { status: "rejected", reason });
    let begun = false;
    const late = abortable(abort.signal, () => (begun = true));
    await assert.rejects(late, reason);
    assert.equal(begun, false);
  });

  it("has a listener only while somebody waits", () => {
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => listeners++;
    signal.removeEventListener = () => listeners--;
    const undo = [1, 2, 3].map(() => onAbort(signal, () => {}));
    assert.equal(listeners, 1);
    for (const one of [...undo, ...undo]) one();
    assert.equal(listeners, 0);
    onAbort(signal, () => {})();
    assert.equal(listeners, 0);
  });
});

describe("a linked AbortController", () => {
  it("is aborted with the signal, and its reason", () => {
    const abort = new AbortController();
    const { controller } = linkedAbort(abort.signal);
    assert.equal(controller.signal.aborted, false);
    abort.abort("enough");
    assert.equal(controller.signal.reason, "enough");
    assert.equal(linkedAbort(abort.signal).controller.signal.reason, "enough");
  });

  it("is aborted alone, and no more by the signal once it is unlinked", () => {
    const abort = new AbortController();
    const [one, other] = [linkedAbort(abort.signal), linkedAbort(abort.signal)];
    one.controller.abort("mine");
    assert.equal(abort.signal.aborted, false);
    other.unlink();
    abort.abort("theirs");
    assert.equal(one.controller.signal.reason, "mine");
    assert.equal(other.controller.signal.aborted, false);
  });

  it("needs no signal", () => {
    const { controller, unlink } = linkedAbort(undefined);
    unlink();
    controller.abort("mine");
    assert.equal(controller.signal.reason, "mine");
  });
});

describe("a restart in waves", () => {
  it("begins nothing with a signal that has aborted", async () => {
    const stage = new Stage({ programs });
    await stage.up();
    await assert.rejects(stage.supervisor.restart("all", { signal: AbortSignal.abort() }), {
      name: "AbortError",
    });
    await stage.pass(0);
    assert.deepEqual(stage.seen(), []);
  });
});
