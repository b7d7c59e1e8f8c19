export { ServeError, type ServeErrorCode } from "./errors.ts";
export type { MainLog, PortPlace, ServeOptions, SocketPlace } from "./options.ts";
export { checkPlace, type CheckPlaceOptions } from "./http/address.ts";
export { serve, type Server } from "./serve.ts";
export { FAULTS } from "./rpc/faults.ts";
export { XmlError } from "./rpc/xml.ts";
export { decodeAnswer, encodeCall } from "./rpc/codec.ts";
export type { RpcAnswer, RpcCall, RpcFault, RpcValue } from "./rpc/codec.ts";
