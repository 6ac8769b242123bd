/** Mutants of DynamoDB and of the lock on it. */

import type { AnyMutant } from './mutant.ts'

/** Of the conditions first, then of the clocks. */
export const dynamodbMutants: readonly AnyMutant[] = [
  {
    fault: 'writes without looking at the condition',
    file: 'sim/services/dynamodb.ts',
    find: '!meets(found?.item, body.condition)',
    replace: 'false',
    probe: { lock: 'dynamodb-lease', under: 'none', promise: 'exclusion/belief' },
  },
  {
    fault: 'the release does not compare the version',
    file: 'algorithms/dynamodb-lease.ts',
    find: 'where: { owner: session.owner, version: held.version }',
    replace: 'where: {}',
    probe: { lock: 'dynamodb-lease', under: 'client-pause', promise: 'ownership' },
  },
  {
    fault: 'a heartbeat does not compare the version',
    file: 'algorithms/dynamodb-lease.ts',
    find: 'const where = { owner: session.owner, version: versions }',
    replace: 'const where = {}',
    probe: { sequence: 'B10.3b' },
  },
  {
    fault: 'an old item is taken by two',
    file: 'algorithms/dynamodb-lease.ts',
    find: 'mayTake = { exists: true, where: { version } }',
    replace: 'mayTake = { exists: true }',
    probe: { lock: 'dynamodb-lease', under: 'client-crash', promise: 'exclusion/validity' },
  },
  {
    fault: 'waits for half a lease',
    file: 'algorithms/dynamodb-lease.ts',
    find: 'nowMs - atMs > leaseMs',
    replace: 'nowMs - atMs >= leaseMs / 2',
    probe: { sequence: 'B10.2/repaired' },
  },
  {
    fault: 'the wall clock instead of the monotonic',
    file: 'algorithms/dynamodb-lease.ts',
    find: 'import { monotonic,',
    replace: 'import { clock as monotonic,',
    probe: {
      lock: 'dynamodb-lease',
      promise: 'exclusion/belief',
      plan: {
        clients: 2,
        parameters: { patienceMs: 60000 },
        workload: { startMs: [0, 100], workMs: 15000 },
        faults: [{ kind: 'clock', node: 'client-2', at: 3000, jumpMs: 60000 }],
      },
    },
  },
  {
    fault: 'a release does not wait for a heartbeat',
    file: 'algorithms/dynamodb-lease.ts',
    find: 'while (held.beating)',
    replace: 'while (false)',
    probe: { sequence: 'B10.5b/repaired' },
  },
]
