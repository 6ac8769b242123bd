/** The npm package `redlock` (node-redlock), as its versions 4 and 5 do it. */

import { all, clock, majorityOf, post, receive, sleep, spawn, stop } from '#sim'
import type { Effect, Mailbox, Process, RedisClient, Reply, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant, ReleaseOutcome } from './algorithm.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'
import { majorityOwners } from './redis-holders.ts'

const README = 'mike-marcacci/node-redlock README.md'

const PARAMETERS = {
  version: oneOf(
    ['4.2.0', '5.0.0-beta.2', 'main'],
    '5.0.0-beta.2',
    'which version; main differs from the beta in when the clock is read (#276, never published)',
  ),
  ttlMs: duration(10_000, 'the duration that the caller asks for'),
  driftPerMille: count(10, 'driftFactor, in thousandths; 2 ms come on top'),
  retryCount: count(10, 'attempts after the first'),
  retryDelayMs: duration(200, 'between attempts'),
  retryJitterMs: duration(100, 'by how much that delay varies in both directions'),
  commandTimeoutMs: duration(0, 'how long to wait for a server; 0, as in the package: for ever'),
  autoExtend: flag(
    false,
    'whether the lock is extended before it ends: using() of version 5, in version 4 by the application',
  ),
  automaticExtensionThresholdMs: duration(500, 'how long before the end'),
  expirationCheck: flag(
    false,
    'whether version 5 looks, as version 4 does, that a lock is not over when it is handed out (#369)',
  ),
}

type Parameters = ParameterValues<typeof PARAMETERS>
type Me = Client<{ redis: 3 }, readonly RedisClient[]>
type Ask = (server: RedisClient) => Effect<Reply<boolean | number>>

interface PackageLock extends Grant {
  readonly value: string
  /** `expiration`, by the wall clock; an extension moves it. */
  validUntilMs: number
  extender: Task | undefined
  /** Whether an extension is under way, and where its end is told. */
  isExtending: boolean
  readonly extended: Mailbox<true>
}

const isYes = (reply: Reply<boolean | number>): boolean =>
  reply.ok && (reply.value === true || reply.value === 1)

const expirationOf = (startMs: number, { ttlMs, driftPerMille }: Parameters): number =>
  startMs + ttlMs - (Math.round((ttlMs * driftPerMille) / 1_000) + 2)

function* waitToRetry(me: Me, { retryDelayMs, retryJitterMs }: Parameters): Process {
  const jitterMs = me.jitterMs(2 * retryJitterMs) - retryJitterMs
  yield* sleep(Math.max(0, retryDelayMs + jitterMs))
}

const unlockOn =
  (me: Me, value: string): Ask =>
  (server) =>
    server.deleteIfEquals(me.lock, value)

interface Poll {
  readonly decided: Mailbox<boolean>
  readonly quorum: number
  votesFor: number
  votesAgainst: number
}

function* vote(server: RedisClient, ask: Ask, poll: Poll): Process {
  const isFor = isYes(yield* ask(server))
  const votes = isFor ? ++poll.votesFor : ++poll.votesAgainst
  if (votes === poll.quorum) yield* post(poll.decided, isFor)
}

/**
 * Version 5: asks all servers, and goes on as soon as a majority has said yes or a majority has not. With an even
 * number of servers half may say this and half that; then it waits for ever.
 */
function* firstQuorum(me: Me, ask: Ask): Process<boolean> {
  const poll: Poll = {
    decided: me.services.redis.mailbox<boolean>(),
    quorum: majorityOf(me.session.length),
    votesFor: 0,
    votesAgainst: 0,
  }
  for (const server of me.session) yield* spawn('vote', vote(server, ask, poll))
  return (yield* receive(poll.decided)) ?? false
}

/** Version 5: attempts until one has a quorum. When the clock was read before the one that had. */
function* execute(
  me: Me,
  ask: Ask,
  retryCount: number,
  parameters: Parameters,
): Process<{ readonly startMs: number } | undefined> {
  const firstMs = yield* clock()
  for (let attempt = 0; attempt <= retryCount; attempt++) {
    if (attempt > 0) yield* waitToRetry(me, parameters)
    const startMs = parameters.version === 'main' ? yield* clock() : firstMs
    if (yield* firstQuorum(me, ask)) return { startMs }
  }
  return undefined
}

/** Version 4: unlocks everywhere, and waits for every answer. */
function* unlockAll(me: Me, value: string): Process<ReleaseOutcome> {
  const replies = yield* all(me.session.map(unlockOn(me, value)))
  const quorum = majorityOf(replies.length)
  if (replies.filter(isYes).length >= quorum) return 'ok'
  return replies.filter(({ ok }) => ok).length >= quorum ? 'not-held' : 'unknown'
}

/** Version 4: one loop that locks or extends; a failed attempt of either unlocks everywhere. When it will end. */
function* lockLoop(
  me: Me,
  ask: Ask,
  value: string,
  parameters: Parameters,
): Process<number | undefined> {
  // The option 0 counts as no option: `||` falls back to 10.
  const retryCount = parameters.retryCount === 0 ? 10 : parameters.retryCount
  for (let attempt = 0; attempt <= retryCount; attempt++) {
    if (attempt > 0) yield* waitToRetry(me, parameters)
    const startMs = yield* clock()
    const replies = yield* all(me.session.map(ask))
    const expirationMs = expirationOf(startMs, parameters)
    const votes = replies.filter(isYes).length
    if (votes >= majorityOf(replies.length) && expirationMs > (yield* clock())) return expirationMs
    yield* unlockAll(me, value)
  }
  return undefined
}

/** The `expiration` of a new lock with this value, or undefined if there is none. */
function* lockFor(me: Me, value: string, parameters: Parameters): Process<number | undefined> {
  const ask: Ask = (server) => server.setIfAbsent(me.lock, value, parameters.ttlMs)
  if (parameters.version === '4.2.0') return yield* lockLoop(me, ask, value, parameters)
  const done = yield* execute(me, ask, parameters.retryCount, parameters)
  if (done !== undefined) {
    const expirationMs = expirationOf(done.startMs, parameters)
    if (!parameters.expirationCheck || expirationMs > (yield* clock())) return expirationMs
  }
  // Only now: what an attempt left on a minority of servers has stood in the way of the next one.
  yield* execute(me, unlockOn(me, value), 0, parameters)
  return undefined
}

/** Extends a lock; false is an exception. */
function* extend(me: Me, held: PackageLock, parameters: Parameters): Process<boolean> {
  if (held.validUntilMs < (yield* clock())) return false
  const ask: Ask = (server) => server.expireIfEquals(me.lock, held.value, parameters.ttlMs)
  if (parameters.version === '4.2.0') {
    const untilMs = yield* lockLoop(me, ask, held.value, parameters)
    if (untilMs !== undefined) held.validUntilMs = untilMs
    return untilMs !== undefined
  }
  const done = yield* execute(me, ask, parameters.retryCount, parameters)
  if (done !== undefined) held.validUntilMs = expirationOf(done.startMs, parameters)
  return done !== undefined
}

/**
 * using(): a timer shortly before the end calls extend. Its failure is told to the application only once all attempts
 * have failed and the lock is over.
 */
function* keepExtended(me: Me, held: PackageLock, parameters: Parameters): Process {
  for (;;) {
    const leftMs = held.validUntilMs - (yield* clock())
    yield* sleep(Math.max(0, leftMs - parameters.automaticExtensionThresholdMs))
    held.isExtending = true
    while (!(yield* extend(me, held, parameters))) {
      if (parameters.version !== '4.2.0' && held.validUntilMs > (yield* clock())) continue
      held.isExtending = false
      yield* post(held.extended, true)
      yield* me.lost('it could not be extended')
      return
    }
    held.isExtending = false
    yield* post(held.extended, true)
  }
}

/**
 * Version 4 waits for the answers of all servers, and looks that the lock is not over before it hands it out. Version 5
 * goes on with the first majority and does not look; what a failed attempt has left on a minority stays there
 * until the last attempt has failed; an even number of servers may hang it.
 */
export const nodeRedlock = defineAlgorithm({
  name: 'node-redlock',
  summary:
    'the npm package redlock, versions 4 and 5: a majority of keys, with retries and using()',
  sources: [
    'mike-marcacci/node-redlock v4.2.0 redlock.js; v5.0.0-beta.2 and main src/index.ts',
    'mike-marcacci/node-redlock#11, #65, #103, #276, #369',
  ],
  steps: [
    'Acquire: SET value NX PX on all servers; version 4 waits for all answers, version 5 for the first majority.',
    'Version 4 takes the lock if a majority said yes and it is not over yet, version 5 if a majority said yes.',
    'Otherwise wait for about 200 ms and try again, ten times; version 4 unlocks everywhere before that, version 5 only after the last.',
    'Hold: using() extends the lock 500 ms before its end, and aborts when that has failed and the end has passed.',
    'Release: compare-and-delete on all servers; an error unless a majority had something to delete.',
  ],
  useWhen:
    'As Redlock: where a second holder is only a waste. Look at `expiration` before every step that matters, and use an odd number of servers.',
  claims: [
    { promise: 'exclusion/validity', from: README },
    { promise: 'deadlock-freedom', from: README },
    { promise: 'ownership', from: README },
  ],
  needs: { redis: 3 },
  scales: 'redis',
  parameters: PARAMETERS,
  gives: () => ({ token: false, validity: true }),
  leaseMs: ({ ttlMs }) => ttlMs,

  *open(me, { commandTimeoutMs }) {
    const patienceMs = commandTimeoutMs === 0 ? Infinity : commandTimeoutMs
    return me.services.redis.servers.map((server) => server.within(patienceMs))
  },

  *acquire(me, parameters): Process<PackageLock | undefined> {
    const value = me.token()
    const validUntilMs = yield* lockFor(me, value, parameters)
    if (validUntilMs === undefined) return undefined
    const held: PackageLock = {
      value,
      validUntilMs,
      extender: undefined,
      isExtending: false,
      extended: me.services.redis.mailbox(),
    }
    if (parameters.autoExtend) {
      held.extender = yield* spawn('extension timer', keepExtended(me, held, parameters))
    }
    return held
  },

  *release(me, held, parameters) {
    if (held.extender !== undefined) {
      if (held.isExtending) {
        held.extended.clear()
        yield* receive(held.extended)
      }
      yield* stop(held.extender)
    }
    if (parameters.version === '4.2.0') return yield* unlockAll(me, held.value)
    const { retryCount } = parameters
    const done = yield* execute(me, unlockOn(me, held.value), retryCount, parameters)
    return done === undefined ? 'not-held' : 'ok'
  },

  holders: ({ redis }, lock) => majorityOwners(redis, lock),
})
