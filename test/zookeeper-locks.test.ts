/** The ZooKeeper locks in whole runs: the recipe keeps what it promises, the published code does not. */

import { describe, expect, it } from 'vitest'

import { algorithms } from '#algorithms'
import { drawPlan, parsePlan, run } from '#runs'
import type { PlanInput } from '#runs'

const base = {
  format: 'locksim-plan/1',
  clients: 3,
  rounds: 2,
  workload: { workMs: 1_000 },
  horizonMs: 600_000,
} as const

const verdictsOf = (input: Omit<PlanInput, 'format'>): Readonly<Record<string, string>> => {
  const { verdicts } = run(parsePlan({ ...base, ...input }))
  return Object.fromEntries(verdicts.map(({ promise, verdict }) => [promise, verdict]))
}

/** A plan without its lock. */
type Story = Omit<PlanInput, 'format' | 'algorithm'>

const servers = ['zookeeper-1', 'zookeeper-2', 'zookeeper-3']

describe('zk-sequential', () => {
  const algorithm = 'zk-sequential'

  it('excludes on one, three and five servers', () => {
    for (const count of [1, 3, 5]) {
      expect(verdictsOf({ algorithm: 'zk-sequential', servers: count })).toMatchObject({
        'exclusion/service': 'held',
        'exclusion/belief': 'held',
        'exclusion/effect': 'held',
        fencing: 'held',
        ownership: 'held',
        'deadlock-freedom': 'held',
      })
    }
  })

  it('keeps its promises when any one server dies in the middle', () => {
    for (const node of servers) {
      const verdicts = verdictsOf({
        algorithm: 'zk-sequential',
        faults: [{ kind: 'crash', node, at: 1_500, forMs: 20_000 }],
      })
      expect(Object.values(verdicts)).not.toContain('violated')
    }
  })

  it('has granted what its leader committed, though the leader dies with its disk before any follower hears of it', () => {
    // A client of the leader hears of its grant at that moment, if it is quick.
    for (let seed = 0; seed < 120; seed++) {
      const at = { node: 'client-1', event: 'granted' } as const
      const verdicts = verdictsOf({
        algorithm,
        seed,
        network: { latencyMs: { minMs: 0.5, maxMs: 50 } },
        faults: [
          { kind: 'crash', node: 'zookeeper-3', at, forMs: 5_000, silent: true, losesDisk: true },
        ],
      })
      expect(verdicts, `seed ${seed}`).toMatchObject({ 'exclusion/service': 'held' })
    }
  })

  it('lets two believe when one of them sleeps through its session, and the token keeps the store safe', () => {
    const asleep: Story = {
      workload: { workMs: 5_000 },
      faults: [
        {
          kind: 'pause',
          node: 'client-1',
          at: { node: 'client-1', event: 'granted', afterMs: 2_000 },
          forMs: 33_000,
        },
      ],
    }
    expect(verdictsOf({ algorithm, ...asleep })).toMatchObject({
      'exclusion/service': 'held',
      'exclusion/belief': 'violated',
      fencing: 'held',
    })
    expect(verdictsOf({ algorithm, ...asleep, store: { fencing: 'all' } })).toMatchObject({
      'exclusion/effect': 'held',
      'lost-update': 'held',
    })
  })

  it('needs to stop on a lost connection to be safe in a partition', () => {
    const cut: Story = {
      workload: { workMs: 45_000 },
      faults: [
        {
          kind: 'partition',
          groups: [['client-1'], servers],
          at: { node: 'client-1', event: 'granted', afterMs: 1_000 },
          forMs: 100_000,
        },
      ],
    }
    expect(verdictsOf({ algorithm, ...cut })).toMatchObject({ 'exclusion/belief': 'held' })
    expect(
      verdictsOf({ algorithm, ...cut, parameters: { stopOnDisconnect: false } }),
    ).toMatchObject({
      'exclusion/belief': 'violated',
    })
  })

  it('never breaks a promise of the servers, whatever faults are drawn', () => {
    const lock = algorithms.find(({ name }) => name === 'zk-sequential')
    if (lock === undefined) throw new Error('not listed')
    const promises = ['exclusion/service', 'fencing', 'ownership', 'deadlock-freedom']
    const broken: string[] = []
    for (let seed = 0; seed < 150; seed++) {
      for (const { promise, verdict, evidence } of run(drawPlan(lock, seed)).verdicts) {
        if (verdict === 'violated' && promises.includes(promise))
          broken.push(`${seed}: ${evidence}`)
      }
    }
    expect(broken).toEqual([])
  })

  it('finds its node again when the answer to its create is lost', () => {
    const verdicts = verdictsOf({
      algorithm: 'zk-sequential',
      faults: servers.map((from) => ({
        kind: 'message' as const,
        from,
        to: 'client-1',
        operation: 'create',
        action: 'lose' as const,
        at: 0,
        count: 2,
      })),
    })
    expect(Object.values(verdicts)).not.toContain('violated')
  })
})

describe('zk-sequential-published', () => {
  const algorithm = 'zk-sequential-published'

  it('lets in whoever has waited as long as a session timeout, without any fault', () => {
    expect(verdictsOf({ algorithm, workload: { workMs: 35_000 } })).toMatchObject({
      'exclusion/service': 'held',
      'exclusion/belief': 'violated',
      'lost-update': 'violated',
    })
  })

  it('lets in the next one when a waiter dies', () => {
    const plan: Story = {
      workload: { workMs: 20_000, startMs: [0, 100, 11_000] },
      rounds: 1,
      faults: [{ kind: 'crash', node: 'client-2', at: 5_000 }],
      parameters: { sessionTimeoutMs: 10_000 },
    }
    expect(verdictsOf({ algorithm, ...plan })).toMatchObject({ 'exclusion/belief': 'violated' })
    expect(verdictsOf({ algorithm: 'zk-sequential', ...plan })).toMatchObject({
      'exclusion/belief': 'held',
    })
  })

  it('hands the lock to a waiter whose connection breaks', () => {
    const plan: Story = {
      clients: 2,
      workload: { workMs: 25_000, startMs: [0, 500] },
      rounds: 1,
      faults: [{ kind: 'partition', groups: [['client-2'], servers], at: 1_000, forMs: 22_000 }],
    }
    expect(verdictsOf({ algorithm, ...plan })).toMatchObject({ 'exclusion/belief': 'violated' })
    expect(verdictsOf({ algorithm: 'zk-sequential', ...plan })).toMatchObject({
      'exclusion/belief': 'held',
    })
  })
})

describe('the herd', () => {
  const wakeUps = (algorithm: string, clients: number): number =>
    run(parsePlan({ ...base, algorithm, clients, rounds: 1 })).costs.wakeUps

  it('grows with the square of the waiting where all watch one directory, and not in a queue', () => {
    for (const queue of ['zk-sequential', 'curator-mutex']) {
      expect(wakeUps(queue, 16)).toBeLessThan(wakeUps(queue, 8) * 2.2)
      expect(wakeUps(queue, 16)).toBeLessThan(wakeUps('zk-ephemeral', 16) / 2)
    }
    expect(wakeUps('zk-ephemeral', 16)).toBeGreaterThan(wakeUps('zk-ephemeral', 8) * 3)
  })
})

describe('with the token of the node and a store that checks it', () => {
  it.each([
    ['zk-sequential', {}],
    ['curator-mutex', { token: true }],
    ['zk-ephemeral', { token: true, looksAgain: true, checksOwner: true }],
  ])('%s keeps the store safe, whatever faults are drawn', (name, parameters) => {
    const lock = algorithms.find((each) => each.name === name)
    if (lock === undefined) throw new Error('not listed')
    const promises = ['exclusion/service', 'exclusion/effect', 'fencing', 'lost-update', 'fairness']
    const broken: string[] = []
    for (let seed = 0; seed < 150; seed++) {
      const plan = parsePlan({ ...drawPlan(lock, seed), parameters, store: { fencing: 'all' } })
      for (const { promise, verdict, evidence } of run(plan).verdicts) {
        if (verdict === 'violated' && promises.includes(promise))
          broken.push(`${seed}: ${evidence}`)
      }
    }
    expect(broken).toEqual([])
  })
})

describe('zk-sequential-published', () => {
  it('with every defect mended but re-entry is as safe as the recipe', () => {
    const lock = algorithms.find(({ name }) => name === 'zk-sequential-published')
    if (lock === undefined) throw new Error('not listed')
    const parameters = {
      awaitResult: 'obeyed',
      judgeAgain: true,
      eventsAsGrants: false,
      latchFirst: true,
      cleansUp: true,
      closesAnyway: true,
      toleratesRoot: true,
      tellsLoss: true,
      token: true,
    }
    for (let seed = 0; seed < 150; seed++) {
      const drawn = drawPlan(lock, seed)
      const workload = { ...drawn.workload, nested: false }
      const plan = parsePlan({ ...drawn, workload, parameters, store: { fencing: 'all' } })
      const broken = run(plan).verdicts.filter(({ verdict }) => verdict === 'violated')
      expect(broken.filter(({ promise }) => promise !== 'exclusion/belief')).toEqual([])
    }
  })
})
