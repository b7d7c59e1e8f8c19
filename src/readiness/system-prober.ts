import type { Clock } from "../ports/clock.ts";
import type { Answer, Probe, Prober } from "../ports/prober.ts";
import { knownAddresses, lookupCalls } from "./addresses.ts";
import { Attempt } from "./attempt.ts";
import { connect, type Endpoint } from "./connect.ts";
import { fileCalls, fileFailure, fileId } from "./file-probe.ts";
import { askStatus } from "./http-status.ts";
import { SocketPool } from "./socket-pool.ts";

type SocketProbe = Exclude<Probe, { readonly kind: "file" }>;

interface Failure {
  readonly reason: string;
  readonly hasConnected: boolean;
}

/** One pool and one queue for all supervisors of a host. */
const hostSockets = new SocketPool(32);
const lookups = lookupCalls();
const files = fileCalls();

/** Asks with sockets, and looks at files. */
export class SystemProber implements Prober {
  readonly #clock: Clock;
  readonly #sockets: SocketPool;

  constructor(clock: Clock, sockets: SocketPool = hostSockets) {
    this.#clock = clock;
    this.#sockets = sockets;
  }

  attempt(probe: Probe, limitMs: number, done: (answer: Answer) => void): () => void {
    const attempt = new Attempt(this.#clock, limitMs, done);
    if (probe.kind === "file") lookForFile(attempt, probe);
    else if (probe.kind === "unix") this.#askAll(attempt, probe, [{ path: probe.path }]);
    else this.#find(attempt, probe);
    return () => attempt.giveUp();
  }

  fileId(path: string): string | undefined {
    return fileId(path);
  }

  /** Asks at all addresses of the host. */
  #find(attempt: Attempt, probe: Exclude<SocketProbe, { readonly kind: "unix" }>): void {
    const { host, port } = probe;
    const askAt = (addresses: readonly string[]) => {
      const places = addresses.map((address) => ({ host: address, port }));
      this.#askAll(attempt, probe, places);
    };
    const known = knownAddresses(host);
    if (known) return askAt(known);
    const withdraw = lookups.ask(
      host,
      () => attempt.resume(),
      (found) => {
        attempt.pause();
        if ("reason" in found) attempt.answer({ isReady: false, reason: found.reason });
        else askAt(found.addresses.slice(0, this.#sockets.size));
      },
    );
    attempt.atEnd(withdraw);
  }

  /** Asks at all places at the same time: one success suffices. */
  #askAll(attempt: Attempt, probe: SocketProbe, places: readonly Endpoint[]): void {
    const stops: (() => void)[] = [];
    const failures: Failure[] = [];
    let left = places.length;
    const giveBack = this.#sockets.take(places.length, () => {
      attempt.resume();
      for (const [index, place] of places.entries()) {
        const stop = ask(place, probe, (failure) => {
          if (failure === undefined) return attempt.answer({ isReady: true });
          failures[index] = failure;
          if (--left === 0) attempt.answer({ isReady: false, reason: bestReason(failures) });
        });
        stops.push(stop);
      }
    });
    attempt.atEnd(() => {
      for (const stop of stops) stop();
      giveBack(); // only now: others open their sockets
    });
  }
}

/** Asks at one place. Calls `told` later, and not after the returned function was called. */
function ask(place: Endpoint, probe: SocketProbe, told: (failure?: Failure) => void): () => void {
  let isOver = false;
  const stop = () => {
    isOver = true;
    socket.destroy();
  };
  const tell = (hasConnected: boolean) => (reason?: string) => {
    if (isOver) return;
    stop();
    told(reason === undefined ? undefined : { reason, hasConnected });
  };
  const opened = () => {
    if (probe.kind === "http") askStatus(socket, probe, tell(true));
    else tell(true)();
  };
  const socket = connect(place, opened, tell(false));
  return stop;
}

/** The reason of the first place that could be connected to, else of the first. */
function bestReason(failures: readonly Failure[]): string {
  const best = failures.find(({ hasConnected }) => hasConnected) ?? failures[0];
  return best?.reason ?? "there is no address";
}

function lookForFile(
  attempt: Attempt,
  { path, before }: Extract<Probe, { readonly kind: "file" }>,
): void {
  const withdraw = files.ask(
    path,
    () => attempt.resume(),
    (found) => {
      const reason = fileFailure(path, found, before);
      attempt.answer(reason === undefined ? { isReady: true } : { isReady: false, reason });
    },
  );
  attempt.atEnd(withdraw);
}
