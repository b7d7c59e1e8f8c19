export { ServeError, type ServeErrorCode } from "./errors.ts";
export type { MainLog, PortPlace, ServeOptions, SocketPlace } from "./options.ts";
export { serve, type Server } from "./serve.ts";
