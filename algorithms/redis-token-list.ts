/** The token in a list: BLPOP takes it out, RPUSH puts it back, and the server keeps the queue. */

import { note, sleep } from '#sim'
import type { Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { duration, flag, oneOf } from './parameters.ts'

const BLPOP = 'redis docs/commands/blpop.md, on the order in which clients are served'
const GEM = 'the rubygem redis-semaphore (dv/redis-semaphore), lib/redis/semaphore.rb'
const TOKEN = 'token'

interface TokenGrant extends Grant {
  readonly value: string
}

/** The mark says that the token was made, the record says who has it, if anybody asks for a record. */
const keysOf = (lock: string) => ({
  mark: `${lock}:exists`,
  list: lock,
  record: `${lock}:grabbed`,
})

/**
 * Whoever has the token has the lock; the others are blocked in the server, in the order in which they came. The token
 * exists only in its holder: if that dies, or if the answer to BLPOP is lost, it is gone. A watchdog that
 * puts in a new one after a while cannot tell a dead holder from a slow one; then there are two, for good.
 */
export const redisTokenList = defineAlgorithm({
  name: 'redis-token-list',
  summary: 'a token in a Redis list: BLPOP takes the lock, RPUSH frees it, first come first served',
  sources: [
    '极客时间, 分布式技术原理与算法解析, Q&A no. 14 (聂鹏程): a lock with a waiting queue',
    BLPOP,
    GEM,
  ],
  steps: [
    'Once: a script makes the mark and the list with its one token.',
    'Acquire: BLPOP list; the server blocks us until the token comes round to us.',
    'If there is a watchdog, write down with a time to live that we have the token.',
    'Release: RPUSH the token; the server hands it to whoever has been blocked longest.',
    'The watchdog puts in a new token when there is neither a token nor a record, twice in a row.',
  ],
  useWhen:
    'Where order matters, releases are frequent and holders do not die, or somebody watches. Not where a second token would do harm.',
  claims: [
    { promise: 'exclusion/belief', from: GEM },
    { promise: 'starvation', from: GEM },
    { promise: 'fairness', from: BLPOP },
  ],
  needs: { redis: 1 },
  scales: 'redis',
  parameters: {
    patienceMs: duration(60_000, 'how long a client lets itself be blocked before it asks anew'),
    repushAfterMs: duration(
      0,
      'how long the watchdog lets a holder have the token; 0 for no watchdog',
    ),
    release: oneOf(
      ['push', 'compare-and-push'],
      'push',
      'push the token; or only if the record still says that it is with us, in one step',
    ),
    retryRelease: flag(false, 'push again when no answer came'),
  },
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ repushAfterMs }) => (repushAfterMs === 0 ? Infinity : repushAfterMs),

  *acquire(me, { patienceMs, repushAfterMs, release }): Process<TokenGrant | undefined> {
    const { primary } = me.services.redis
    const { mark, list, record } = keysOf(me.lock)
    const made = yield* primary.evaluate('create-token', [mark, list], [TOKEN])
    if (!made.ok) return undefined
    const popped = yield* primary.blpop([list], patienceMs)
    if (!popped.ok || popped.value === null) return undefined
    const value = me.token()
    if (repushAfterMs > 0) yield* primary.set(record, value, { pxMs: repushAfterMs })
    else if (release === 'compare-and-push') yield* primary.set(record, value)
    return { value }
  },

  *release(me, { value }, { repushAfterMs, release, retryRelease }) {
    const { primary } = me.services.redis
    const { list, record } = keysOf(me.lock)
    if (release === 'push' && repushAfterMs > 0) yield* primary.del(record)
    for (let attempt = 1; ; attempt++) {
      const pushed =
        release === 'push'
          ? yield* primary.rpush(list, TOKEN)
          : yield* primary.evaluate('return-token', [record, list], [value, TOKEN])
      if (pushed.ok) return pushed.value > 0 ? 'ok' : 'not-held'
      if (!retryRelease || attempt === 3) return pushed.why === 'refused' ? 'not-held' : 'unknown'
    }
  },

  jobs: [
    {
      name: 'watchdog',
      *run(me, { repushAfterMs }) {
        if (repushAfterMs === 0) return
        const { primary } = me.services.redis
        const { mark, list, record } = keysOf(me.lock)
        let missed = false
        for (;;) {
          yield* sleep(repushAfterMs / 4)
          const there = yield* primary.exists(mark, list, record)
          // Only the mark: the token is out, and nobody has it. Once may be between two holders.
          const misses = there.ok && there.value === 1
          if (misses && missed) {
            yield* note('the token seems lost: here is another')
            yield* primary.rpush(list, TOKEN)
          }
          missed = misses && !missed
        }
      },
    },
  ],

  /** Whoever has popped a token and not pushed it back. */
  holders: ({ redis }, lock) => redis.flatMap(({ up, data }) => (up ? data.taken(lock) : [])),

  doorway: {
    name: 'the client has popped the token or is blocked in BLPOP',
    waiting: ({ redis }, lock) =>
      redis.flatMap(({ up, data }) => (up ? [...data.taken(lock), ...data.waiting(lock)] : [])),
  },
})
