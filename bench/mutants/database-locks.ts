/** Mutants of the database locks and of what they need of the relational server. */

import type { AnyMutant } from './mutant.ts'

/** One or two a lock. */
export const databaseMutants: readonly AnyMutant[] = [
  {
    fault: 'takes an unanswered INSERT for a grant',
    file: 'algorithms/db-insert.ts',
    find: "if (inserted.why === 'timeout' && onUnknown === 'delete')",
    replace: "if (inserted.why === 'timeout') return { owner }; if (false)",
    probe: { lock: 'db-insert', under: 'late-message', promise: 'exclusion/belief' },
  },
  {
    fault: 'DELETE does not ask for the owner',
    file: 'algorithms/db-insert.ts',
    find: 'connection.delete(TABLE, lock, ownerColumn ? { owner } : undefined,',
    replace: 'connection.delete(TABLE, lock, undefined,',
    probe: { sequence: 'A1.3/repaired' },
  },
  {
    fault: 'does not take back an INSERT whose answer did not come',
    file: 'algorithms/db-insert.ts',
    find: "inserted.why === 'timeout' && onUnknown === 'delete'",
    replace: 'false',
    probe: { sequence: 'A1.2/repaired' },
  },
  {
    fault: 'the job finds no row old in all the run',
    file: 'algorithms/db-sweeper.ts',
    find: 'sql.now(-leaseMs)',
    replace: 'sql.now(-20 * leaseMs)',
    probe: { sequence: 'A1.1/repaired' },
  },
  {
    fault: 'the job deletes what it has selected, whatever it was told',
    file: 'algorithms/db-sweeper.ts',
    find: "sweep === 'one-statement'",
    replace: 'false',
    probe: { sequence: 'A2.5/repaired' },
  },
  {
    fault: 'the renewal changes nothing',
    file: 'algorithms/db-insert-sweeper.ts',
    find: '{ stampMs },',
    replace: '{},',
    probe: { sequence: 'A2.1/repaired' },
  },
  {
    fault: 'the inner release deletes the row though it counts holds',
    file: 'algorithms/db-insert-reentrant.ts',
    find: "holds: sql.is('>', 1)",
    replace: "holds: sql.is('>', 2)",
    probe: { sequence: 'A3.1/repaired' },
  },
  {
    fault: 're-entry does not make the row young again',
    file: 'algorithms/db-insert-reentrant.ts',
    find: "holds: sql.column('holds', 1), stampMs: sql.now()",
    replace: "holds: sql.column('holds', 1)",
    probe: { sequence: 'A3.4/repaired' },
  },
  {
    fault: 'who waits keeps its connection, whatever it was told',
    file: 'algorithms/db-insert-blocking.ts',
    find: 'isOver || !keepConnection ||',
    replace: 'isOver ||',
    probe: { sequence: 'A4.2/repaired' },
  },
  {
    fault: 'who is not the first of the queue tries as well',
    file: 'algorithms/db-queue.ts',
    find: 'head === undefined || order > Number(head)',
    replace: 'head === undefined',
    probe: { sequence: 'A5.4/repaired' },
  },
  {
    fault: 'nobody removes the rows of the dead',
    file: 'algorithms/db-queue-rows.ts',
    find: 'sql.now(-removeAfterMs)',
    replace: 'sql.now(-100 * removeAfterMs)',
    probe: { sequence: 'A5.1/repaired' },
  },
  {
    fault: 'a copied DELETE asks for nobody',
    file: 'algorithms/db-two-way-sync.ts',
    find: 'checkOwner ? { owner } : undefined',
    replace: 'undefined',
    probe: { sequence: 'A6.3/repaired' },
  },
  {
    fault: 'the store is not asked to compare',
    file: 'algorithms/db-version.ts',
    find: "fencing: () => 'compare'",
    replace: "fencing: () => 'off'",
    probe: { sequence: 'A7.1' },
  },
  {
    fault: 'the rows are not put there beforehand',
    file: 'algorithms/db-for-update.ts',
    find: 'rowExists ? namesOf(me.lock, rows) : []',
    replace: '[]',
    probe: { sequence: 'A8.1/repaired' },
  },
  {
    fault: 'the inner release commits though holds are counted',
    file: 'algorithms/db-for-update.ts',
    find: "isInner && reentry === 'counted'",
    replace: 'false',
    probe: { sequence: 'A8.9/repaired' },
  },
  {
    fault: 'each takes two rows in its own order, whatever it was told',
    file: 'algorithms/db-for-update.ts',
    find: "rows === 'two-in-any-order' && isEven(me.name)",
    replace: 'isEven(me.name)',
    probe: {
      lock: 'db-for-update',
      promise: 'exclusion/belief',
      plan: {
        network: { latencyMs: { minMs: 1, maxMs: 1 } },
        parameters: { flavour: 'innodb', rows: 'two-in-order', checkError: false },
      },
    },
  },
  {
    fault: 'the connection is not kept busy',
    file: 'algorithms/db-for-update-company.ts',
    find: 'yield* sleep(pingMs)',
    replace: 'yield* sleep(100 * pingMs)',
    probe: { sequence: 'A8.6/repaired' },
  },
]
