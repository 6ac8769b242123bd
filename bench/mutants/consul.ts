/** Mutants of Consul and of the locks on it. */

import type { AnyMutant } from './mutant.ts'

/** Of the service first, then of each lock. */
export const consulMutants: readonly AnyMutant[] = [
  {
    fault: 'a session is over after its TTL, not after twice of it',
    file: 'sim/services/consul/apply.ts',
    find: 'TTL_MULTIPLIER = 2',
    replace: 'TTL_MULTIPLIER = 1',
    probe: { sequence: 'B9.1b' },
  },
  {
    fault: 'there is no lock-delay',
    file: 'sim/services/consul/apply.ts',
    find: 'if (delayMs > 0)',
    replace: 'if (false)',
    probe: { sequence: 'B9.1b' },
  },
  {
    fault: 'the lock-delay is noted and not looked at',
    file: 'sim/services/consul/consul.ts',
    find: '(data.delays.get(body.key) ?? -Infinity) > nowMs',
    replace: 'false',
    probe: { sequence: 'B9.1b' },
  },
  {
    fault: 'a release does not ask whose session it is',
    file: 'sim/services/consul/apply.ts',
    find: 'found?.session !== session',
    replace: 'found === undefined',
    probe: {
      lock: 'consul-session',
      scenario: 'pause-after-check',
      promise: 'ownership',
      fencing: 'all',
    },
  },
  {
    fault: 'LockIndex does not count',
    file: 'sim/services/consul/apply.ts',
    find: '(found?.lockIndex ?? 0) + 1',
    replace: '1',
    probe: { sequence: 'B9.1' },
  },
  {
    fault: 'a new leader begins no timers for the sessions',
    file: 'sim/services/consul/consul.ts',
    find: 'for (const session of data.sessions.values())',
    replace: 'for (const session of [])',
    probe: { lock: 'consul-session', under: 'server-crash', promise: 'deadlock-freedom' },
  },
  {
    fault: 'a machine that died keeps its sessions',
    file: 'sim/services/consul/apply.ts',
    find: 'session.node === node',
    replace: 'false',
    probe: { sequence: 'B9.3' },
  },
  {
    fault: 'a key is given to a second session',
    file: 'sim/services/consul/apply.ts',
    find: "found.session !== '' && found.session !== session",
    replace: 'false',
    probe: { lock: 'consul-session', scenario: 'calm', promise: 'exclusion/effect' },
  },
  {
    fault: 'blocking reads hear of no change',
    file: 'sim/services/consul/reads.ts',
    find: 'index > watcher.index',
    replace: 'false',
    probe: { sequence: 'A17.6/repaired' },
  },
  {
    fault: 'the monitor looks only whether the key is there',
    file: 'algorithms/consul-session.ts',
    find: 'read.value.pair?.session !== session',
    replace: 'read.value.pair === undefined',
    probe: { lock: 'consul-session', under: 'client-suspend', promise: 'exclusion/effect' },
  },
  {
    fault: 'the session of a failed attempt lives on',
    file: 'algorithms/consul-session-published.ts',
    find: 'if (destroyOnFailure)',
    replace: 'if (false)',
    probe: { sequence: 'A17.2/repaired' },
  },
]
