/** The Redis locks in whole runs: the published failures happen, and what is said to repair them does. */

import { describe, expect, it } from 'vitest'

import { algorithms } from '#algorithms'
import { parsePlan, run } from '#runs'
import type { PlanInput } from '#runs'

/** Holds of a second, so that what happens right after a grant happens inside it; client-1 comes first. */
const base = {
  format: 'locksim-plan/1',
  rounds: 3,
  workload: { startMs: [0, 50], workMs: 1000 },
} as const

const verdictsOf = (input: Omit<PlanInput, 'format'>): Readonly<Record<string, string>> => {
  const { verdicts } = run(parsePlan({ ...base, ...input }))
  return Object.fromEntries(verdicts.map(({ promise, verdict }) => [promise, verdict]))
}

const firstGrant = { node: 'client-1', event: 'granted', nth: 1 } as const
const majority = ['redis-3', 'redis-4', 'redis-5']
const crashOf = (node: string) => ({ kind: 'crash', node, at: firstGrant, forMs: 10 }) as const

const sound = ['redis-blind-delete', 'redis-setnx-getset', 'redis-set-px', 'redlock']

describe('redis locks without faults', () => {
  it.each(sound)('%s excludes', (algorithm) => {
    expect(verdictsOf({ algorithm, clients: 3 })).toMatchObject({
      'exclusion/service': 'held',
      'exclusion/belief': 'held',
      'exclusion/effect': 'held',
      'lost-update': 'held',
      ownership: 'held',
    })
  })

  it.each(['no-lock', 'redis-setnx-getset-published'])('%s does not', (algorithm) => {
    expect(verdictsOf({ algorithm, clients: 3 })).toMatchObject({
      'exclusion/belief': 'violated',
      'exclusion/effect': 'violated',
      'lost-update': 'violated',
    })
  })

  it('repeat themselves to the last bit', () => {
    for (const { name } of algorithms.filter(({ needs }) => 'redis' in needs)) {
      const plan = parsePlan({ ...base, algorithm: name, clients: 3, seed: 7 })
      expect([name, run(plan).hash]).toEqual([name, run(plan).hash])
    }
  })
})

describe('a pause longer than the lease, between reading and writing', () => {
  const faults = [
    {
      kind: 'pause',
      node: 'client-1',
      at: { node: 'client-1', event: 'read-returned', nth: 1 },
      forMs: 15_000,
    } as const,
  ]

  it.each(sound)('lets the holder of %s write over others', (algorithm) => {
    expect(verdictsOf({ algorithm, faults })).toMatchObject({ 'exclusion/effect': 'violated' })
  })

  it('does not break what redlock claims', () => {
    expect(verdictsOf({ algorithm: 'redlock', faults })).toMatchObject({
      'exclusion/validity': 'held',
      ownership: 'held',
    })
  })

  it('makes an unconditional delete free the lock of another', () => {
    // The pause falls between the last look at the lock and its release, while another has it.
    const late = { node: 'client-1', event: 'write-acknowledged', nth: 1 } as const
    const pause = { kind: 'pause', node: 'client-1', at: late, forMs: 9_600 } as const
    expect(verdictsOf({ algorithm: 'redis-blind-delete', faults: [pause] })).toMatchObject({
      ownership: 'violated',
    })
    expect(verdictsOf({ algorithm: 'redis-set-px', faults: [pause] })).toMatchObject({
      ownership: 'held',
    })
  })
})

describe('a server that crashes right after the grant', () => {
  const plan = { algorithm: 'redis-set-px', faults: [crashOf('redis')] }
  const servers = (options: Record<string, string | number>) => ({ services: { redis: options } })

  it('gives the lock away unless every write was on disk', () => {
    const service = (persistence: string) =>
      verdictsOf({ ...plan, ...servers({ persistence }) })['exclusion/service']
    expect([service('none'), service('everysec'), service('always')]).toEqual([
      'violated',
      'violated',
      'held',
    ])
  })

  it('does no harm if it stays away for a lease', () => {
    expect(verdictsOf({ ...plan, ...servers({ delayedRestartMs: 10_001 }) })).toMatchObject({
      'exclusion/effect': 'held',
    })
  })
})

describe('redlock', () => {
  it('grants twice when the clocks of a majority are set ahead', () => {
    const faults = majority.map(
      (node) => ({ kind: 'clock', node, at: firstGrant, jumpMs: 10_001 }) as const,
    )
    expect(verdictsOf({ algorithm: 'redlock', faults })).toMatchObject({
      'exclusion/validity': 'violated',
    })
  })

  it('grants twice when a majority forgets, but not with delayed restarts', () => {
    const plan = { algorithm: 'redlock', faults: majority.map(crashOf) }
    expect(verdictsOf(plan)).toMatchObject({ 'exclusion/validity': 'violated' })
    const services = { redis: { delayedRestartMs: 10_001 } }
    expect(verdictsOf({ ...plan, services })).toMatchObject({ 'exclusion/validity': 'held' })
  })

  it('works with two of five servers down, and on either clock', () => {
    const faults = ['redis-1', 'redis-2'].map((node) => ({ kind: 'crash', node, at: 0 }) as const)
    for (const clock of ['wall', 'monotonic']) {
      expect(verdictsOf({ algorithm: 'redlock', parameters: { clock }, faults })).toMatchObject({
        'exclusion/validity': 'held',
        'lost-update': 'held',
        contention: 'held',
      })
    }
  })

  it('numbers its grants if it is given a counter', () => {
    const plan = { algorithm: 'redlock', store: { fencing: 'all' as const } }
    expect(verdictsOf({ ...plan, parameters: { tokenCounter: true } })).toMatchObject({
      fencing: 'held',
    })
  })
})

describe('a failover to a replica that is behind', () => {
  const faults = [{ kind: 'failover', to: 'redis-2', at: firstGrant } as const]
  const redis = { replication: 'asynchronous', replicationDelayMs: 50 }

  it('gives the lock of redis-set-px to two', () => {
    expect(
      verdictsOf({ algorithm: 'redis-set-px', servers: 3, services: { redis }, faults }),
    ).toMatchObject({ 'exclusion/belief': 'violated' })
  })

  it('does not if the replica had caught up', () => {
    const later = faults.map((fault) => ({ ...fault, at: { ...firstGrant, afterMs: 100 } }))
    expect(
      verdictsOf({ algorithm: 'redis-set-px', servers: 3, services: { redis }, faults: later }),
    ).toMatchObject({ 'exclusion/service': 'held', 'exclusion/belief': 'held' })
  })
})

describe('redis-setnx-getset', () => {
  it('lets a client whose clock is fast steal a lock that is held', () => {
    const clocks = { 'client-2': { offsetMs: 11_000 } }
    expect(verdictsOf({ algorithm: 'redis-setnx-getset', clocks })).toMatchObject({
      'exclusion/belief': 'violated',
    })
  })
})
