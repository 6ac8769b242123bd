/** The locks on etcd in whole runs: with its token the mutex protects the store whatever happens, without it nothing does. */

import { describe, expect, it } from 'vitest'
import { algorithmNamed, drawPlan, parsePlan, run } from '#runs'
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

describe('etcd-mutex', () => {
  const algorithm = 'etcd-mutex'

  it('excludes in order of arrival on one, three and five servers', () => {
    for (const servers of [1, 3, 5]) {
      expect(verdictsOf({ algorithm, servers })).toMatchObject({
        'exclusion/service': 'held',
        'exclusion/belief': 'held',
        'exclusion/effect': 'held',
        fencing: 'held',
        fairness: 'held',
        ownership: 'held',
        'deadlock-freedom': 'held',
      })
    }
  })

  it('goes on when any one server dies in the middle, with or without a word', () => {
    for (const node of ['etcd-1', 'etcd-2', 'etcd-3']) {
      for (const silent of [false, true]) {
        const verdicts = verdictsOf({
          algorithm,
          faults: [{ kind: 'crash', node, at: 1_500, silent }],
        })
        expect(verdicts).toMatchObject({ availability: 'held', 'exclusion/belief': 'held' })
        expect(Object.values(verdicts)).not.toContain('violated')
      }
    }
  })

  it('opens its watch anew when the request for it never arrives', () => {
    const verdicts = verdictsOf({
      algorithm,
      clients: 2,
      workload: { startMs: [0, 100], workMs: 1_000 },
      faults: ['etcd-1', 'etcd-2', 'etcd-3'].map((to) => ({
        kind: 'message',
        action: 'lose',
        from: 'client-2',
        to,
        operation: 'watch',
        at: 0,
      })),
      progressWithinMs: 10_000,
    })
    expect(verdicts['deadlock-freedom']).toBe('held')
  })

  it('keeps the store safe by its revision under whatever faults are drawn', () => {
    const promises = ['exclusion/service', 'exclusion/effect', 'fencing', 'lost-update', 'fairness']
    const broken: string[] = []
    for (let seed = 0; seed < 200; seed++) {
      const drawn = drawPlan(algorithmNamed(algorithm), seed)
      const { verdicts } = run(parsePlan({ ...drawn, store: { fencing: 'all' } }))
      for (const { promise, verdict, evidence } of verdicts) {
        if (verdict === 'violated' && promises.includes(promise)) {
          broken.push(`${seed}: ${evidence}`)
        }
      }
    }
    expect(broken).toEqual([])
  })

  it('counts its tokens anew when all servers lose their disks', () => {
    const losesDisk = (node: string) =>
      ({ kind: 'crash', node, at: 2_000, forMs: 100, losesDisk: true }) as const
    const verdicts = verdictsOf({
      algorithm,
      workload: { startMs: [0, 100, 200], workMs: 5_000 },
      store: { fencing: 'all' },
      faults: ['etcd-1', 'etcd-2', 'etcd-3'].map(losesDisk),
    })
    expect(verdicts).toMatchObject({ fencing: 'violated' })
  })
})

describe('kubernetes-lease', () => {
  const algorithm = 'kubernetes-lease'

  it('has one leader at a time while nothing fails', () => {
    expect(verdictsOf({ algorithm })).toMatchObject({
      'exclusion/service': 'held',
      'exclusion/belief': 'held',
      'exclusion/effect': 'held',
      'deadlock-freedom': 'held',
    })
  })

  it('waits for LeaseDuration where a lease is not given back', () => {
    const verdicts = (progressWithinMs: number) =>
      verdictsOf({
        algorithm,
        clients: 2,
        rounds: 1,
        parameters: { releaseOnCancel: 'never' },
        progressWithinMs,
      })['deadlock-freedom']
    expect([verdicts(14_000), verdicts(20_000)]).toEqual(['violated', 'held'])
  })

  it('has transitions that grow with each change of the holder', () => {
    expect(verdictsOf({ algorithm, parameters: { useTransitions: true } })).toMatchObject({
      fencing: 'held',
    })
  })
})
