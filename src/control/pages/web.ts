import { healthz, readyz } from "../probes/health.ts";
import { Metrics } from "../probes/metrics.ts";
import type { Shared } from "../options.ts";
import { tail } from "./tail.ts";
import { page } from "./page.ts";
import type { Route } from "../http/router.ts";
import { Feed } from "./live-feed.ts";

/** The paths of one server for browsers and probes. */
export interface Web {
  readonly routes: readonly Route[];
  /** Begins to count for `/metrics`. */
  readonly open: () => void;
  /** Stops counting. Streams end with the server. */
  readonly close: () => void;
}

/** Makes the paths for browsers and probes. */
export function web({ supervisor }: Pick<Shared, "supervisor">): Web {
  const feed = new Feed(supervisor);
  const metrics = new Metrics(supervisor);
  const read = ["GET", "HEAD"];
  const isForBrowsers = true;
  return {
    routes: [
      { path: "/", methods: [...read, "POST"], handle: page, isForBrowsers },
      { path: "/index.html", methods: [...read, "POST"], handle: page, isForBrowsers },
      { path: "/tail.html", methods: read, handle: tail, isForBrowsers },
      { path: "/events", methods: ["GET"], handle: feed.handle, isForBrowsers },
      { path: "/metrics", methods: read, handle: metrics.handle },
      { path: "/healthz", methods: read, handle: healthz },
      { path: "/readyz", methods: read, handle: readyz },
    ],
    open: () => metrics.open(),
    close: () => metrics.close(),
  };
}
