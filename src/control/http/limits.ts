/** Bytes that the head of a request may have. */
export const MAX_HEADER_BYTES = 16_384;
/** Requests that one connection may have sent without waiting for their answers. */
export const MAX_PIPELINED = 16;
/** How long the head of a request may take, from the connection on. */
export const HEAD_MS = 15_000;
/** How long a body may take. */
export const BODY_MS = 30_000;
/** How long a connection may wait for its next request. */
export const IDLE_MS = 60_000;
/** How long a caller may take to read an answer. */
export const ANSWER_MS = 60_000;
/** How long answers on their way may take after `close()`. */
export const CLOSE_MS = 1_000;
