/** The primary-key lock on two databases that copy each other, so that there is one to switch to. */

import type { Origin, Process } from '#sim'
import { defineAlgorithm } from './algorithm.ts'
import type { Grant } from './algorithm.ts'
import { ARTICLE, say, TABLE } from './db-rows.ts'
import { count, duration, flag, oneOf } from './parameters.ts'

interface SyncedGrant extends Grant {
  readonly owner: string
}

/**
 * The article's answer to "single point": two databases, data synchronised both ways, "once one dies switch quickly
 * to the standby". A client asks the one that its directory names. Each database keeps its own unique key and commits
 * before the other knows, so that for the length of the lag, and for as long as clients disagree about which one to
 * ask, there are two locks of one name.
 *
 * `checkOwner` is a repair of one consequence: a copied DELETE without an owner frees the other side's lock. Against
 * the split itself nothing helps but to wait for the other side, which is another lock.
 */
export const dbTwoWaySync = defineAlgorithm({
  name: 'db-two-way-sync',
  summary: 'the primary-key row lock on two databases that copy each other asynchronously',
  sources: [
    `${ARTICLE}: two databases, two-way synchronisation`,
    'MySQL manual, replication-options-replica (slave_exec_mode); pglogical, conflict_resolution',
  ],
  steps: [
    'Acquire: INSERT a row whose primary key is the name of the lock at the database that is said to be the active one.',
    'Hold: the row is copied to the other database a little later.',
    'Release: DELETE the row at the database that is active by then.',
  ],
  useWhen: 'Never as a lock: use one database, or a service that asks a majority.',
  claims: [
    { promise: 'exclusion/belief', from: ARTICLE },
    { promise: 'availability', from: `${ARTICLE}: "once one dies switch quickly to the standby"` },
  ],
  needs: { sql: 2 },
  parameters: {
    lagMs: duration(200, 'how long a committed row stays on its own database before it is sent'),
    onConflict: oneOf(
      ['stop', 'last-writer-wins'],
      'stop',
      'what becomes of a copied row that meets one of the same key',
    ),
    checkOwner: flag(false, 'DELETE asks for the row of this hold'),
    poolSize: count(1, 'connections of one client process'),
    statementTimeoutMs: duration(1_000, 'how long the client waits for the answer to a statement'),
  },
  services: ({ lagMs, onConflict }) => ({
    sql: { replication: 'two-way', replicationLagMs: lagMs, onConflict },
  }),
  gives: () => ({ token: false, validity: false }),
  leaseMs: () => Infinity,

  *open(me, { poolSize }) {
    return me.services.sql.pool(poolSize)
  },

  *acquire(me, { statementTimeoutMs }): Process<SyncedGrant | undefined> {
    const owner = me.token()
    const inserted = yield* say(me.services.sql, me.session, (connection) =>
      connection.insert(TABLE, me.lock, { owner, madeAt: connection.server }, statementTimeoutMs),
    )
    return inserted.ok ? { owner } : undefined
  },

  *release(me, { owner }, { checkOwner, statementTimeoutMs }) {
    const deleted = yield* say(me.services.sql, me.session, (connection) =>
      connection.delete(TABLE, me.lock, checkOwner ? { owner } : undefined, statementTimeoutMs),
    )
    if (!deleted.ok) return 'unknown'
    return deleted.value === 1 ? 'ok' : 'not-held'
  },

  // A copy grants nothing as long as the database can be asked at which the row was made.
  holders({ sql }, lock) {
    const owners: Origin[] = []
    for (const { node, up, data } of sql) {
      const row = up ? data.row(TABLE, lock) : undefined
      if (row === undefined) continue
      const home = row.columns['madeAt']
      if (home !== node && sql.some((other) => other.node === home && other.up)) continue
      if (!owners.some(({ hold }) => hold === row.origin.hold)) owners.push(row.origin)
    }
    return owners
  },
})
