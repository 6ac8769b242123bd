/** ShedLock on a database: a row with lock_until, taken by INSERT or by an UPDATE of what has expired. */

import { clock, monotonic, sleep, spawn, stop } from '#sim'
import type { Process, ServiceClients, SqlPool, Task } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant, Outsider } from './algorithm.ts'
import { say } from './db-rows.ts'
import { count, duration, flag, oneOf } from './parameters.ts'
import type { ParameterValues } from './parameters.ts'

const TABLE = 'shedlock'
const README = 'ShedLock README'

interface ShedSession {
  readonly pool: SqlPool
  /** The record of the lock is known to exist: no INSERT is tried any more (LockRecordRegistry). */
  recordExists: boolean
}

interface ShedGrant extends Grant {
  /** When the lock was asked for, on the client's clock: what lockAtLeastFor counts from. */
  readonly createdAtMs: number
  /** KeepAliveLockProvider's timer. */
  readonly keepAlive: Task | undefined
}

const parameters = {
  lockAtMostForMs: duration(30_000, 'how long the lock is held if its holder never releases it'),
  lockAtLeastForMs: duration(0, 'how long it is held even if the task is done sooner'),
  time: oneOf(['client', 'database'], 'client', 'whose clock: default, or usingDbTime()'),
  identity: oneOf(
    ['unique', 'shared'],
    'unique',
    'locked_by is the host’s name: its own for each process, or one for all',
  ),
  unlock: oneOf(
    ['own', 'any'],
    'own',
    'whether the unlock asks for locked_by; older versions with client time did not',
  ),
  keepAlive: flag(false, 'KeepAliveLockProvider: extend at half of lockAtMostFor'),
  keepAliveGoesOn: flag(false, 'the timer survives an extension that threw'),
  cachesRecord: flag(true, 'remember that the row exists and never INSERT again'),
  poolSize: count(2, 'connections of one client process'),
  statementTimeoutMs: duration(5_000, 'how long the client waits for an answer'),
}
type Parameters = ParameterValues<typeof parameters>
type Sql = ServiceClients['sql']

/**
 * "At most once at the same time": nobody waits, nobody is told of a loss. The row is never deleted; who holds it is a
 * matter of lock_until and of the clock that is compared with it.
 */
export const shedlock = defineAlgorithm({
  name: 'shedlock',
  summary: 'a row with lock_until: INSERT it, or UPDATE it once its time is over',
  sources: [
    'ShedLock 6/7: StorageBasedLockProvider, SqlStatementsSource, PostgresSqlServerTimeStatementsSource, KeepAliveLockProvider, LockConfiguration.getUnlockTime',
    'lukas-krecan/ShedLock issues 74, 132, 231, 2583',
  ],
  steps: [
    'Acquire: INSERT the row with lock_until = now + lockAtMostFor; if it is there, UPDATE it where lock_until <= now. No changed row means that somebody else has the lock: skip this time.',
    'Hold: nothing, or with keep-alive extend lock_until at half of lockAtMostFor.',
    'Release: UPDATE lock_until to now, or to locked_at + lockAtLeastFor if that is later, where locked_by is this host.',
  ],
  useWhen:
    'For scheduled jobs of several nodes, of which one a time is enough and two now and then do no harm. Not for correctness: a job that takes longer than lockAtMostFor has company, and is not told.',
  claims: [
    { promise: 'exclusion/belief', from: `${README}: executed at most once at the same time` },
    { promise: 'deadlock-freedom', from: `${README}: lockAtMostFor` },
  ],
  needs: { sql: 1 },
  scales: 'sql',
  parameters,
  services: () => ({ sql: { expiryColumn: 'lock_until' } }),
  gives: () => ({ token: false, validity: false }),
  leaseMs: ({ lockAtMostForMs }) => lockAtMostForMs,

  *open(me, { poolSize }): Process<ShedSession> {
    return { pool: me.services.sql.pool(poolSize), recordExists: false }
  },

  *acquire(me, values): Process<ShedGrant | undefined> {
    const { session } = me
    const { sql } = me.services
    const createdAtMs = yield* clock()
    const untilMs = createdAtMs + values.lockAtMostForMs
    const by = { locked_by: hostOf(me.name, values) }
    const { statementTimeoutMs } = values
    let isMine = false
    if (!session.recordExists) {
      const nowMs = yield* clock()
      const inserted = yield* say(sql, session.pool, (connection) =>
        connection.insert(
          TABLE,
          me.lock,
          { ...by, ...times(sql, values, nowMs, untilMs) },
          statementTimeoutMs,
        ),
      )
      isMine = inserted.ok
      if (!inserted.ok && !sql.isDuplicate(inserted)) return undefined
      session.recordExists = values.cachesRecord
    }
    if (!isMine) {
      const nowMs = yield* clock()
      const updated = yield* say(sql, session.pool, (connection) =>
        connection.update(
          TABLE,
          me.lock,
          { ...by, ...times(sql, values, nowMs, untilMs) },
          { lock_until: sql.is('<=', nowOf(sql, values, nowMs)) },
          statementTimeoutMs,
        ),
      )
      isMine = updated.ok && updated.value === 1
    }
    if (!isMine) return undefined
    const task = values.keepAlive
      ? yield* spawn('keep alive', keepAlive(me, session, values, untilMs))
      : undefined
    return { createdAtMs, keepAlive: task }
  },

  *release(me, held, values) {
    const { sql } = me.services
    if (held.keepAlive !== undefined) yield* stop(held.keepAlive)
    const nowMs = yield* clock()
    const { lockAtLeastForMs, unlock, time, statementTimeoutMs } = values
    const lockUntil =
      time === 'database'
        ? sql.greatest(sql.now(), sql.column('locked_at', lockAtLeastForMs))
        : Math.max(nowMs, held.createdAtMs + lockAtLeastForMs)
    const updated = yield* say(sql, me.session.pool, (connection) =>
      connection.renew(
        TABLE,
        me.lock,
        { lock_until: lockUntil },
        unlock === 'own' ? { locked_by: hostOf(me.name, values) } : undefined,
        statementTimeoutMs,
      ),
    )
    if (updated.ok) return updated.value === 1 ? 'ok' : 'not-held'
    return updated.why === 'refused' ? 'not-held' : 'unknown'
  },

  // ShedLock's own rule, read on the clock of the server: locked until a time that has not come.
  holders({ sql }, lock) {
    return sql.flatMap(({ up, data }) => {
      if (!up || data.role !== 'primary') return []
      const row = data.row(TABLE, lock)
      return row !== undefined && Number(row.columns['lock_until']) > data.wallMs
        ? [row.origin]
        : []
    })
  },
})

const hostOf = (name: string, { identity }: Parameters): string =>
  identity === 'unique' ? name : 'host'

const nowOf = (sql: Sql, { time }: Parameters, nowMs: number) =>
  time === 'database' ? sql.now() : nowMs

const times = (sql: Sql, values: Parameters, nowMs: number, untilMs: number) => ({
  locked_at: nowOf(sql, values, nowMs),
  lock_until: values.time === 'database' ? sql.now(values.lockAtMostForMs) : untilMs,
})

/** KeepAliveLockProvider: an executor drops a task that throws, so one failed extension is the last. */
function* keepAlive(
  me: Outsider<{ sql: 1 }>,
  session: ShedSession,
  values: Parameters,
  untilMs: number,
): Process {
  const { sql } = me.services
  const { lockAtMostForMs, keepAliveGoesOn, statementTimeoutMs } = values
  const periodMs = lockAtMostForMs / 2
  let currentUntilMs = untilMs
  // scheduleAtFixedRate: a slow extension does not put off the next.
  let dueMs = (yield* monotonic()) + periodMs
  for (;;) {
    yield* sleep(Math.max(0, dueMs - (yield* monotonic())))
    dueMs += periodMs
    const nowMs = yield* clock()
    // It may be somebody else's by now.
    if (currentUntilMs < nowMs) return
    currentUntilMs = nowMs + lockAtMostForMs
    const extended = yield* say(sql, session.pool, (connection) =>
      connection.renew(
        TABLE,
        me.lock,
        { lock_until: values.time === 'database' ? sql.now(lockAtMostForMs) : currentUntilMs },
        {
          locked_by: hostOf(me.name, values),
          lock_until: sql.is('>', nowOf(sql, values, nowMs)),
        },
        statementTimeoutMs,
      ),
    )
    const threw = !extended.ok
    if (threw ? !keepAliveGoesOn : extended.value === 0) return
  }
}
