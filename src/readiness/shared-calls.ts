interface Asker<T> {
  readonly begun: () => void;
  readonly told: (result: T) => void;
}

interface Call<T> {
  isRunning: boolean;
  readonly askers: Set<Asker<T>>;
}

/**
 * Makes calls that cannot be given up and that block one of the four threads that Node has for them:
 * a look-up at a server that is down, a file on a file system that hangs. Only so many run at a time,
 * and all who ask the same share one.
 */
export class SharedCalls<T> {
  readonly #most: number;
  readonly #make: (key: string, done: (result: T) => void) => void;
  /** In the order in which they were first asked for. */
  readonly #calls = new Map<string, Call<T>>();
  #running = 0;

  constructor(most: number, make: (key: string, done: (result: T) => void) => void) {
    this.#most = most;
    this.#make = make;
  }

  /** Calls `begun` when the call runs, then `told`. The returned function withdraws both. */
  ask(key: string, begun: () => void, told: (result: T) => void): () => void {
    const asker = { begun, told };
    const call = this.#calls.get(key) ?? { isRunning: false, askers: new Set() };
    this.#calls.set(key, call);
    call.askers.add(asker);
    if (call.isRunning) begun();
    else this.#next();
    return () => {
      call.askers.delete(asker);
      if (call.askers.size === 0 && !call.isRunning && this.#calls.get(key) === call)
        this.#calls.delete(key);
    };
  }

  #next(): void {
    for (const [key, call] of this.#calls) {
      if (this.#running >= this.#most) return;
      if (!call.isRunning) this.#run(key, call);
    }
  }

  #run(key: string, call: Call<T>): void {
    call.isRunning = true;
    this.#running++;
    for (const { begun } of call.askers) begun();
    this.#make(key, (result) => {
      this.#calls.delete(key);
      this.#running--;
      this.#next();
      for (const { told } of call.askers) told(result);
    });
  }
}
