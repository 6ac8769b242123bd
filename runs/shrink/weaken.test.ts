/** What one step can do to a plan, part by part. */

import { describe, expect, it } from 'vitest'
import type { AnyFaultPlan } from '#sim'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { Plan, PlanInput } from '../plan.ts'
import { algorithmNamed } from '../settle.ts'
import { sparsePlan } from './sparse.ts'
import { breaks } from './shrink.ts'
import { weakenings } from './weaken.ts'

const planOf = (input: Partial<PlanInput>): Plan =>
  parsePlan({ format: PLAN_FORMAT, algorithm: 'redlock', seed: 0, ...input })

/** What differs from the defaults in each weaker plan. */
const weakerThan = (plan: Plan): readonly PlanInput[] =>
  [...weakenings(plan, algorithmNamed(plan.algorithm))].map(sparsePlan)

/** The only fault of each weaker plan that has one. */
const faultsOf = (plan: Plan): readonly AnyFaultPlan[] =>
  weakerThan(plan).flatMap(({ faults = [] }) => faults as AnyFaultPlan[])

const granted = { node: 'client-1', event: 'granted' } as const
const pause = { kind: 'pause', node: 'client-3', at: granted, forMs: 5_000 } as const

describe('weakening', () => {
  it('lets a client in the middle go: those behind it move up with all that befalls them', () => {
    const weaker = weakerThan(
      planOf({
        clients: 3,
        workload: { startMs: [1, 2, 3] },
        faults: [pause],
        clocks: { 'client-3': { driftPpm: 7 } },
      }),
    )
    expect(weaker).toContainEqual(
      expect.objectContaining({
        workload: { startMs: [1, 3] },
        faults: [{ ...pause, node: 'client-2' }],
        clocks: { 'client-2': { driftPpm: 7 } },
      }),
    )
  })

  it('does without most of a crowd at once, but not without those of whom the plan speaks', () => {
    const crowd = planOf({
      clients: 30,
      workload: { startMs: [1, 2, 3, 4, 5, 6, 7, 8] },
      faults: [{ ...pause, node: 'client-7', at: { ...granted, node: 'client-5' } }],
    })
    expect(weakerThan(crowd)).toContainEqual(
      expect.objectContaining({
        clients: 10,
        workload: { startMs: [5, 7, 1, 2, 3, 4, 6, 8] },
        faults: [{ ...pause, node: 'client-2' }],
      }),
    )
  })

  it('keeps a fault that is aimed at a client who goes, at the time at which that was', () => {
    const aimed: AnyFaultPlan = { ...pause, node: 'redis-1', at: { ...granted, node: 'client-2' } }
    const weaker = weakerThan(planOf({ clients: 2, faults: [aimed], seed: 0 }))
    const kept = weaker.filter(({ clients, faults }) => clients === 1 && faults?.length === 1)
    expect(kept.length).toBeGreaterThan(0)
    expect(typeof kept[0]?.faults?.[0]?.at).toBe('number')
  })

  it('says a time by what a client does then', () => {
    const times = faultsOf(planOf({ faults: [{ ...pause, node: 'client-1', at: 60 }] })).map(
      ({ at }) => at,
    )
    expect(times).toContain(0)
    expect(times).toContainEqual({ node: 'client-1', event: 'read-returned' })
    expect(times).toContainEqual({
      node: 'client-1',
      event: 'read-returned',
      afterMs: expect.any(Number),
    })
  })

  it('takes the earlier of two events, and no while after it', () => {
    const at = { ...granted, nth: 3, afterMs: 120 }
    const times = faultsOf(planOf({ rounds: 3, faults: [{ ...pause, node: 'client-1', at }] })).map(
      (fault) => fault.at,
    )
    expect(times).toEqual(
      expect.arrayContaining([
        granted,
        { ...granted, nth: 3 },
        { ...granted, nth: 3, afterMs: 100 },
      ]),
    )
  })

  it('gives who is struck the lowest number', () => {
    const faults = faultsOf(
      planOf({
        faults: [
          { kind: 'partition', groups: [['client-2'], ['redis-5', 'redis-2']], at: 0, forMs: 9 },
        ],
      }),
    )
    const groups = faults.map((fault) => (fault.kind === 'partition' ? fault.groups : []))
    expect(groups).toContainEqual([['client-1'], ['redis-2', 'redis-5']])
    expect(groups).toContainEqual([['client-2'], ['redis-1', 'redis-2']])
    expect(groups).toContainEqual([['client-2'], ['redis-5']])
  })

  it('leaves a majority three servers, and a lock with one server its one', () => {
    const serversOf = (plan: Plan) => new Set(weakerThan(plan).map(({ servers }) => servers))
    expect(serversOf(planOf({ servers: 7 }))).toEqual(new Set([undefined, 3, 7]))
    expect(serversOf(planOf({}))).toEqual(new Set([3, undefined]))
    expect(serversOf(planOf({ algorithm: 'redis-set-px' }))).toEqual(new Set([undefined]))
  })

  it('calms a suspend and a crash with restart to a pause', () => {
    for (const kind of ['suspend', 'crash'] as const) {
      expect(faultsOf(planOf({ clients: 3, faults: [{ ...pause, kind }] }))).toContainEqual(pause)
    }
  })

  it('leaves a network and a server their recovery, and lets a client stay dead', () => {
    const lasting = (fault: AnyFaultPlan): boolean =>
      faultsOf(planOf({ faults: [fault] })).some((one) => !('forMs' in one))
    const cut = { kind: 'partition', groups: [['client-1'], ['redis-1']], at: 0, forMs: 9 } as const
    expect(lasting(cut as unknown as AnyFaultPlan)).toBe(false)
    expect(lasting({ kind: 'crash', node: 'redis-1', at: 0, forMs: 9 })).toBe(false)
    expect(lasting({ kind: 'crash', node: 'client-1', at: 0, forMs: 9 })).toBe(true)
  })

  it('drops every field of a fault that can be dropped', () => {
    const crash = { kind: 'crash', node: 'client-1', at: 0, silent: true, losesDisk: true } as const
    const { silent: _silent, ...loud } = crash
    const { losesDisk: _losesDisk, ...kept } = crash
    const faults = faultsOf(planOf({ faults: [crash] }))
    expect(faults).toContainEqual(loud)
    expect(faults).toContainEqual(kept)
  })

  it('brings back the usual surroundings, if need be for a longer fault', () => {
    const weaker = weakerThan(
      planOf({
        clients: 3,
        workload: { workMs: 4_321, careful: true },
        network: { latencyMs: { minMs: 1, maxMs: 20 } },
        store: { fencing: 'writes' },
        horizonMs: 500_000,
        faults: [pause],
      }),
    )
    const lacks = (field: string) => weaker.some((one) => !Object.hasOwn(one, field))
    expect(['workload', 'network', 'store', 'horizonMs'].filter((field) => !lacks(field))).toEqual(
      [],
    )
    expect(weaker).toContainEqual(
      expect.objectContaining({
        workload: { careful: true },
        faults: [{ ...pause, forMs: 10_000 }],
      }),
    )
  })

  it('tries to do without somebody under a few other seeds', () => {
    const weaker = weakerThan(planOf({ seed: 77, clients: 3, rounds: 1 }))
    const seeds = weaker.filter(({ clients }) => clients === undefined).map(({ seed }) => seed)
    expect(new Set(seeds)).toEqual(new Set([77, 0, 1, 2, 3]))
  })

  it('has nothing left to take from the smallest plan of all', () => {
    expect(weakerThan(planOf({ algorithm: 'redis-set-px', clients: 1 }))).toEqual([])
  })
})

describe('a server that is dead for good', () => {
  it('keeps the replica that is promoted in its place: nobody could keep a promise without', () => {
    const plan = parsePlan({
      format: 'locksim-plan/1',
      algorithm: 'redis-set-px',
      servers: 2,
      services: { redis: { replication: 'asynchronous' } },
      faults: [
        { kind: 'crash', node: 'redis-1', at: 100 },
        { kind: 'failover', to: 'redis-2', at: 200 },
      ],
    })
    const alone = [...weakenings(plan, algorithmNamed('redis-set-px'))].filter(
      ({ faults }) => faults.length === 1 && faults[0]?.kind === 'crash',
    )
    expect(alone).toEqual([])
  })

  it('is no question to a lock where the promotion waits for what can no longer happen', () => {
    const withPromotion = (at: 'granted' | 'acquiring') =>
      parsePlan({
        format: 'locksim-plan/1',
        algorithm: 'redis-set-px',
        servers: 2,
        faults: [
          { kind: 'crash', node: 'redis-1', at: 0 },
          { kind: 'failover', to: 'redis-2', at: { node: 'client-1', event: at } },
        ],
      })
    const isBroken = breaks(algorithmNamed('redis-set-px'), 'deadlock-freedom')
    expect([isBroken(withPromotion('granted')), isBroken(withPromotion('acquiring'))]).toEqual([
      false,
      false,
    ])
  })
})
