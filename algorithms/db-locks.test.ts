/** Tests of the database locks in whole runs; what is published of them is told by the sequences A1 to A8. */

import { describe, expect, it } from 'vitest'

import { parsePlan, planSequence, run, sequenceNamed } from '#runs'
import type { FactEvent } from '#sim'

const GRANTED = { node: 'client-1', event: 'granted', nth: 1 } as const
const ONE_MS = { latencyMs: { minMs: 1, maxMs: 1 } }

const ran = (algorithm: string, plan: object) => {
  const facts: FactEvent[] = []
  const result = run(parsePlan({ format: 'locksim-plan/1', algorithm, ...plan }), {
    fact: (event) => void facts.push(event),
  })
  return { ...result, facts }
}

const broken = (algorithm: string, parameters: object = {}, faults: readonly object[] = []) => {
  const { verdicts, landed } = ran(algorithm, {
    parameters,
    clients: 3,
    rounds: 2,
    workload: { workMs: 1_000 },
    faults,
  })
  expect(landed.length).toBe(faults.length)
  return verdicts.filter(({ verdict }) => verdict === 'violated').map(({ promise }) => promise)
}

/** Facts of one kind, as `client at ms`. */
const when = (facts: readonly FactEvent[], kind: FactEvent['kind']): readonly string[] =>
  facts.filter((event) => event.kind === kind).map(({ node, atMs }) => `${node} at ${atMs}`)

const factsOf = (row: string, isRepaired = false): readonly FactEvent[] => {
  const facts: FactEvent[] = []
  const plan = planSequence(sequenceNamed(row).sequence, 1, isRepaired)
  run(plan, { fact: (event) => void facts.push(event) })
  return facts
}

describe.each([
  ['db-insert', {}],
  ['db-insert', { ownerColumn: true, onUnknown: 'delete', retryRelease: true }],
  ['db-insert', { inTransaction: true, statementTimeoutMs: 60_000 }],
  ['db-insert-sweeper', {}],
  ['db-insert-sweeper', { renew: true, checkOwner: true, sweep: 'one-statement' }],
  ['db-insert-reentrant', {}],
  ['db-insert-reentrant', { holdCount: true, identity: 'process' }],
  ['db-insert-blocking', {}],
  ['db-queue', { orderBy: 'number' }],
  ['db-queue', { orderBy: 'number', rule: 'lock-row', removeAfterMs: 5_000 }],
  ['db-two-way-sync', {}],
  ['db-for-update', {}],
  ['db-for-update', { flavour: 'innodb', pingMs: 100 }],
  ['db-for-update', { flavour: 'innodb', rows: 'two-in-order' }],
  ['db-for-update', { rows: 'two-in-any-order' }],
])('%s with %o', (algorithm, parameters) => {
  it('breaks nothing while nothing fails', () => {
    expect(broken(algorithm, parameters)).toEqual([])
  })
})

describe('db-insert', () => {
  it('is never free again after its holder crashed', () => {
    const crash = { kind: 'crash', node: 'client-1', at: GRANTED }
    expect(broken('db-insert', {}, [crash])).toEqual(['deadlock-freedom'])
  })

  it('makes others wait instead of refusing them, where it is part of a transaction', () => {
    const workload = { startMs: [0, 10], workMs: 1_000 }
    const parameters = { inTransaction: true, statementTimeoutMs: 60_000 }
    const { facts } = ran('db-insert', { network: ONE_MS, workload, parameters })
    expect(when(facts, 'denied')).toEqual([])
    expect(when(facts, 'granted')).toEqual(['client-1 at 4', 'client-2 at 1012'])
  })

  it('costs one of two that wait for an INSERT a deadlock when that goes away (InnoDB)', () => {
    const facts = factsOf('A1.5')
    const notes = facts.filter(({ kind }) => kind === 'note')
    expect(notes).toHaveLength(1)
    expect(notes[0]).toMatchObject({ text: 'the victim of a deadlock of INSERTs' })
    expect(when(facts, 'denied')).toHaveLength(1)
  })
})

describe('db-insert-sweeper', () => {
  it('lets the holder know that its row is gone, if it renews', () => {
    const { facts } = ran('db-insert-sweeper', {
      parameters: { renew: true, checkOwner: true, leaseMs: 3_000, periodMs: 500 },
      network: ONE_MS,
      workload: { startMs: [0, 100], workMs: 10_000 },
      faults: [{ kind: 'pause', node: 'client-1', at: 500, forMs: 5_000 }],
    })
    expect(when(facts, 'lost')).toEqual(['client-1 at 5502'])
  })
})

describe('db-insert-blocking', () => {
  it('asks again and again inside acquire, until its patience ends', () => {
    const plan = { network: ONE_MS, workload: { startMs: [0, 10], workMs: 1_000 } }
    const patient = ran('db-insert-blocking', plan)
    expect(when(patient.facts, 'denied')).toEqual([])
    const impatient = ran('db-insert-blocking', { ...plan, parameters: { patienceMs: 500 } })
    expect(when(impatient.facts, 'denied')[0]).toBe('client-2 at 420')
  })
})

describe('db-queue', () => {
  it('lets go of a holder that stands still, and tells it', () => {
    const { facts, verdicts } = ran('db-queue', {
      parameters: { orderBy: 'number', removeAfterMs: 3_000 },
      network: ONE_MS,
      workload: { startMs: [0, 100], workMs: 10_000 },
      faults: [{ kind: 'pause', node: 'client-1', at: 500, forMs: 5_000 }],
    })
    expect(when(facts, 'lost')).toEqual(['client-1 at 5502'])
    expect(verdicts.find(({ promise }) => promise === 'exclusion/belief')?.verdict).toBe('violated')
  })
})

describe('db-version', () => {
  it('never lets a client write that works ten times as long as the others', () => {
    const writes = factsOf('A7.2').filter(({ kind }) => kind === 'write-acknowledged')
    expect(writes.length).toBeGreaterThan(1_000)
    expect(writes.filter(({ node }) => node === 'client-1')).toEqual([])
  })
})

describe('db-for-update', () => {
  it('is free again when the server sees that its holder crashed', () => {
    const crash = { kind: 'crash', node: 'client-1', at: GRANTED }
    expect(broken('db-for-update', {}, [crash])).toEqual([])
  })

  it('is held by two when the server restarts under its holder', () => {
    const crash = { kind: 'crash', node: 'database', at: GRANTED, forMs: 5 }
    expect(broken('db-for-update', {}, [crash])).toContain('exclusion/belief')
  })

  it('ends the wait with an error after 50 s (InnoDB), though it "blocks until success"', () => {
    const [asked, denied] = ['acquiring', 'denied'].map((kind) =>
      factsOf('A8.5').find((event) => event.kind === kind && event.node === 'client-2'),
    )
    expect((denied?.atMs ?? 0) - (asked?.atMs ?? 0)).toBeCloseTo(50_000, -2)
  })

  it('makes a holder wait for itself that asks on another connection', () => {
    const facts = factsOf('A8.9b')
    const [asked, denied] = ['reentering', 'reentry-denied'].map((kind) =>
      facts.find((event) => event.kind === kind),
    )
    expect((denied?.atMs ?? 0) - (asked?.atMs ?? 0)).toBeCloseTo(50_000, -2)
  })

  it('is safe in any order of two rows, as long as the victim of a deadlock looks at the error', () => {
    for (const flavour of ['postgres', 'innodb']) {
      const plan = { network: ONE_MS, parameters: { flavour, rows: 'two-in-any-order' } }
      const { facts, verdicts } = ran('db-for-update', plan)
      expect(when(facts, 'denied')).toHaveLength(1)
      expect(verdicts.filter(({ verdict }) => verdict === 'violated')).toEqual([])
    }
  })
})

describe('db-two-way-sync', () => {
  it('is two locks from the first conflict on, if the copying stops there', () => {
    const grants = ['stop', 'last-writer-wins'].map((onConflict) => {
      const { plan } = sequenceNamed('A6.4').sequence
      const { facts } = ran('db-two-way-sync', { ...plan, parameters: { onConflict } })
      return when(facts, 'granted')
    })
    const [first, second] = ['client-1 at 2', 'client-2 at 102']
    // The first holder has it again from 1,510 to 2,512 ms.
    expect(grants).toEqual([
      [first, second, 'client-1 at 1510', 'client-2 at 2010'],
      [first, second, 'client-1 at 1510', 'client-2 at 2738'],
    ])
  })
})
