/** Replies: every call says whether what it asked for has happened, certainly has not, or may have. */

/**
 * The outcome of a call. A `timeout` (also a connection reset while the request was out) **may have
 * happened**: treating it as a failure is the origin of half of all published lock bugs.
 */
export type Reply<Value> =
  | { readonly ok: true; readonly value: Value }
  | {
      readonly ok: false
      readonly why: 'refused'
      readonly happened: 'no'
      /** What the server said, in its own words, e.g. `ER_DUP_ENTRY`, `NODEEXISTS`, `connection refused`. */
      readonly code: string
    }
  | {
      readonly ok: false
      readonly why: 'timeout'
      readonly happened: 'unknown'
      readonly code: 'timeout' | 'connection reset'
    }

/** The reply of a server that did what it was asked to. */
export const ok = <Value>(value: Value): Reply<Value> => ({ ok: true, value })

/** The reply of a server that certainly did not do what it was asked to. */
export const refused = (code: string): Reply<never> => ({
  ok: false,
  why: 'refused',
  happened: 'no',
  code,
})

/** What a caller concludes when no answer came in time. */
export const TIMEOUT: Reply<never> = {
  ok: false,
  why: 'timeout',
  happened: 'unknown',
  code: 'timeout',
}

/** What a caller concludes when the connection broke while its request was out. */
export const CONNECTION_RESET: Reply<never> = {
  ok: false,
  why: 'timeout',
  happened: 'unknown',
  code: 'connection reset',
}
