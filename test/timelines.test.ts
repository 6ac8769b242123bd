/** The published timelines in whole runs: what breaks, what catches it, what repairs it, and what must not break. */

import { describe, expect, it } from 'vitest'
import { algorithmNamed, parsePlan, planScenario, run, scenarioNamed } from '#runs'
import type { Overrides, Plan, PlanInput, RunResult } from '#runs'

const SEEDS = [1, 2, 3, 42, 1_000_003]

const planOf = (lock: string, scenario: string, seed: number, overrides?: Overrides): Plan => {
  const plan = planScenario(scenarioNamed(scenario), algorithmNamed(lock), seed, overrides)
  if ('skip' in plan) throw new Error(plan.skip)
  return plan
}

const verdictOf = (result: RunResult, promise: string): string | undefined =>
  result.verdicts.find((verdict) => verdict.promise === promise)?.verdict

/** The verdict about a promise for each of the seeds, without repetition. */
const across = (
  promise: string,
  lock: string,
  scenario: string,
  overrides?: Overrides,
  change: Partial<PlanInput> = {},
): (string | undefined)[] => [
  ...new Set(
    SEEDS.map((seed) => {
      const plan = parsePlan({ ...planOf(lock, scenario, seed, overrides), ...change })
      return verdictOf(run(plan), promise)
    }),
  ),
]

const set = (parameters: Overrides['parameters']): Overrides => ({ parameters: parameters ?? {} })

describe('a pause after the grant (Kleppmann’s first figure)', () => {
  it('breaks the effect under Redlock although every validity was kept', () => {
    expect(across('exclusion/effect', 'redlock', 'gc-pause')).toEqual(['violated'])
    expect(across('exclusion/validity', 'redlock', 'gc-pause')).toEqual(['held'])
  })

  it('names the stale write', () => {
    const { verdicts } = run(planOf('redlock', 'gc-pause', 42))
    const effect = verdicts.find(({ promise }) => promise === 'exclusion/effect')
    expect(effect?.witness?.events.at(-1)).toMatchObject({
      kind: 'store-written',
      client: 'client-1',
    })
    expect(effect?.witness?.proof.at(-1)).toContain('stale write')
  })

  it.each(['writes', 'all'] as const)('is repaired by a token and fencing of %s', (fencing) => {
    const fenced = { parameters: { tokenCounter: true }, fencing }
    expect(across('exclusion/effect', 'redlock', 'gc-pause', fenced)).toEqual(['held'])
    expect(across('exclusion/effect', 'zk-sequential', 'gc-pause', { fencing })).toEqual(['held'])
    const stale: unknown[] = []
    run(planOf('redlock', 'gc-pause', 42, fenced), {
      fact: (event) => event.kind === 'store-refused' && stale.push(event),
    })
    expect(stale).toMatchObject([{ client: 'client-1', operation: 'write', token: 1, highest: 2 }])
  })

  it('breaks ZooKeeper’s lock as well, as every lock that frees itself', () => {
    expect(across('exclusion/effect', 'zk-sequential', 'gc-pause')).toEqual(['violated'])
  })

  it('leaves a lock alone that never frees itself', () => {
    expect(across('exclusion/effect', 'db-insert', 'gc-pause')).toEqual(['held'])
  })
})

describe('a pause between request and reply', () => {
  it('is caught by the elapsed check', () => {
    expect(across('exclusion/effect', 'redlock', 'pause-in-flight')).toEqual(['held'])
  })

  it('is not caught without it', () => {
    const unchecked = set({ elapsedCheck: false })
    expect(across('exclusion/effect', 'redlock', 'pause-in-flight', unchecked)).toEqual([
      'violated',
    ])
  })

  it('is not caught when the wall clock was set back meanwhile, and is with a monotonic clock', () => {
    expect(across('exclusion/effect', 'redlock', 'client-clock-back')).toEqual(['violated'])
    const monotonic = set({ clock: 'monotonic' })
    expect(across('exclusion/effect', 'redlock', 'client-clock-back', monotonic)).toEqual(['held'])
  })

  it('is not caught by a monotonic clock when the machine was suspended, and is by a wall clock', () => {
    expect(across('exclusion/effect', 'redlock', 'vm-suspend')).toEqual(['violated'])
    const wall = set({ clock: 'wall' })
    expect(across('exclusion/effect', 'redlock', 'vm-suspend', wall)).toEqual(['held'])
  })

  it('is caught by nothing once it falls behind the check', () => {
    for (const clock of ['wall', 'monotonic']) {
      expect(across('exclusion/effect', 'redlock', 'pause-after-check', set({ clock }))).toEqual([
        'violated',
      ])
    }
  })
})

describe('a clock that jumps on one of five servers', () => {
  it('breaks even the validity when a bare majority holds the lock', () => {
    expect(across('exclusion/validity', 'redlock', 'clock-jump')).toEqual(['violated'])
  })

  it('breaks nothing when all five hold it', () => {
    for (const promise of ['exclusion/service', 'exclusion/belief', 'exclusion/effect']) {
      expect(across(promise, 'redlock', 'clock-jump-all-held')).toEqual(['held'])
    }
  })

  it('breaks nothing if keys expire by a monotonic clock, or if the clock is slewed', () => {
    const services = { redis: { expiryClock: 'monotonic' } }
    expect(across('exclusion/validity', 'redlock', 'clock-jump', undefined, { services })).toEqual([
      'held',
    ])
    const { faults } = planOf('redlock', 'clock-jump', 1)
    const slewed = faults.map((fault) =>
      fault.kind === 'clock'
        ? ({ kind: 'clock', node: fault.node, at: fault.at, slewPpm: 500, forMs: 100_000 } as const)
        : fault,
    )
    expect(
      across('exclusion/validity', 'redlock', 'clock-jump', undefined, { faults: slewed }),
    ).toEqual(['held'])
  })

  it('does not concern ZooKeeper', () => {
    expect(across('exclusion/belief', 'zk-sequential', 'clock-jump')).toEqual(['held'])
  })
})

describe('a server that forgets', () => {
  it('lets two clients have a majority', () => {
    expect(across('exclusion/validity', 'redlock', 'crash-restart')).toEqual(['violated'])
    expect(across('exclusion/service', 'redlock', 'crash-restart')).toEqual(['violated'])
  })

  it('is repaired by fsync at every write, or by staying away for a TTL', () => {
    for (const redis of [{ persistence: 'always' }, { delayedRestartMs: 10_001 }]) {
      const repaired = { services: { redis } }
      expect(across('exclusion/validity', 'redlock', 'crash-restart', undefined, repaired)).toEqual(
        ['held'],
      )
    }
  })

  it('is repaired by the parameter that says so', () => {
    const delayed = set({ delayedRestart: true })
    expect(across('exclusion/validity', 'redlock', 'crash-restart', delayed)).toEqual(['held'])
  })

  it('is broken again when the clock by which it stays away jumps', () => {
    const { faults } = planOf('redlock', 'crash-restart', 1)
    const change = {
      services: { redis: { delayedRestartMs: 10_001 } },
      faults: [...faults, { kind: 'clock' as const, node: 'redis-3', at: 1_250, jumpMs: 10_001 }],
    }
    expect(across('exclusion/validity', 'redlock', 'crash-restart', undefined, change)).toEqual([
      'violated',
    ])
  })
})

describe('clocks of servers that run 2 % fast', () => {
  it('break the validity with the usual allowance, and keep it with one of 2 %', () => {
    expect(across('exclusion/validity', 'redlock', 'rate-drift')).toEqual(['violated'])
    const allowed = set({ driftPerMille: 20 })
    expect(across('exclusion/validity', 'redlock', 'rate-drift', allowed)).toEqual(['held'])
  })
})

describe('a failover to a replica that is behind', () => {
  it.each(['redis-set-px', 'redis-setnx-getset', 'db-insert', 'db-for-update'])(
    'gives the lock of %s away',
    (lock) => {
      expect(across('exclusion/service', lock, 'failover')).toEqual(['violated'])
      expect(across('exclusion/effect', lock, 'failover')).toEqual(['violated'])
    },
  )

  it('does no harm where a majority must agree', () => {
    expect(across('exclusion/service', 'zk-sequential', 'failover')).toEqual(['held'])
    expect(across('exclusion/effect', 'zk-sequential', 'failover')).toEqual(['held'])
  })
})

describe('late messages', () => {
  it('a late write breaks the effect, and only the store can tell', () => {
    expect(across('exclusion/effect', 'redlock', 'late-write')).toEqual(['violated'])
    expect(across('exclusion/validity', 'redlock', 'late-write')).toEqual(['held'])
    const fenced: Overrides = { parameters: { tokenCounter: true }, fencing: 'writes' }
    expect(across('exclusion/effect', 'redlock', 'late-write', fenced)).toEqual(['held'])
  })

  it('a late request lands after its owner has released, and breaks nothing: its value is nobody’s', () => {
    expect(across('exclusion/effect', 'redlock', 'late-request')).toEqual(['held'])
    const lands: number[] = []
    const releases: number[] = []
    run(planOf('redlock', 'late-request', 42), {
      record(event) {
        if (event.kind === 'request-arrived' && event.message === 4) lands.push(event.atMs)
        if (event.kind === 'released' && event.hold === 'client-1#1') releases.push(event.atMs)
      },
    })
    expect(lands).toHaveLength(1)
    expect(lands[0]).toBeGreaterThan(releases[0] ?? Infinity)
  })
})

describe('no fault at all', () => {
  it('redis-setnx-getset-published lets two in, because its 60 seconds are 60 ms', () => {
    expect(across('exclusion/belief', 'redis-setnx-getset-published', 'calm')).toEqual(['violated'])
  })

  it('zk-sequential-published lets two in when the holder takes longer than the wait', () => {
    expect(across('exclusion/belief', 'zk-sequential-published', 'slow-holder')).toEqual([
      'violated',
    ])
    expect(across('exclusion/belief', 'zk-sequential', 'slow-holder')).toEqual(['held'])
  })

  it.each([
    'redis-setnx-getset',
    'redis-set-px',
    'redlock',
    'zk-sequential',
    'db-insert',
    'db-for-update',
  ])('%s keeps every kind of exclusion', (lock) => {
    for (const promise of ['exclusion/belief', 'exclusion/effect', 'lost-update', 'ownership']) {
      expect([promise, ...across(promise, lock, 'calm')]).toEqual([promise, 'held'])
    }
  })
})
