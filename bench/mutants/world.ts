/** Mutants of the world and of the store: faults that do not happen, and checks that are not made. */

import type { AnyMutant } from './mutant.ts'

/** What a sequence shows must go away with the fault. */
export const worldMutants: readonly AnyMutant[] = [
  {
    fault: 'forgets the highest token',
    file: 'sim/services/store.ts',
    find: 'state.highestToken = token',
    replace: 'void token',
    probe: {
      lock: 'zk-sequential',
      under: 'client-pause',
      promise: 'exclusion/effect',
      fencing: 'all',
    },
  },
  {
    fault: 'lets older tokens through',
    file: 'sim/services/store.ts',
    find: 'token >= state.highestToken',
    replace: 'token >= 0',
    probe: { sequence: 'A15.7/repaired' },
  },
  {
    fault: 'asks reads for no token',
    file: 'sim/services/store.ts',
    find: "state.fencing === 'all' && !admit(state, input, 'read', out)",
    replace: 'false',
    probe: {
      lock: 'zk-sequential',
      under: 'client-pause',
      promise: 'exclusion/effect',
      fencing: 'all',
    },
  },
  {
    fault: 'writes without comparing',
    file: 'sim/services/store.ts',
    find: 'expected !== state.value',
    replace: 'false',
    probe: { sequence: 'A7.1' },
  },
  {
    fault: 'clocks do not jump',
    file: 'sim/world/clock.ts',
    find: 'this.baseLocalMs += byMs',
    replace: 'void byMs',
    probe: { sequence: 'B1.3' },
  },
  {
    fault: 'clocks do not drift',
    file: 'sim/world/clock.ts',
    find: '1 + driftPpm / 1_000_000',
    replace: '1',
    probe: { sequence: 'B2.2d' },
  },
  {
    fault: 'servers go by the wall clock',
    file: 'sim/world/server.ts',
    find: 'node[which]',
    replace: 'node.wall',
    probe: { sequence: 'B1.3/repaired' },
  },
  {
    fault: 'the monotonic clock runs on while the machine sleeps',
    file: 'sim/world/world.ts',
    find: 'node.monotonic.setRate(this.kernel.nowMs, 0)',
    replace: 'void 0',
    probe: {
      lock: 'redlock',
      promise: 'exclusion/validity',
      plan: {
        clients: 2,
        parameters: { clock: 'monotonic' },
        workload: { startMs: [0, 5000], workMs: 9000 },
        faults: [
          {
            kind: 'suspend',
            node: 'client-1',
            at: { node: 'client-1', event: 'acquiring', afterMs: 0.25 },
            forMs: 8000,
          },
        ],
      },
    },
  },
  {
    fault: 'no crash costs the disk',
    file: 'sim/world/world.ts',
    find: 'if (server.losesDisk)',
    replace: 'if (false)',
    probe: { sequence: 'A1.6b' },
  },
  {
    fault: 'what a server had committed is forgotten with its disk, before it has told the others',
    file: 'sim/world/world.ts',
    find: 'server.losesDisk = losesDisk',
    replace: 'losesDisk && server.lose()',
    probe: {
      lock: 'zk-sequential',
      promise: 'exclusion/service',
      plan: {
        clients: 3,
        rounds: 2,
        seed: 57,
        network: { latencyMs: { minMs: 0.5, maxMs: 50 } },
        workload: { workMs: 1_000 },
        faults: [
          {
            kind: 'crash',
            node: 'zookeeper-3',
            at: { node: 'client-1', event: 'granted' },
            forMs: 5_000,
            silent: true,
            losesDisk: true,
          },
        ],
      },
    },
  },
  {
    fault: 'every crash costs the disk',
    file: 'sim/world/world.ts',
    find: 'if (server.losesDisk)',
    replace: 'if (true)',
    probe: { sequence: 'B1.7/repaired' },
  },
  {
    fault: 'delayed messages are in time',
    file: 'sim/world/call.ts',
    find: 'atMs = kernel.nowMs + byMs',
    replace: 'atMs = link.arrivalMs(kernel.nowMs)',
    probe: { sequence: 'A2.5' },
  },
  {
    fault: 'no request comes twice',
    file: 'sim/world/call.ts',
    find: 'kernel.at(atMs + action.byMs, this, ARRIVE_AGAIN, undefined)',
    replace: 'void 0',
    probe: {
      lock: 'redis-token-list',
      promise: 'exclusion/belief',
      plan: {
        clients: 3,
        workload: { workMs: 1000 },
        faults: [
          {
            kind: 'message',
            from: 'client-1',
            to: 'redis',
            operation: 'rpush',
            at: 0,
            action: 'duplicate',
          },
        ],
      },
    },
  },
  {
    fault: 'what strikes one operation strikes all',
    file: 'sim/world/network.ts',
    find: 'rule.operation !== undefined && rule.operation !== operation',
    replace: 'false',
    probe: { sequence: 'A1.3/repaired' },
  },
  {
    fault: 'a stream loses its order',
    file: 'sim/world/network.ts',
    find: 'atMs <= this.lastArrivalMs',
    replace: 'false',
    probe: { sequence: 'A16.Z3/repaired' },
  },
  {
    fault: 'a sleeping machine answers pings',
    file: 'sim/world/ping.ts',
    find: '!this.outward.cut && to.powered && to.suspends === 0',
    replace: '!this.outward.cut',
    probe: {
      lock: 'consul-session',
      promise: 'exclusion/belief',
      plan: {
        clients: 2,
        parameters: { ttlMs: 0, lockDelayMs: 0 },
        workload: { startMs: [0, 1000], workMs: 30000 },
        faults: [{ kind: 'suspend', node: 'client-1', at: 8000, forMs: 60000 }],
      },
    },
  },
]
