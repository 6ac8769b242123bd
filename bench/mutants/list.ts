/** The mutants, file by file. */

import { commitMutants } from './commit-protocols.ts'
import { databaseMutants } from './database-locks.ts'
import type { AnyMutant } from './mutant.ts'
import { redisMutants } from './redis-locks.ts'

/** All of them. */
export const mutants: readonly AnyMutant[] = [
  {
    fault: 'a majority is half',
    file: 'algorithms/redlock.ts',
    find: 'if (votes >= quorum && (',
    replace: 'if (votes >= quorum - 1 && (',
    probe: { lock: 'redlock', under: 'none', promise: 'exclusion/validity' },
  },
  {
    fault: 'no allowance for drift',
    file: 'algorithms/redlock.ts',
    find: '(ttlMs * parameters.driftPerMille) / 1000 + parameters.driftMs',
    replace: '0',
    probe: {
      lock: 'redlock',
      scenario: 'rate-drift',
      parameters: { driftPerMille: 20 },
      promise: 'exclusion/validity',
    },
  },
  {
    fault: 'the time to live is counted from the reply',
    file: 'algorithms/redlock.ts',
    find: 'validUntilMs: startedMs + ttlMs - allowanceMs',
    replace: 'validUntilMs: startedMs + elapsedMs + ttlMs - allowanceMs',
    probe: {
      lock: 'redlock',
      promise: 'exclusion/validity',
      plan: {
        clients: 2,
        workload: { startMs: [0, 5_000], workMs: 9_000 },
        faults: [
          {
            kind: 'pause',
            node: 'client-1',
            at: { node: 'client-1', event: 'acquiring', afterMs: 0.25 },
            forMs: 8_000,
          },
        ],
      },
    },
  },
  {
    fault: 'the wall clock instead of the monotonic',
    file: 'algorithms/redlock.ts',
    find: "validityClock === 'wall' ? clock : monotonic",
    replace: 'clock',
    probe: {
      lock: 'redlock',
      scenario: 'client-clock-back',
      parameters: { clock: 'monotonic' },
      promise: 'exclusion/effect',
    },
  },
  {
    fault: 'does not look how long it took',
    file: 'algorithms/redlock.ts',
    find: '(elapsedMs < ttlMs || !parameters.elapsedCheck)',
    replace: 'true',
    probe: { lock: 'redlock', scenario: 'pause-in-flight', promise: 'exclusion/effect' },
  },
  {
    fault: 'the store forgets the highest token',
    file: 'sim/services/store.ts',
    find: 'state.highestToken = token',
    replace: 'void token',
    probe: {
      lock: 'zk-sequential',
      under: 'client-pause',
      fencing: 'all',
      promise: 'exclusion/effect',
    },
  },
  ...commitMutants,
  ...databaseMutants,
  ...redisMutants,
]
