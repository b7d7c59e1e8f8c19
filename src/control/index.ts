export { ServeError, type ServeErrorCode } from "./errors.ts";
export type { MainLog, PortPlace, ServeOptions, SocketPlace } from "./options.ts";
export { checkPlace, type CheckPlaceOptions } from "./place.ts";
export { serve, type Server } from "./serve.ts";
export { XmlError } from "./xml.ts";
export { decodeAnswer, encodeCall } from "./xmlrpc.ts";
export type { RpcAnswer, RpcCall, RpcFault, RpcValue } from "./xmlrpc.ts";
