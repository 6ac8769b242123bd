/** The optimistic version column: nobody is kept out, but a write passes only if nobody wrote since the read. */

import { defineAlgorithm } from './algorithm.ts'
import { ARTICLE } from './db-rows.ts'

/**
 * `UPDATE … SET …, version = v + 1 WHERE id = … AND version = v`. It is no lock: acquire lets everybody in, the
 * section begins by reading the row with its version, and the resource itself compares (`fencing: compare`). Who was overtaken
 * has done its work for nothing and begins again. The article calls it a lock that "stems from MySQL's MVCC"; the
 * column is the application's own.
 *
 * What it protects is the one row: whatever a section did elsewhere before its write is done, and a rule over two
 * rows is not kept by comparing each alone (write skew).
 */
export const dbVersion = defineAlgorithm({
  name: 'db-version',
  summary: 'no lock but a version column: the write passes only if nobody wrote since the read',
  sources: [
    `${ARTICLE}: optimistic lock with a version column`,
    'Kung and Robinson, On Optimistic Methods for Concurrency Control (1981)',
  ],
  steps: [
    'Acquire: return at once; the section begins by reading the row and its version.',
    'Hold: work on what was read; nobody is kept out.',
    'Write: UPDATE the row WHERE the version is still the one that was read; zero rows mean to begin again.',
  ],
  useWhen:
    'Where all that is protected is one row, conflicts are rare and the work can be thrown away. Not for effects outside of the row.',
  claims: [{ promise: 'lost-update', from: ARTICLE }],
  needs: {},
  parameters: {},
  gives: () => ({ token: false, validity: false }),
  // There is no lease; scenarios need some time to scale by.
  leaseMs: () => 10_000,
  fencing: () => 'compare',

  *acquire() {
    return {}
  },

  *release() {
    return 'ok' as const
  },

  holders: () => [],
})
