/** Mutants of Redlock, and of the store that checks tokens. */

import type { AnyMutant } from './mutant.ts'

/** Each leaves out one step of the algorithm. */
export const redlockMutants: readonly AnyMutant[] = [
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
    find: '(ttlMs * driftPerMille) / 1_000 + driftMs',
    replace: '0',
    probe: { sequence: 'B2.2d/repaired' },
  },
  {
    fault: 'the time to live is counted from the reply',
    file: 'algorithms/redlock.ts',
    find: 'const validUntilMs = startedMs + ttlMs - allowanceMs(parameters)',
    replace: 'const validUntilMs = startedMs + elapsedMs + ttlMs - allowanceMs(parameters)',
    probe: {
      lock: 'redlock',
      promise: 'exclusion/validity',
      plan: {
        clients: 2,
        workload: { startMs: [0, 5000], workMs: 9000 },
        faults: [
          {
            kind: 'pause',
            node: 'client-1',
            at: { node: 'client-1', event: 'acquiring', afterMs: 0.25 },
            forMs: 8000,
          },
        ],
      },
    },
  },
  {
    fault: 'the wall clock instead of the monotonic',
    file: 'algorithms/redlock.ts',
    find: "parameters.clock === 'wall' ? clock() : monotonic()",
    replace: 'clock()',
    probe: {
      lock: 'redlock',
      scenario: 'client-clock-back',
      promise: 'exclusion/effect',
      parameters: { clock: 'monotonic' },
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
    fault: 'stores its name, the same in each hold',
    file: 'algorithms/redlock.ts',
    find: 'const value = me.token()',
    replace: 'const value = me.name',
    probe: { lock: 'redlock', under: 'late-message', promise: 'exclusion/validity' },
  },
  {
    fault: 'a minority of extensions counts',
    file: 'algorithms/redlock.ts',
    find: 'votes < majorityOf(me.session.length) || !isInTime',
    replace: 'false',
    probe: {
      lock: 'redlock',
      promise: 'exclusion/belief',
      plan: {
        clients: 2,
        parameters: { extensionsMax: 5 },
        workload: { startMs: [0, 100], workMs: 15000 },
        faults: [
          {
            kind: 'partition',
            groups: [['client-1'], ['redis-1', 'redis-2', 'redis-3']],
            at: 1000,
          },
        ],
      },
    },
  },
  {
    fault: 'a server that forgot its keys answers at once',
    file: 'sim/services/redis/redis.ts',
    find: 'state.clockMs + state.options.delayedRestartMs',
    replace: '-Infinity',
    probe: { sequence: 'B2.2b/repaired' },
  },
]
