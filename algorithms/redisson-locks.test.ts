/** Redisson's locks and Spring's Redis registry in whole runs. */

import { describe, expect, it } from 'vitest'

import { parsePlan, run } from '#runs'
import type { PlanInput } from '#runs'

const outcome = (input: Omit<PlanInput, 'format'>) => {
  const { verdicts, landed, endedAtMs } = run(
    parsePlan({
      format: 'locksim-plan/1',
      clients: 3,
      rounds: 2,
      workload: { startMs: [0, 50], workMs: 1_000 },
      network: { latencyMs: { minMs: 1, maxMs: 1 } },
      ...input,
    }),
  )
  expect(landed.length).toBe(input.faults?.length ?? 0)
  const of = (verdict: string) =>
    verdicts.filter((each) => each.verdict === verdict).map(({ promise }) => promise)
  return { broken: of('violated'), kept: of('held'), endedAtMs }
}

const locks = [
  'redisson-lock',
  'redisson-fair',
  'redisson-fenced',
  'redisson-multilock',
  'spring-redis-lock',
]

const nested = { startMs: [0, 50], workMs: 1_000, nested: true }

/** The reply to the release of the inner grant is lost. */
const releaseReplyLost: NonNullable<PlanInput['faults']> = [
  {
    kind: 'message',
    from: 'redis',
    to: 'client-1',
    at: { node: 'client-1', event: 'leaving-inner' },
    action: 'lose',
    operation: 'eval',
  },
]

/** A request of client-1 to delete the key arrives after its time to live. */
const lateDelete = (operation: 'del' | 'eval', nth: number): NonNullable<PlanInput['faults']> => [
  {
    kind: 'message',
    from: 'client-1',
    to: 'redis',
    at: 0,
    action: 'delay',
    byMs: 1_200,
    operation,
    nth,
  },
]

describe.each(locks)('%s', (algorithm) => {
  it('breaks nothing while nothing fails', () => {
    expect(outcome({ algorithm }).broken).toEqual([])
  })

  it('lets its holder in again, and stays taken until the last release', () => {
    const { broken, kept } = outcome({ algorithm, workload: nested })
    expect(broken).toEqual([])
    expect(kept).toContain('reentrancy')
  })

  it('is free again a lease after its holder died', () => {
    const { broken, kept } = outcome({
      algorithm,
      progressWithinMs: 120_000,
      faults: [{ kind: 'crash', node: 'client-1', at: { node: 'client-1', event: 'granted' } }],
    })
    expect(broken).toEqual([])
    expect(kept).toContain('deadlock-freedom')
  })
})

describe('a Redisson lock', () => {
  it('is renewed for as long as its holder lives', () => {
    const { broken } = outcome({
      algorithm: 'redisson-lock',
      rounds: 1,
      workload: { startMs: [0, 50], workMs: 45_000 },
    })
    expect(broken).toEqual([])
  })

  it('wakes its waiters by a message, not by the end of the lease', () => {
    const { endedAtMs } = outcome({ algorithm: 'redisson-lock' })
    expect(endedAtMs).toBeLessThan(6_500)
  })

  it('counts a release that was sent again once, thanks to its latch', () => {
    const plan = { algorithm: 'redisson-lock', workload: nested, faults: releaseReplyLost }
    expect(outcome(plan).broken).toEqual([])
    expect(outcome({ ...plan, parameters: { unlockLatch: false } }).broken).toContain('reentrancy')
  })

  it('is not taken while no replica has it', () => {
    const cut = {
      algorithm: 'redisson-lock',
      servers: 2,
      faults: [{ kind: 'partition', groups: [['redis-1'], ['redis-2']], at: 0, forMs: 20_000 }],
    } satisfies Omit<PlanInput, 'format'>
    expect(outcome(cut).endedAtMs).toBeGreaterThan(20_000)
    expect(outcome({ ...cut, parameters: { syncedReplicas: 'off' } }).endedAtMs).toBeLessThan(
      20_000,
    )
  })

  it('tells its holder of a loss in time, if it is told to', () => {
    const cut = {
      algorithm: 'redisson-lock',
      rounds: 1,
      workload: { startMs: [0, 50], workMs: 60_000 },
      faults: [{ kind: 'partition', groups: [['client-1'], ['redis']], at: 500, forMs: 55_000 }],
    } satisfies Omit<PlanInput, 'format'>
    expect(outcome(cut).broken).toContain('exclusion/belief')
    expect(outcome({ ...cut, parameters: { onLost: 'tell' } }).broken).not.toContain(
      'exclusion/belief',
    )
  })
})

describe('a Redisson lock on several servers', () => {
  it('does with a majority, or needs all', () => {
    const oneDown = {
      algorithm: 'redisson-multilock',
      clients: 2,
      rounds: 1,
      progressWithinMs: 10_000,
      horizonMs: 30_000,
      faults: [{ kind: 'crash', node: 'redis-3', at: 0 }],
    } satisfies Omit<PlanInput, 'format'>
    expect(outcome(oneDown).broken).toEqual([])
    expect(outcome({ ...oneDown, parameters: { majority: false } }).broken).toContain(
      'deadlock-freedom',
    )
  })

  it('has a watchdog on each where no lease was asked for', () => {
    const { broken } = outcome({
      algorithm: 'redisson-multilock',
      rounds: 1,
      parameters: { leaseMs: 0 },
      workload: { startMs: [0, 50], workMs: 45_000 },
      horizonMs: 400_000,
    })
    expect(broken).toEqual([])
  })
})

describe('Spring’s Redis registry', () => {
  it('outlives its minute only with a renewal task', () => {
    const long = {
      algorithm: 'spring-redis-lock',
      clients: 2,
      rounds: 1,
      workload: { startMs: [0, 50], workMs: 70_000 },
    } satisfies Omit<PlanInput, 'format'>
    expect(outcome(long).broken).toContain('exclusion/belief')
    expect(outcome({ ...long, parameters: { renews: true } }).broken).toEqual([])
  })

  it('deletes what is somebody else’s by now if it looks first and deletes then', () => {
    const late = { algorithm: 'spring-redis-lock', rounds: 1 }
    const withScript = { expireAfterMs: 2_000 }
    const parameters = { ...withScript, unlocksBy: 'get-then-delete' }
    expect(outcome({ ...late, parameters, faults: lateDelete('del', 1) }).broken).toContain(
      'ownership',
    )
    expect(
      outcome({ ...late, parameters: withScript, faults: lateDelete('eval', 2) }).broken,
    ).not.toContain('ownership')
  })
})
