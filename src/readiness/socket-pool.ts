interface Request {
  readonly count: number;
  readonly begin: () => void;
}

/** Limits how many sockets are open at once. First come, first served. */
export class SocketPool {
  readonly size: number;
  #free: number;
  readonly #requests = new Set<Request>();

  constructor(size: number) {
    this.size = size;
    this.#free = size;
  }

  /**
   * Calls `begin` when so many sockets may be opened, at once if possible. The returned function
   * gives them back, or withdraws the request.
   */
  take(wanted: number, begin: () => void): () => void {
    const request = { count: Math.min(wanted, this.size), begin };
    let isOver = false;
    this.#requests.add(request);
    this.#serve();
    return () => {
      if (isOver) return;
      isOver = true;
      if (!this.#requests.delete(request)) this.#free += request.count;
      this.#serve(); // a request that was withdrawn may have stood before smaller ones
    };
  }

  #serve(): void {
    for (const request of this.#requests) {
      if (request.count > this.#free) return;
      this.#requests.delete(request);
      this.#free -= request.count;
      request.begin();
    }
  }
}
