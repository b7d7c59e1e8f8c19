import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Pace, WakeUps } from "../../src/spawn/pace.ts";

const NO_LIMIT = Infinity;
/** How soon a writer that was held up goes on, and how soon a byte is read that nobody leaves waiting, in ms. */
const TURN_MS = 0.05;
/** A timer is late. */
const LATE_MS = 0.5;
const MOMENT_MS = 0.1;

interface Writer {
  /** When its lines come, in ms; a line is written as soon as there is room. */
  readonly at: (line: number) => number;
  readonly bytes: number;
  readonly room?: number;
  /** Whether it is sent something right before a line. */
  readonly isAsked?: (line: number) => boolean;
}

/** What a stream has gone through. */
interface Seen {
  reads: number;
  bytes: number;
  /** How long each line waited in the pipe. */
  readonly delays: number[];
}

/** Streams of one host, in virtual time: each has a writer, a pipe, and a pace. */
function play(writers: readonly Writer[], untilMs: number, fromMs = 0): Seen[] {
  const wakeUps = new WakeUps();
  const streams = writers.map(({ at, bytes, room = 65_536, isAsked }) => {
    const pace = new Pace(wakeUps, 0);
    const inside: number[] = []; // when each line in the pipe was written
    let line = 0;
    let due: number | undefined; // when the host looks again, if it does not wait for bytes
    let freed = 0;
    const seen: Seen = { reads: 0, bytes: 0, delays: [] };
    return {
      seen,
      get next(): number {
        const hasRoom = (inside.length + 1) * bytes <= room;
        const writes = hasRoom ? Math.max(at(line), freed) : Infinity;
        return Math.min(writes, due ?? Infinity);
      },
      step(now: number): void {
        if ((inside.length + 1) * bytes <= room && Math.max(at(line), freed) <= now) {
          if (isAsked?.(line)) {
            pace.expect();
            if (due !== undefined) due = now;
          }
          inside.push(now);
          line++;
          due ??= now + TURN_MS;
        } else if (due !== undefined && due <= now) {
          due = undefined;
          if (inside.length === 0) return;
          const length = Math.min(65_536, inside.length * bytes);
          const lines = inside.splice(0);
          if (now >= fromMs) {
            seen.reads++;
            seen.bytes += length;
            seen.delays.push(...lines.map((begun) => now - begun));
          }
          freed = now + TURN_MS;
          const rest = pace.after(length, now, NO_LIMIT);
          if (rest === "moment") due = now + MOMENT_MS;
          else if (rest !== "none") due = now + Math.ceil(rest) + LATE_MS;
        }
      },
    };
  });
  for (;;) {
    const first = streams.reduce((one, other) => (other.next < one.next ? other : one));
    if (first.next > untilMs) return streams.map(({ seen }) => seen);
    first.step(first.next);
  }
}

function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] as number;
}

function sum(seen: readonly Seen[], of: "reads" | "bytes"): number {
  return seen.reduce((total, one) => total + one[of], 0);
}

/** Lines of 100 bytes, evenly, each stream a little later than the one before. */
function even(perSecond: number, shift = 0): Writer {
  return { at: (line) => ((line + shift) * 1000) / perSecond, bytes: 100 };
}

/** As many lines as make a host busy. */
const busy = Array.from({ length: 20 }, (_, i) => even(100, i / 20));

describe("Pace", () => {
  for (const perSecond of [1, 20, 50, 300]) {
    it(`${perSecond} lines a second in an idle host are read as they come`, () => {
      const [seen] = play([even(perSecond)], 10_000);
      assert.ok(quantile(seen?.delays ?? [], 1) < 1, String(seen?.delays));
    });
  }

  it("20 programs that write 20 lines a second each are read as they write", () => {
    const seen = play(
      Array.from({ length: 20 }, (_, i) => even(20, i / 20)),
      10_000,
    );
    assert.ok(seen.every(({ delays }) => quantile(delays, 1) < 1));
  });

  it("100 programs that write 100 lines a second each wait, and no byte for longer than 90 ms", () => {
    const seen = play(
      Array.from({ length: 100 }, (_, i) => even(100, i / 100)),
      4000,
      2000,
    );
    const reads = sum(seen, "reads") / 2;
    assert.ok(reads < 1400, `${reads} a second`); // 1,100, each after 90 ms, and a few
    for (const { delays } of seen) assert.ok(quantile(delays, 1) < 92, String(quantile(delays, 1)));
  });

  it("10 programs that write 2,000 lines a second each cost no more than the budget", () => {
    const seen = play(
      Array.from({ length: 10 }, (_, i) => even(2000, i / 10)),
      4000,
      2000,
    );
    const reads = sum(seen, "reads") / 2;
    assert.ok(reads < 350, `${reads} a second`);
  });

  it("the budget is one of all streams together", () => {
    const seen = play(
      Array.from({ length: 20 }, (_, i) => even(50, i / 20)),
      6000,
      3000,
    );
    const reads = sum(seen, "reads") / 3;
    assert.ok(reads < 550, `${reads} a second`); // of 1,000 lines
  });

  it("a second after a load, lines are read as they come", () => {
    const load: Writer = {
      at: (line) => (line < 6000 ? line / 2 : 5000 + (line - 6000) * 20),
      bytes: 100,
    };
    const [seen] = play([load], 8000, 4500);
    assert.ok(quantile(seen?.delays ?? [], 1) < 1, String(seen?.delays));
  });

  it("what answers is read at once in a busy host", () => {
    const loud = Array.from({ length: 50 }, (_, i) => even(200, i / 50));
    // in three parts, 0.5 ms apart
    const at = (line: number) => Math.floor(line / 3) * 25 + (line % 3) * 0.5;
    const isAsked = (line: number) => line % 3 === 0;
    const [seen, other] = play([{ at, bytes: 100, isAsked }, ...loud], 3000, 1000);
    assert.ok(quantile(seen?.delays ?? [], 1) < 1, String(seen?.delays));
    assert.ok(quantile(other?.delays ?? [], 0.5) > 10); // it is busy
  });

  it("a flood is not held up", () => {
    const [seen] = play([{ at: () => 0, bytes: 1024 }], 1000);
    assert.ok((seen?.bytes ?? 0) / 1e6 > 300, `${(seen?.bytes ?? 0) / 1e6} MB/s`);
  });

  for (const room of [4096, 8192, 16_384]) {
    for (const bytes of [100, 1024, 2049]) {
      it(`a flood through a pipe that holds ${room} bytes is not held up, in writes of ${bytes}`, () => {
        const [seen] = play([{ at: () => 0, bytes, room }], 2000, 1000);
        const speed = (seen?.bytes ?? 0) / 1e6;
        assert.ok(speed > room / 1000 / 2, `${speed} MB/s`);
      });
    }
  }

  it("a flood through a small pipe after a time of lines is not held up for long", () => {
    // so many lines that each rest fills the pipe exactly
    const at = (line: number) => (line < 4000 ? line / 0.455 : 0);
    const [seen] = play([{ at, bytes: 100, room: 4096 }, ...busy], 14_000, 11_500);
    assert.ok((seen?.bytes ?? 0) / 2.5e6 > 2, `${(seen?.bytes ?? 0) / 2.5e6} MB/s`);
  });

  it("a pipe that was small is given the usual time again", () => {
    const at = (line: number) => (line < 20_000 ? 0 : 2000 + (line - 20_000) / 2);
    const [seen] = play([{ at, bytes: 100, room: 4096 }], 20_000, 15_000);
    assert.ok((seen?.reads ?? 0) / 5 < 200, `${(seen?.reads ?? 0) / 5} reads a second`);
  });
});
