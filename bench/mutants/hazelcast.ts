/** Mutants of Hazelcast's CP sessions and of its FencedLock. */

import type { AnyMutant } from './mutant.ts'

/** Of the service first, then of the lock. */
export const hazelcastMutants: readonly AnyMutant[] = [
  {
    fault: 'any session counts as the holder',
    file: 'sim/services/hazelcast/lock.ts',
    find: 'isSameEndpoint(this.owner, key)) {',
    replace: 'true) {',
    probe: { lock: 'hazelcast-fenced-lock', scenario: 'calm', promise: 'exclusion/effect' },
  },
  {
    fault: 'the inner unlock frees the lock',
    file: 'sim/services/hazelcast/lock.ts',
    find: '--this.count > 0',
    replace: 'false',
    probe: { sequence: 'B16.1' },
  },
  {
    fault: 'a call that is said again counts once more',
    file: 'sim/services/hazelcast/lock.ts',
    find: 'of.uid === call.uid &&',
    replace: 'false &&',
    probe: { sequence: 'B16.2/repaired' },
  },
  {
    fault: 'the last of the queue is served first',
    file: 'sim/services/hazelcast/lock.ts',
    find: 'this.queue.shift()',
    replace: 'this.queue.pop()',
    probe: { lock: 'hazelcast-fenced-lock', under: 'none', promise: 'fairness' },
  },
  {
    fault: 'an unlock in doubt leaves the call in the queue',
    file: 'sim/services/hazelcast/lock.ts',
    find: 'answer: undefined, granted: NO_KEYS, cancelled: this.cancelWaits(caller)',
    replace: 'answer: undefined, granted: NO_KEYS, cancelled: NO_KEYS',
    probe: { sequence: 'B16.3/repaired' },
  },
  {
    fault: 'anybody can unlock',
    file: 'sim/services/hazelcast/lock.ts',
    find: 'this.owner === undefined || !isSameEndpoint(this.owner, caller)',
    replace: 'this.owner === undefined',
    probe: {
      lock: 'hazelcast-fenced-lock',
      promise: 'exclusion/belief',
      plan: {
        clients: 3,
        parameters: { interruptMs: 2_000, unlockOnInterrupt: true },
        workload: { startMs: [0, 500, 1_000], workMs: 5_000, retryMs: 1_000 },
      },
    },
  },
  {
    fault: 'every hold has the same fence',
    file: 'sim/services/hazelcast/apply.ts',
    find: 'fence: index,',
    replace: 'fence: 1,',
    probe: { lock: 'hazelcast-fenced-lock', under: 'none', promise: 'fencing' },
  },
  {
    fault: 'a session that is over keeps its lock',
    file: 'sim/services/hazelcast/apply.ts',
    find: 'lock.closeSessions(ids)',
    replace: 'lock.closeSessions([])',
    probe: { lock: 'hazelcast-fenced-lock', under: 'client-crash', promise: 'deadlock-freedom' },
  },
  {
    fault: 'a heartbeat does not lengthen the session',
    file: 'sim/services/hazelcast/apply.ts',
    find: 'Math.max(session.expiresAtMs, data.wallMs() + data.options.sessionTtlMs)',
    replace: 'session.expiresAtMs',
    probe: { lock: 'hazelcast-fenced-lock', scenario: 'slow-holder', promise: 'exclusion/belief' },
  },
  {
    fault: 'nobody looks for sessions that are over',
    file: 'sim/services/hazelcast/hazelcast.ts',
    find: 'expired.length > 0',
    replace: 'false',
    probe: { lock: 'hazelcast-fenced-lock', under: 'client-crash', promise: 'deadlock-freedom' },
  },
  {
    fault: 'an answer that grants nothing is taken for a fence',
    file: 'algorithms/hazelcast-fenced-lock.ts',
    find: 'locked?.ok === true && locked.value > 0',
    replace: 'locked?.ok === true',
    probe: { lock: 'hazelcast-fenced-lock', under: 'client-crash', promise: 'fencing' },
  },
  {
    fault: 'an interrupted call is not taken back, whatever it was told',
    file: 'algorithms/hazelcast-fenced-lock.ts',
    find: 'values.unlockOnInterrupt',
    replace: 'false',
    probe: { sequence: 'B16.3/repaired' },
  },
]
