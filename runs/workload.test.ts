/** What a client does with the lock, step by step. */

import { describe, expect, it } from 'vitest'
import type { FactEvent } from '#sim'
import { parsePlan } from './plan.ts'
import type { PlanInput } from './plan.ts'
import { run } from './run.ts'

const exact = { latencyMs: { minMs: 1, maxMs: 1 } }

const factsOf = (input: Partial<PlanInput>): readonly FactEvent[] => {
  const facts: FactEvent[] = []
  const plan = parsePlan({
    format: 'locksim-plan/1',
    algorithm: 'redis-set-px',
    clients: 1,
    network: exact,
    ...input,
  })
  run(plan, { fact: (event) => facts.push(event) })
  return facts
}

/** The facts of one node, as `kind at time`. */
const storyOf = (input: Partial<PlanInput>, node = 'client-1'): readonly string[] =>
  factsOf(input)
    .filter((fact) => fact.node === node)
    .map(({ kind, atMs }) => `${kind} at ${atMs}`)

const cutOff = { kind: 'partition' as const, groups: [['client-1'], ['store']] }

describe('a client', () => {
  it('acquires, reads, works, writes, releases, thinks and does it again', () => {
    expect(storyOf({ rounds: 2 })).toEqual([
      'acquiring at 0',
      'granted at 2',
      'read-returned at 4',
      'write-sent at 104',
      'write-acknowledged at 106',
      'releasing at 106',
      'released at 108',
      'acquiring at 158',
      'granted at 160',
      'read-returned at 162',
      'write-sent at 262',
      'write-acknowledged at 264',
      'releasing at 264',
      'released at 266',
      'finished at 266',
    ])
  })

  it('begins when it is told to; the last time goes for the rest', () => {
    const starts = factsOf({ clients: 3, workload: { startMs: [10, 5_000] } }).filter(
      ({ kind }) => kind === 'acquiring',
    )
    expect(
      ['client-1', 'client-2', 'client-3'].map(
        (name) => starts.find(({ node }) => node === name)?.atMs,
      ),
    ).toEqual([10, 5_000, 5_000])
  })

  it('asks again when it is denied, each time under the name of a new hold', () => {
    const facts = factsOf({ clients: 2, workload: { startMs: [0, 10], workMs: 500, retryMs: 100 } })
    const holds = facts.flatMap((fact) => (fact.kind === 'denied' ? [fact.hold] : []))
    expect(holds.length).toBeGreaterThan(1)
    expect(new Set(holds).size).toBe(holds.length)
    const times = facts
      .filter(({ kind, node }) => kind === 'acquiring' && node === 'client-2')
      .map(({ atMs }) => atMs)
    times.slice(1).forEach((atMs, index) => {
      const waitedMs = atMs - (times[index] ?? 0)
      expect(waitedMs).toBeGreaterThanOrEqual(100)
      expect(waitedMs).toBeLessThanOrEqual(202)
    })
  })

  it('adds one to what it read', () => {
    const written = factsOf({ rounds: 3 }).flatMap((fact) =>
      fact.kind === 'store-written' ? [[fact.before, fact.value]] : [],
    )
    expect(written).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ])
  })

  it('releases without writing when it cannot read', () => {
    expect(storyOf({ workload: { storeTimeoutMs: 50 }, faults: [{ ...cutOff, at: 0 }] })).toEqual([
      'fault-began at 0',
      'acquiring at 0',
      'granted at 2',
      'read-failed at 52',
      'releasing at 52',
      'released at 54',
      'finished at 54',
    ])
  })

  it('does not know whether it wrote when no answer comes', () => {
    const lost = {
      kind: 'message',
      action: 'lose',
      from: 'store',
      to: 'client-1',
      operation: 'write',
      at: 0,
    } as const
    const facts = factsOf({ workload: { storeTimeoutMs: 50 }, faults: [lost] })
    const kinds = facts.map(({ kind }) => kind)
    expect(kinds).toContain('write-unknown')
    expect(kinds).toContain('store-written')
  })

  const late = {
    kind: 'pause',
    node: 'client-1',
    at: { node: 'client-1', event: 'read-returned' },
    forMs: 20_000,
  } as const

  it('that is careful looks at its lease before it writes; one that is not writes', () => {
    const of = (careful: boolean) =>
      factsOf({ algorithm: 'redlock', workload: { careful }, faults: [late] }).map(
        ({ kind }) => kind,
      )
    expect(of(true)).toContain('write-skipped')
    expect(of(true)).not.toContain('write-sent')
    expect(of(false)).toContain('write-sent')
  })

  it('that is careful is fooled by a pause right behind its look', () => {
    const between = { ...late, at: { node: 'client-1', event: 'write-sent' } } as const
    const kinds = factsOf({
      algorithm: 'redlock',
      workload: { careful: true },
      faults: [between],
    }).map(({ kind }) => kind)
    expect(kinds).toContain('store-written')
  })

  it('states the end of the validity that it computed, on its own clock, whether it looks or not', () => {
    const facts = factsOf({ algorithm: 'redlock', workload: { workMs: 20_000 } })
    const granted = facts.find(({ kind }) => kind === 'granted')
    const ended = facts.find(({ kind }) => kind === 'validity-ended')
    expect(ended?.atMs).toBe(granted?.kind === 'granted' ? granted.validUntilMs : undefined)
    const paused = factsOf({ algorithm: 'redlock', faults: [late] })
    expect(paused.find(({ kind }) => kind === 'validity-ended')?.atMs).toBeLessThan(20_000)
    const fast = factsOf({
      algorithm: 'redlock',
      workload: { workMs: 20_000 },
      clocks: { 'client-1': { offsetMs: 5_000 } },
    })
    expect(fast.find(({ kind }) => kind === 'validity-ended')?.atMs).toBe(ended?.atMs)
  })

  it('shows the store the token of its grant', () => {
    const facts = factsOf({
      algorithm: 'redlock',
      parameters: { tokenCounter: true },
      store: { fencing: 'all' },
      rounds: 2,
    })
    const granted = facts.flatMap((fact) => (fact.kind === 'granted' ? [fact.token] : []))
    const written = facts.flatMap((fact) => (fact.kind === 'store-written' ? [fact.token] : []))
    expect(written).toEqual(granted)
    expect(written.every((token) => typeof token === 'number')).toBe(true)
  })
})
