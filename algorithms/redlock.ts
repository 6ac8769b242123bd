/** Redlock: the same key with the same random value on a majority of independent Redis masters. */

import { all, clock, majorityOf, monotonic, sleep, spawn, stop } from '#sim'
import type { Process, RedisClient, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant } from './algorithm.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'
import { majorityOwners } from './redis-holders.ts'

const PAGE = 'redis docs/manual/patterns/distributed-locks.md, "the Redlock algorithm"'

interface RedlockGrant extends Grant {
  readonly value: string
  /** An extension moves it. */
  validUntilMs: number
  extender: Task | undefined
}

const PARAMETERS = {
  ttlMs: duration(10_000, 'how long the keys live'),
  serverTimeoutMs: duration(50, 'how long to wait for each server; far less than ttlMs'),
  elapsedCheck: flag(true, 'whether acquiring must have taken less than ttlMs (step 3)'),
  driftPerMille: count(10, 'allowance for clock drift, in thousandths of ttlMs'),
  driftMs: duration(2, 'allowance for clock drift, beside the thousandths'),
  clock: oneOf(['wall', 'monotonic'], 'wall', 'the client’s clock that measures the elapsed time'),
  attemptsMax: count(3, 'how often to try in one call of acquire'),
  retryDelayMaxMs: duration(200, 'the longest delay between attempts'),
  retryJitter: flag(true, 'whether the delay is random, as the page asks, or always the longest'),
  delayedRestart: flag(
    false,
    'whether a server that crashed stays away for longer than ttlMs, by its own clock',
  ),
  tokenCounter: flag(
    false,
    'whether a grant gets a fencing token from a counter on the first server; not a part of Redlock, ' +
      'and only as durable as that one server',
  ),
  extensionsMax: count(
    0,
    'how often a holder extends its lock, each time when half of its validity is over; it must have an end',
  ),
}

type Parameters = ParameterValues<typeof PARAMETERS>
type Me = Client<{ redis: 5 }, readonly RedisClient[]>

const allowanceMs = ({ ttlMs, driftPerMille, driftMs }: Parameters): number =>
  (ttlMs * driftPerMille) / 1_000 + driftMs

const readClock = (parameters: Parameters) => (parameters.clock === 'wall' ? clock() : monotonic())

/**
 * "Making the algorithm more reliable": a script gives the keys their full time again. It counts if a majority did and
 * the validity was not over by then; otherwise the lock is as good as lost.
 */
function* extend(me: Me, grant: RedlockGrant, parameters: Parameters): Process {
  const { ttlMs, extensionsMax } = parameters
  for (let extensions = 0; extensions < extensionsMax; extensions++) {
    yield* sleep(Math.max(0, (grant.validUntilMs - (yield* readClock(parameters))) / 2))
    const startedMs = yield* readClock(parameters)
    const replies = yield* all(
      me.session.map((master) => master.expireIfEquals(me.lock, grant.value, ttlMs)),
    )
    const votes = replies.filter((reply) => reply.ok && reply.value === 1).length
    const isInTime = (yield* readClock(parameters)) < grant.validUntilMs
    if (votes < majorityOf(me.session.length) || !isInTime) {
      yield* me.lost('it could not be extended on a majority')
      return
    }
    grant.validUntilMs = startedMs + ttlMs - allowanceMs(parameters)
  }
}

/**
 * Redlock as redis.io describes it. Its promise holds within the validity time and as long as clocks run
 * at about the same rate and never jump, and no server forgets: delayed restarts, or the option `persistence`
 * of the redis service, see to that.
 */
export const redlock = defineAlgorithm({
  name: 'redlock',
  summary: 'the same key on a majority of independent Redis masters, with a validity time',
  sources: [PAGE, 'antirez.com/news/101', 'martin.kleppmann.com 2016-02-08'],
  steps: [
    'Read the clock, then SET lock value NX PX ttl on all N servers, each with a short timeout.',
    'The lock is ours if a majority said OK and the time gone by, plus an allowance for drift, is less than the time to live; what is left is its validity.',
    'Otherwise delete the value on all servers, wait a random time and try again.',
    'Release: compare-and-delete on all servers, also on those that never answered.',
  ],
  useWhen:
    'Where several independent Redis servers are at hand and a rare second holder is only a waste. Not where the work must not be done twice: it gives no fencing token and rests on clocks.',
  claims: [
    { promise: 'exclusion/validity', from: PAGE },
    { promise: 'deadlock-freedom', from: PAGE },
    { promise: 'ownership', from: PAGE },
  ],
  needs: { redis: 5 },
  scales: 'redis',
  parameters: PARAMETERS,
  services: ({ delayedRestart, ttlMs }) =>
    // A key lives until its last ms is over, so a ms more than the TTL.
    delayedRestart ? { redis: { delayedRestartMs: ttlMs + 1 } } : {},
  gives: ({ tokenCounter }) => ({ token: tokenCounter, validity: true }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *open(me, { serverTimeoutMs }) {
    return me.services.redis.servers.map((server) => server.within(serverTimeoutMs))
  },

  *acquire(me, parameters): Process<RedlockGrant | undefined> {
    const { lock, session: masters } = me
    const { ttlMs, clock: validityClock } = parameters
    const quorum = majorityOf(masters.length)

    for (let attempt = 1; attempt <= parameters.attemptsMax; attempt++) {
      const value = me.token()
      const startedMs = yield* readClock(parameters)
      const replies = yield* all(masters.map((master) => master.setIfAbsent(lock, value, ttlMs)))
      const elapsedMs = (yield* readClock(parameters)) - startedMs

      const votes = replies.filter((reply) => reply.ok && reply.value).length
      if (votes >= quorum && (elapsedMs < ttlMs || !parameters.elapsedCheck)) {
        const validUntilMs = startedMs + ttlMs - allowanceMs(parameters)
        const grant: RedlockGrant = { value, validUntilMs, validityClock, extender: undefined }
        if (parameters.extensionsMax > 0) {
          grant.extender = yield* spawn('extender', extend(me, grant, parameters))
        }
        if (!parameters.tokenCounter) return grant
        const counted = yield* me.services.redis.servers[0]!.incr(`${lock}:token`)
        if (counted.ok) return Object.assign(grant, { token: counted.value })
        if (grant.extender !== undefined) yield* stop(grant.extender)
      }

      // A SET without an answer may have landed, so that every server is asked, not only those that agreed.
      yield* all(masters.map((master) => master.deleteIfEquals(lock, value)))
      if (attempt === parameters.attemptsMax) break
      const { retryDelayMaxMs } = parameters
      yield* sleep(parameters.retryJitter ? me.jitterMs(retryDelayMaxMs) : retryDelayMaxMs)
    }
    return undefined
  },

  *release({ lock, session: masters }, { value, extender }) {
    if (extender !== undefined) yield* stop(extender)
    const replies = yield* all(masters.map((master) => master.deleteIfEquals(lock, value)))
    const quorum = majorityOf(masters.length)
    const freed = replies.filter((reply) => reply.ok && reply.value === 1).length
    if (freed >= quorum) return 'ok'
    const unknown = replies.filter((reply) => !reply.ok && reply.happened === 'unknown').length
    return freed + unknown >= quorum ? 'unknown' : 'not-held'
  },

  holders: ({ redis }, lock) => majorityOwners(redis, lock),
})
