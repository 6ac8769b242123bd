/** Commit protocols: what each keeps under any faults of its kind, and what a run of one is. */

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { algorithmNamed, drawPlan, parsePlan, planScenario, run, scenarioNamed } from '#runs'
import type { Plan, PlanInput } from '#runs'
import type { FactEvent } from '#sim'

const verdictsOf = (plan: Plan): Readonly<Record<string, string>> =>
  Object.fromEntries(run(plan).verdicts.map(({ promise, verdict }) => [promise, verdict]))

const planned = (algorithm: string, input: Partial<PlanInput> = {}): Plan =>
  parsePlan({ format: 'locksim-plan/1', algorithm, ...input })

const seeds = fc.integer({ min: 0, max: 2 ** 31 })

/** Crashes for good, and nothing else: messages take 1 to 2 ms, and timeouts are long enough to tell the dead. */
const crashStop = fc
  .record({
    seed: seeds,
    clients: fc.integer({ min: 1, max: 2 }),
    servers: fc.integer({ min: 2, max: 5 }),
    victims: fc.array(
      fc.record({
        node: fc.nat(6),
        atMs: fc.oneof(
          fc.integer({ min: 0, max: 400 }).map((eighths) => eighths / 8),
          fc.integer({ min: 100, max: 700 }),
        ),
        silent: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    votesNoOneIn: fc.constantFrom(0, 0, 4),
  })
  .map(({ seed, clients, servers, victims, votesNoOneIn }): Partial<PlanInput> => {
    const nodes = [
      ...Array.from({ length: clients }, (_, index) => `client-${index + 1}`),
      ...Array.from({ length: servers }, (_, index) => `participant-${index + 1}`),
    ]
    return {
      seed,
      clients,
      servers,
      network: { latencyMs: { minMs: 1, maxMs: 2 } },
      services: { participant: { votesNoOneIn } },
      workload: { startMs: [0, 150] },
      progressWithinMs: 5_000,
      faults: victims.map(({ node, atMs, silent }) => ({
        kind: 'crash',
        node: nodes[node % nodes.length] as string,
        at: atMs,
        silent,
      })),
    }
  })

describe('two-phase commit', () => {
  it.each(['wait', 'ask'])('never disagrees, whatever happens, if participants %s', (onTimeout) => {
    fc.assert(
      fc.property(seeds, fc.constantFrom('no', 'wait'), (seed, whenLocked) => {
        const drawn = drawPlan(algorithmNamed('two-phase-commit'), seed)
        const services = { participant: { ...drawn.services['participant'], whenLocked } }
        const verdicts = verdictsOf({ ...drawn, services, parameters: { onTimeout } })
        expect(verdicts['agreement']).not.toBe('violated')
        expect(verdicts['commit-validity']).not.toBe('violated')
      }),
      { numRuns: 300 },
    )
  })

  it('disagrees soon if they decide on their own', () => {
    for (const onTimeout of ['abort', 'commit']) {
      const found = Array.from({ length: 200 }, (_, seed) => seed).some((seed) => {
        const drawn = drawPlan(algorithmNamed('two-phase-commit'), seed)
        return verdictsOf({ ...drawn, parameters: { onTimeout } })['agreement'] === 'violated'
      })
      expect([onTimeout, found]).toEqual([onTimeout, true])
    }
  })
})

describe('coordinators that compete', () => {
  it('block one another where rows are waited for, until one of them runs out of patience', () => {
    // Each is first at one of two participants.
    const crossed: Partial<PlanInput> = {
      clients: 2,
      servers: 2,
      network: { latencyMs: { minMs: 1, maxMs: 1 } },
      services: { participant: { whenLocked: 'wait' } },
      faults: [
        {
          kind: 'message',
          action: 'delay',
          from: 'client-1',
          to: 'participant-2',
          operation: 'prepare',
          at: 0,
          byMs: 20,
        },
      ],
      workload: { startMs: [0, 1] },
    }
    const facts: FactEvent[] = []
    const { why } = run(planned('two-phase-commit', crossed), { fact: (one) => facts.push(one) })
    const ended = facts.filter(({ kind }) => kind === 'transaction-ended')
    expect(why).toBe('finished')
    expect(ended).toHaveLength(2)
    expect(ended[0]?.atMs).toBeGreaterThan(50)
  })
})

describe('three-phase commit', () => {
  it('agrees and blocks nobody where processes crash for good and nothing else goes wrong', () => {
    fc.assert(
      fc.property(crashStop, (input) => {
        const verdicts = verdictsOf(planned('three-phase-commit', input))
        expect(Object.values(verdicts)).not.toContain('violated')
      }),
      { numRuns: 500 },
    )
  })

  it('disagrees in such runs if each participant goes by its own stage alone', () => {
    const input = {
      clients: 1,
      network: { latencyMs: { minMs: 1, maxMs: 1 } },
      parameters: { onTimeout: 'by-stage' },
    }
    const broken = Array.from({ length: 80 }, (_, index) => index / 4).filter((at) => {
      const faults = [{ kind: 'crash' as const, node: 'client-1', at }]
      const verdicts = verdictsOf(planned('three-phase-commit', { ...input, faults }))
      return verdicts['agreement'] === 'violated'
    })
    // Only while the pre-commits go out.
    expect(broken.length).toBeGreaterThan(0)
    expect((broken.at(-1) ?? 0) - (broken[0] ?? 0)).toBeLessThan(3)
  })

  it('disagrees where the network parts, whatever the participants do', () => {
    const lock = algorithmNamed('three-phase-commit')
    for (const onTimeout of ['terminate', 'by-stage']) {
      const plan = planScenario(scenarioNamed('pre-commit-partition'), lock, 1, {
        parameters: { onTimeout },
      })
      if ('skip' in plan) throw new Error(plan.skip)
      expect([onTimeout, verdictsOf(plan)['agreement']]).toEqual([onTimeout, 'violated'])
    }
  })
})

describe('a majority', () => {
  it('is caught as soon as somebody votes no', () => {
    const services = { participant: { votesNo: 1 } }
    expect(verdictsOf(planned('majority-commit', { clients: 1, services }))).toMatchObject({
      agreement: 'violated',
      'commit-validity': 'violated',
    })
  })
})

describe('a run of a commit protocol', () => {
  const crashed: Partial<PlanInput> = {
    clients: 1,
    network: { latencyMs: { minMs: 1, maxMs: 1 } },
    faults: [
      {
        kind: 'crash',
        node: 'client-1',
        at: { node: 'participant-3', event: 'voted' },
        forMs: 900,
      },
    ],
  }

  const factsOf = (input: Partial<PlanInput>): readonly FactEvent[] => {
    const facts: FactEvent[] = []
    run(planned('two-phase-commit', input), { fact: (event) => facts.push(event) })
    return facts
  }

  it('is judged by the judges of commit protocols only', () => {
    expect(Object.keys(verdictsOf(planned('two-phase-commit')))).toEqual([
      'agreement',
      'commit-validity',
      'blocking',
      'termination',
    ])
  })

  it('goes on when every coordinator is dead, until nothing is left to happen', () => {
    const faults = [{ kind: 'crash' as const, node: 'client-1', at: 4 }]
    const result = run(planned('three-phase-commit', { ...crashed, faults }))
    expect(result.why).toBe('finished')
    expect(result.endedAtMs).toBeGreaterThan(100)
  })

  it('finishes what the coordinator’s log leaves open when it comes back', () => {
    const facts = factsOf(crashed)
    const recovered = facts.flatMap((fact) =>
      fact.kind === 'decided' && fact.hold === 'client-1#1' ? [[fact.node, fact.cause]] : [],
    )
    expect(recovered).toEqual([
      ['client-1', 'recovery'],
      ['participant-1', 'coordinator'],
      ['participant-2', 'coordinator'],
      ['participant-3', 'coordinator'],
    ])
  })

  it('forgets the log of a coordinator that loses its disk', () => {
    const [fault] = crashed.faults ?? []
    const lost = [{ ...fault, losesDisk: true }] as PlanInput['faults']
    const facts = factsOf({ ...crashed, faults: lost })
    expect(facts.some((fact) => fact.kind === 'decided' && fact.cause === 'recovery')).toBe(false)
    const result = run(planned('two-phase-commit', { ...crashed, faults: lost }))
    expect(result.verdicts.find(({ promise }) => promise === 'termination')?.verdict).toBe(
      'violated',
    )
  })

  it('gives each transaction a name of its own, and counts a round when the application has its answer', () => {
    const began = factsOf({ ...crashed, rounds: 2 }).flatMap((fact) =>
      fact.kind === 'transaction-began' ? [fact.hold] : [],
    )
    expect(began).toEqual(['client-1#1', 'client-1#2', 'client-1#3'])
  })
})
