import { logtail, mainlogtail } from "./rpc/logtail.ts";
import type { Route } from "./http/router.ts";
import { rpc } from "./rpc/endpoint.ts";

/** The paths of supervisord's interface for programs. */
export const protocolRoutes: readonly Route[] = [
  { path: "/RPC2", isPrefix: true, methods: ["POST"], handle: rpc },
  { path: "/logtail", isPrefix: true, methods: ["GET"], handle: logtail },
  { path: "/mainlogtail", methods: ["GET"], handle: mainlogtail },
];
