import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MessageQueue, type Message } from "../../src/listeners/message-queue.ts";

const message = (serial: number, due = -Infinity): Message => ({
  serial,
  due,
  bytes: new Uint8Array(),
  rejections: 0,
});

function queueOf(...messages: readonly Message[]): MessageQueue {
  const queue = new MessageQueue();
  for (const each of messages) queue.push(each, "last");
  return queue;
}

/** The serials, in the order in which they are taken. */
function takeAll(queue: MessageQueue, now: number): number[] {
  const serials: number[] = [];
  for (let next; (next = queue.takeDue(now));) serials.push(next.serial);
  return serials;
}

describe("MessageQueue", () => {
  it("gives messages in their order, and one that was given back first", () => {
    const queue = queueOf(message(1), message(2));
    queue.push(message(0), "first");
    assert.equal(queue.length, 3);
    assert.deepEqual(takeAll(queue, 0), [0, 1, 2]);
    assert.equal(queue.length, 0);
  });

  it("holds up no message for one in a pause", () => {
    const queue = queueOf(message(1, 50), message(2), message(3, 20));
    assert.equal(queue.nextDue(0), 20);
    assert.deepEqual(takeAll(queue, 0), [2]);
    assert.deepEqual(takeAll(queue, 20), [3]);
    assert.equal(queue.nextDue(20), 50);
    assert.deepEqual(takeAll(queue, 50), [1]);
    assert.equal(queue.nextDue(50), Infinity);
  });

  it("puts back a message before the others that are due", () => {
    const queue = queueOf(message(1, 50), message(2), message(3));
    const taken = queue.takeDue(0);
    assert.ok(taken);
    queue.putBack(taken, 0);
    assert.deepEqual(takeAll(queue, 50), [1, 2, 3]);
  });

  it("drops the oldest only where it is full", () => {
    const queue = queueOf(message(1), message(2));
    assert.equal(queue.dropOldest(3), undefined);
    assert.equal(queue.dropOldest(2)?.serial, 1);
    assert.equal(queue.dropOldest(2), undefined);
    queue.clear();
    assert.equal(queue.length, 0);
  });
});
