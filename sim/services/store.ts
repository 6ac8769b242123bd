/** The protected store: what the lock is there to protect, one counter that may check fencing tokens. */

import type { Effect, Origin, Reply } from '../kernel/index.ts'
import { ok, refused } from '../kernel/reply.ts'
import { defineService } from './service.ts'
import type { Input, Outbox, RequestInput } from './service.ts'

/**
 * What the store checks: nothing, the tokens of writes, the tokens of reads as well, or, without tokens, that
 * nobody has written since the writer read (compare and set, as with a version column).
 */
export type Fencing = 'off' | 'writes' | 'all' | 'compare'

/** What can be asked of the store. */
export type StoreRequest =
  | { readonly op: 'read'; readonly token?: number }
  | {
      readonly op: 'write'
      readonly value: number
      readonly token?: number
      /** The value that the writer read: the condition of a compare-and-set. */
      readonly expected?: number
    }

/** Options of the store. */
export interface StoreOptions {
  readonly fencing: Fencing
}

/** The register and the highest token that it has seen, both on disk. */
export interface StoreState {
  readonly fencing: Fencing
  value: number
  highestToken: number
}

/** What a judge may look at. */
export interface StoreView {
  readonly value: number
  /** -1 while no token was registered: tokens are counted from 0 or more, and -1 survives JSON. */
  readonly highestToken: number
}

/** The store as a client uses it. */
export interface StoreClient {
  read(token?: number, timeoutMs?: number): Effect<Reply<number>>
  /** `expected` is the value that was read; only a store that compares looks at it. */
  write(value: number, token?: number, timeoutMs?: number, expected?: number): Effect<Reply<true>>
}

/** The server's words for a token that is lower than one it has seen. */
export const STALE_TOKEN = 'stale token'
/** The server's words for an operation without the token that it insists on. */
export const TOKEN_MISSING = 'token missing'

/** The server's words for a write whose writer read something else than what is there now. */
const CHANGED_SINCE = 'changed since it was read'

// The rule gives the same answers for the life of a server, so one reply object serves all.
const WRITTEN: Reply<true> = ok(true)
const REFUSED_STALE = refused(STALE_TOKEN)
const REFUSED_MISSING = refused(TOKEN_MISSING)

const REFUSED_CHANGED = refused(CHANGED_SINCE)
const read: StoreRequest = { op: 'read' }

/**
 * Whether the token may pass; registers it if so. Equal is accepted: one hold does several operations
 * with its one token.
 *
 * An operation without a token is refused wherever tokens are checked. Accepting it would be kinder to a
 * lock that gives none, but then a stale holder would only have to forget its token to get through, and
 * the check would protect nobody.
 */
const admit = (
  state: StoreState,
  request: RequestInput<StoreRequest>,
  operation: 'read' | 'write',
  out: Outbox,
): boolean => {
  const { token } = request.body
  if (token !== undefined && token >= state.highestToken) {
    state.highestToken = token
    return true
  }
  const { client, hold }: Origin = request.origin
  const highest = state.highestToken
  if (token === undefined) {
    out.fact({ kind: 'store-refused', client, hold, operation, highest })
    out.reply(request, REFUSED_MISSING)
  } else {
    out.fact({ kind: 'store-refused', client, hold, operation, token, highest })
    out.reply(request, REFUSED_STALE)
  }
  return false
}

/**
 * One durable register behind one server that does one operation after the other.
 *
 * `fencing: 'writes'` is the storage server of the fencing diagram: it remembers that it processed a
 * write with a higher token and rejects the lower one. It cannot help a holder whose stale write comes
 * *between* a newer holder's read and write. `fencing: 'all'` registers tokens at reads too, and closes
 * that gap.
 */
export const store = defineService({
  name: 'store',
  summary: 'what the lock protects: one counter, which may check fencing tokens',
  sources: [
    'Martin Kleppmann, How to do distributed locking (2016), "Making the lock safe with fencing"',
    'antirez, Is Redlock safe? (2016), on tokens and the resource that checks them',
  ],
  nodeName: 'store',
  clock: 'monotonic',
  options: { fencing: 'off' } as StoreOptions,
  optionWords: { fencing: ['off', 'writes', 'all', 'compare'] },

  create({ options }): StoreState {
    return { fencing: options.fencing, value: 0, highestToken: -1 }
  },

  step(state: StoreState, input: Input<StoreRequest>, _nowMs, out) {
    // Crash and restart change nothing: value and highest token are one record on disk, written before
    // the reply. A store that kept the token in memory only would let a stale write in after a restart.
    if (input.kind !== 'request') return

    const { body, origin } = input
    const { client, hold } = origin
    const { token } = body
    if (body.op === 'read') {
      if (state.fencing === 'all' && !admit(state, input, 'read', out)) return
      const { value } = state
      out.fact(
        token === undefined
          ? { kind: 'store-read', client, hold, value }
          : { kind: 'store-read', client, hold, token, value },
      )
      out.reply(input, ok(value))
      return
    }

    const { value, expected } = body
    if (state.fencing === 'compare') {
      if (expected !== state.value) {
        const highest = state.value
        out.fact({ kind: 'store-refused', client, hold, operation: 'write', highest })
        out.reply(input, REFUSED_CHANGED)
        return
      }
    } else if (state.fencing !== 'off' && !admit(state, input, 'write', out)) return
    const before = state.value
    state.value = value
    out.fact(
      token === undefined
        ? { kind: 'store-written', client, hold, value, before }
        : { kind: 'store-written', client, hold, token, value, before },
    )
    out.reply(input, WRITTEN)
  },

  wakeAtMs: () => Infinity,

  client([port]): StoreClient {
    if (port === undefined) throw new RangeError('the store has exactly one server')
    return {
      read: (token, timeoutMs) =>
        port.call<number>(token === undefined ? read : { op: 'read', token }, timeoutMs),
      write(value, token, timeoutMs, expected) {
        if (expected !== undefined) {
          return port.call<true>({ op: 'write', value, expected }, timeoutMs)
        }
        return port.call<true>(
          token === undefined ? { op: 'write', value } : { op: 'write', value, token },
          timeoutMs,
        )
      },
    }
  },

  view: (state: StoreState): StoreView => state,
})
