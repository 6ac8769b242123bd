/** The awslabs DynamoDB lock client: an item with a version that each heartbeat changes; who sees it stand still takes it. */

import { monotonic, post, receive, sleep, spawn, stop } from '#sim'
import type { DynamoDbTable, Process, ServiceClients, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Client, Grant, Outsider } from './algorithm.ts'
import { count, duration, flag } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'

const README = 'awslabs/amazon-dynamodb-lock-client README.md, "How we handle clock skew"'
const SOURCE = 'awslabs/amazon-dynamodb-lock-client AmazonDynamoDBLockClient.java, LockItem.java'

const parameters = {
  leaseMs: duration(
    20_000,
    'how long the version must stand still before another may take the item',
  ),
  heartbeatMs: duration(5_000, 'how often the background thread changes the version'),
  refreshMs: duration(1_000, 'how often a client that waits reads the item'),
  patienceMs: duration(1_000, 'how long acquire waits, beyond one lease if somebody has the item'),
  skipWait: flag(
    false,
    'return at once if the item is taken and was not seen standing still for a lease by an earlier call ' +
      '(shouldSkipBlockingWait)',
  ),
  remembers: flag(
    true,
    'whether what was seen survives from one call of acquire to the next; a process started for each attempt forgets',
  ),
  consistentRead: flag(true, 'read the item consistently'),
  sdkAttempts: count(3, 'how often the SDK sends a request that is not answered'),
  attemptTimeoutMs: duration(1_000, 'how long the SDK waits for each answer'),
  deleteOnRelease: flag(true, 'delete the item on release; otherwise mark it isReleased'),
  serialised: flag(true, 'a release waits for a heartbeat of the same item to end'),
  adoptOwn: flag(
    false,
    'take an item whose version is one that this process itself tried to put, instead of waiting for a lease',
  ),
  acceptAttempted: flag(
    false,
    'a heartbeat also accepts the versions that unanswered heartbeats before it tried to write',
  ),
  sessionMonitorMs: duration(
    0,
    'tell the application when no heartbeat got through for so long, before the lease is over (safeTimeWithoutHeartbeat); 0 for never',
  ),
}

/** What a client remembers of an item. The time is its own, by its monotonic clock. */
interface Sighting {
  readonly version: string
  readonly atMs: number
  readonly leaseMs: number
}

/** An item that this client has. */
interface Held extends Grant {
  version: string
  /** Versions of heartbeats whose answer did not come. */
  attempted: readonly string[]
  validUntilMs: number
  readonly validityClock: 'monotonic'
  lookedUpAtMs: number
  /** Whether a heartbeat of it is under way. */
  beating: boolean
  monitor: Task | undefined
}

interface Session {
  readonly owner: string
  readonly table: DynamoDbTable
  /** The item that the background thread sends heartbeats for. */
  held: Held | undefined
  /** Items of others that an earlier call has seen. */
  seen: Sighting | undefined
  /** Versions that this process tried to put, and when; a grant clears them. */
  readonly tried: Map<string, number>
  /** Told when a heartbeat has ended. */
  readonly beaten: ReturnType<ServiceClients['dynamodb']['mailbox']>
}

type Values = ParameterValues<typeof parameters>
type Me = Client<{ dynamodb: 1 }, Session>

const isOver = ({ atMs, leaseMs }: Sighting, nowMs: number): boolean => nowMs - atMs > leaseMs

/** One heartbeat: changes the version, if it is still the one that was written last. */
function* beat(
  me: Outsider<{ dynamodb: 1 }>,
  session: Session,
  held: Held,
  values: Values,
): Process {
  const { leaseMs, acceptAttempted } = values
  const atMs = yield* monotonic()
  if (atMs - held.lookedUpAtMs > leaseMs) {
    session.held = undefined
    return
  }
  const version = me.token()
  const versions = acceptAttempted ? [held.version, ...held.attempted] : held.version
  const where = { owner: session.owner, version: versions }
  const updated = yield* session.table.update(
    me.lock,
    { version, leaseMs },
    { exists: true, where },
  )
  if (updated.ok) {
    held.version = version
    held.attempted = []
    held.lookedUpAtMs = atMs
    held.validUntilMs = atMs + leaseMs
  } else if (me.services.dynamodb.isConditionFailed(updated)) session.held = undefined
  else if (updated.why === 'timeout') held.attempted = [...held.attempted, version]
}

/** The background thread: runs as long as the process. */
function* heartbeats(me: Outsider<{ dynamodb: 1 }>, session: Session, values: Values): Process {
  for (;;) {
    const beganAtMs = yield* monotonic()
    const { held } = session
    if (held !== undefined) {
      held.beating = true
      yield* beat(me, session, held, values)
      held.beating = false
      yield* post(session.beaten, true)
    }
    const tookMs = (yield* monotonic()) - beganAtMs
    yield* sleep(Math.max(values.heartbeatMs - tookMs, 0))
  }
}

/** The session monitor: looks again and again how long ago the last heartbeat got through. */
function* watchOver(me: Me, held: Held, safeMs: number): Process {
  for (;;) {
    const leftMs = held.lookedUpAtMs + safeMs - (yield* monotonic())
    if (leftMs <= 0) break
    yield* sleep(leftMs)
  }
  yield* me.lost('no heartbeat got through for too long')
}

/** What a put that was accepted gives. The lease counts from before it was sent. */
function* grant(me: Me, version: string, atMs: number, values: Values): Process<Held> {
  const held: Held = {
    version,
    attempted: [],
    validUntilMs: atMs + values.leaseMs,
    validityClock: 'monotonic',
    lookedUpAtMs: atMs,
    beating: false,
    monitor: undefined,
  }
  me.session.held = held
  me.session.tried.clear()
  if (values.sessionMonitorMs > 0) {
    held.monitor = yield* spawn('session monitor', watchOver(me, held, values.sessionMonitorMs))
  }
  return held
}

/**
 * No absolute time is stored anywhere: each client watches with its own monotonic clock whether the version
 * changes, so only the rates of clocks matter. A holder that stands still past its lease learns of it only if it
 * asks. A version has no order, so there is no fencing token.
 */
export const dynamodbLease = defineAlgorithm({
  name: 'dynamodb-lease',
  summary: 'DynamoDB item with a version; stolen when the version stood still for one lease',
  sources: [SOURCE, README, 'awslabs/amazon-dynamodb-lock-client issues #1, #62 and PR #116'],
  steps: [
    'Read the item consistently; if there is none, put one with a new random version, if there is still none.',
    'If it is there, remember its version and the time on the own monotonic clock, and read it again every second.',
    'If the version has not changed for the lease that the item names, put an own one, if that version is still there.',
    'While it is held, a background thread writes a new version every few seconds, if its last one is still there.',
    'To release, delete the item, if owner and version are still the own ones.',
  ],
  useWhen:
    'For work that is coordinated among machines with DynamoDB at hand, where a rare double run is harmless. Not where it must never happen: there is no token that a store could check.',
  claims: [
    { promise: 'exclusion/validity', from: README },
    { promise: 'deadlock-freedom', from: README },
    { promise: 'ownership', from: SOURCE },
  ],
  needs: { dynamodb: 1 },
  parameters,
  gives: () => ({ token: false, validity: true }),
  leaseMs: ({ leaseMs }) => leaseMs,

  *open(me, values): Process<Session> {
    const { dynamodb } = me.services
    const session: Session = {
      // A name that is new with every process, as host name and UUID are.
      owner: me.token(),
      table: dynamodb.table(values.sdkAttempts, values.attemptTimeoutMs),
      held: undefined,
      seen: undefined,
      tried: new Map<string, number>(),
      beaten: dynamodb.mailbox(),
    }
    yield* spawn('heartbeats', heartbeats(me, session, values))
    return session
  },

  *acquire(me, values): Process<Held | undefined> {
    const { leaseMs, refreshMs, skipWait, consistentRead, adoptOwn, remembers } = values
    const { session } = me
    const { table, owner } = session
    const beganAtMs = yield* monotonic()
    let { patienceMs } = values
    let seen: Sighting | undefined
    if (!remembers) session.seen = undefined

    for (;;) {
      const read = yield* table.get(me.lock, consistentRead)
      const nowMs = yield* monotonic()
      if (read.ok) {
        const found = read.value
        let mayTake:
          { readonly exists: boolean; readonly where?: Record<string, string | true> } | undefined
        if (found === undefined) mayTake = { exists: false }
        else if (found.isReleased === true) mayTake = { exists: true, where: { isReleased: true } }
        else {
          const version = found.version as string
          const triedAtMs = session.tried.get(version)
          if (adoptOwn && triedAtMs !== undefined)
            return yield* grant(me, version, triedAtMs, values)
          const sighting = { version, atMs: nowMs, leaseMs: found.leaseMs as number }
          if (skipWait) {
            if (session.seen?.version !== version) session.seen = sighting
            if (!isOver(session.seen, nowMs)) return undefined
            seen = session.seen
          }
          // Whoever has the item has it for one lease at least.
          if (seen === undefined) patienceMs += sighting.leaseMs
          if (seen?.version !== version) seen = sighting
          if (isOver(seen, nowMs)) mayTake = { exists: true, where: { version } }
        }
        if (mayTake !== undefined) {
          const version = me.token()
          const atMs = yield* monotonic()
          session.tried.set(version, atMs)
          const written = yield* table.put(me.lock, { owner, version, leaseMs }, mayTake)
          // Whether another was faster or nobody answered: look again.
          if (written.ok) return yield* grant(me, version, atMs, values)
        }
      }
      if ((yield* monotonic()) - beganAtMs > patienceMs) return undefined
      yield* sleep(refreshMs)
    }
  },

  *release(me, held, { deleteOnRelease, serialised }) {
    const { session } = me
    if (serialised) while (held.beating) yield* receive(session.beaten)
    session.held = undefined
    if (held.monitor !== undefined) yield* stop(held.monitor)
    const condition = { exists: true, where: { owner: session.owner, version: held.version } }
    const released = deleteOnRelease
      ? yield* session.table.delete(me.lock, condition)
      : yield* session.table.update(me.lock, { isReleased: true }, condition)
    if (released.ok) return 'ok'
    return me.services.dynamodb.isConditionFailed(released) ? 'not-held' : 'unknown'
  },

  holders({ dynamodb }, lock) {
    return dynamodb.flatMap(({ data }) => {
      const stored = data.item(lock)
      return stored === undefined || stored.item.isReleased === true ? [] : [stored.origin]
    })
  },
})
