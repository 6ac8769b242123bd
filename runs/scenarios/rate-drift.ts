/** `rate-drift`: the servers' clocks run two per cent fast, which is more than the lock allows for. */

import { bareMajority, defineScenario } from './scenario.ts'

const FAST_PPM = 20_000

/** The keys end at 1 + 10,000/1.02 = 9,805 ms, the client's validity with an allowance of 1 % + 2 ms at 9,898 ms. */
export const rateDrift = defineScenario({
  name: 'rate-drift',
  summary: 'a majority of the servers has clocks that run 2 % fast',
  source: 'redis.io and antirez (2016): Redlock’s allowance for clock drift',
  plan(role) {
    const { leaseMs, servers } = role
    if (servers.length === 0) return { skip: 'it has no servers whose clocks could drift' }
    const fast = servers.slice(0, Math.floor(servers.length / 2) + 1)
    return {
      clients: 2,
      workload: { startMs: [0, leaseMs * 0.982], workMs: leaseMs, retryMs: leaseMs / 1_000 },
      clocks: Object.fromEntries(fast.map((node) => [node, { driftPpm: FAST_PPM }])),
      faults: bareMajority(role),
    }
  },
})
