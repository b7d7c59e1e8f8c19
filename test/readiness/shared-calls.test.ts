import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SharedCalls } from "../../src/readiness/shared-calls.ts";

/** Calls that end when the test says so. */
function stage(most: number) {
  const running = new Map<string, (result: string) => void>();
  const heard: string[] = [];
  const calls = new SharedCalls<string>(most, (key, done) => {
    assert.ok(!running.has(key), `${key} runs twice`);
    running.set(key, done);
  });
  return {
    heard,
    running: () => [...running.keys()],
    ask: (key: string, name = key) =>
      calls.ask(
        key,
        () => heard.push(`${name} begun`),
        (result) => heard.push(`${name} ${result}`),
      ),
    end: (key: string, result: string) => {
      const done = running.get(key);
      running.delete(key);
      done?.(result);
    },
  };
}

describe("calls that are shared", () => {
  it("one runs at a time, the others in order", () => {
    const { ask, end, heard, running } = stage(1);
    ask("a");
    ask("b");
    ask("c");
    assert.deepEqual(running(), ["a"]);
    end("a", "1");
    assert.deepEqual(running(), ["b"]);
    end("b", "2");
    end("c", "3");
    assert.deepEqual(heard, ["a begun", "b begun", "a 1", "c begun", "b 2", "c 3"]);
  });

  it("two run at a time", () => {
    const { ask, end, running } = stage(2);
    for (const key of ["a", "b", "c"]) ask(key);
    assert.deepEqual(running(), ["a", "b"]);
    end("b", "1");
    assert.deepEqual(running(), ["a", "c"]);
  });

  it("who asks the same shares the call, also while it runs", () => {
    const { ask, end, heard } = stage(1);
    ask("a", "first");
    ask("a", "second");
    end("a", "1");
    ask("a", "third");
    end("a", "2");
    assert.deepEqual(heard, [
      "first begun",
      "second begun",
      "first 1",
      "second 1",
      "third begun",
      "third 2",
    ]);
  });

  it("who withdrew hears nothing more; a running call goes on, a waiting one is forgotten", () => {
    const { ask, end, heard, running } = stage(1);
    const withdrawA = ask("a");
    const withdrawB = ask("b");
    ask("c");
    withdrawA();
    withdrawB();
    assert.deepEqual(running(), ["a"]);
    end("a", "1");
    assert.deepEqual(running(), ["c"]);
    assert.deepEqual(heard, ["a begun", "c begun"]);
  });

  it("a call that nobody waits for is shared with the next who asks", () => {
    const { ask, end, heard } = stage(1);
    ask("a", "first")();
    ask("a", "second");
    end("a", "1");
    assert.deepEqual(heard, ["first begun", "second begun", "second 1"]);
  });

  it("withdrawing twice does not touch a call of the same name", () => {
    const { ask, end, running } = stage(1);
    ask("a");
    const withdraw = ask("b", "first");
    withdraw();
    const withdrawSecond = ask("b", "second");
    withdrawSecond();
    ask("b", "third");
    withdraw();
    withdrawSecond();
    end("a", "1");
    assert.deepEqual(running(), ["b"]);
  });

  it("withdrawing late does not touch a call of the same name", () => {
    const { ask, end, heard, running } = stage(1);
    const withdraw = ask("a", "first");
    end("a", "1");
    ask("b");
    ask("a", "second");
    withdraw();
    end("b", "2");
    assert.deepEqual(running(), ["a"]);
    end("a", "3");
    assert.equal(heard.at(-1), "second 3");
  });
});
