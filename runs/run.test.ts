/** One run: when it ends, what it reports, and who is blamed when it cannot go on. */

import { describe, expect, it } from 'vitest'
import { defineAlgorithm } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'
import { checkers, lockCheckers } from '#checkers'
import { randomChoice, recordingChoice, replayingChoice, SimulationError, sleep } from '#sim'
import type { FactEvent, Process, TraceEvent } from '#sim'
import { InputError } from './errors.ts'
import { algorithmNamed } from './settle.ts'
import { parsePlan } from './plan.ts'
import type { PlanInput } from './plan.ts'
import { run } from './run.ts'
import type { RunOptions } from './run.ts'

const ran = (
  input: Omit<PlanInput, 'format' | 'algorithm'> & { readonly algorithm?: string } = {},
  options: RunOptions = {},
) => {
  const facts: FactEvent[] = []
  const plan = parsePlan({ format: 'locksim-plan/1', algorithm: 'redis-set-px', ...input })
  const result = run(plan, { fact: (event) => facts.push(event), ...options })
  const of = (kind: FactEvent['kind'], node?: string): readonly FactEvent[] =>
    facts.filter((fact) => fact.kind === kind && (node === undefined || fact.node === node))
  return { ...result, facts, of }
}

/** A lock of one's own, which does this in acquire or in holders. */
const lock = (
  acquire: () => Process<object | undefined>,
  holders: () => never[] = () => [],
): AnyAlgorithm =>
  defineAlgorithm({
    name: 'own-lock',
    summary: 'a lock of one’s own',
    sources: [],
    claims: [],
    needs: { redis: 1 },
    parameters: {},
    gives: () => ({ token: false, validity: false }),
    leaseMs: () => 1_000,
    *acquire(me) {
      yield* me.services.redis.primary.setIfAbsent(me.lock, me.token(), 1_000)
      return yield* acquire()
    },
    *release() {
      return 'ok'
    },
    holders,
  }) as unknown as AnyAlgorithm

const complaint = (act: () => unknown): SimulationError => {
  try {
    act()
  } catch (error) {
    if (error instanceof SimulationError) return error
    throw error
  }
  throw new Error('nobody complained')
}

describe('a run', () => {
  it('ends when every client has done its rounds', () => {
    const { why, of, endedAtMs, events, hash, verdicts } = ran({ clients: 3, rounds: 2 })
    expect(why).toBe('finished')
    expect([of('granted').length, of('finished').length, of('store-written').length]).toEqual([
      6, 3, 6,
    ])
    expect(endedAtMs).toBe(of('finished').at(-1)?.atMs)
    expect(events).toBeGreaterThan(20)
    expect(hash).toMatch(/^[0-9a-f]{16}$/)
    expect(verdicts.map(({ promise }) => promise)).toEqual(
      lockCheckers.map(({ promise }) => promise),
    )
  })

  it('says which faults struck: one whose moment never comes did not', () => {
    const never = { node: 'client-1', event: 'granted', nth: 99 } as const
    const { landed, of } = ran({
      faults: [
        { kind: 'pause', node: 'client-1', at: never, forMs: 10 },
        { kind: 'pause', node: 'client-2', at: 5, forMs: 10 },
        {
          kind: 'message',
          action: 'lose',
          from: 'client-1',
          to: 'redis',
          operation: 'nonsense',
          at: 0,
        },
      ],
    })
    expect(landed).toEqual([1])
    expect(of('fault-began')).toHaveLength(1)
  })

  it('does not end early because a client crashes after its last round', () => {
    const { why, of } = ran({
      workload: { startMs: [0, 5_000] },
      faults: [
        {
          kind: 'crash',
          node: 'client-1',
          at: { node: 'client-1', event: 'finished', afterMs: 100 },
        },
      ],
    })
    expect([why, of('finished').length]).toEqual(['finished', 2])
  })

  it('does not count a client twice that comes back when it had finished', () => {
    const { of } = ran({
      workload: { startMs: [0, 5_000] },
      faults: [
        {
          kind: 'crash',
          node: 'client-1',
          at: { node: 'client-1', event: 'finished', afterMs: 1 },
          forMs: 10,
        },
      ],
    })
    expect(of('finished', 'client-2')).toHaveLength(1)
  })

  it('goes on after a crash with the rounds that are left', () => {
    const { of, why } = ran({
      clients: 1,
      rounds: 3,
      faults: [
        {
          kind: 'crash',
          node: 'client-1',
          at: { node: 'client-1', event: 'released' },
          forMs: 500,
        },
      ],
    })
    expect([why, of('crashed').length, of('restarted').length]).toEqual(['finished', 1, 1])
    expect(
      of('granted')
        .map((fact) => 'hold' in fact && fact.hold)
        .slice(0, 3),
    ).toEqual(['client-1#1', 'client-1#2', 'client-1#3'])
  })

  it('ends when the last client is dead for good', () => {
    const { why, of, endedAtMs } = ran({
      clients: 1,
      rounds: 100,
      faults: [{ kind: 'crash', node: 'client-1', at: 1_000 }],
    })
    expect([why, of('finished').length, endedAtMs]).toEqual(['finished', 0, 1_000])
  })

  it('ends as well if another crash would have brought the client back, had it not been dead already', () => {
    const { why, of } = ran({
      clients: 1,
      rounds: 100,
      faults: [
        { kind: 'crash', node: 'client-1', at: 1_000 },
        { kind: 'crash', node: 'client-1', at: 1_500, forMs: 100 },
      ],
    })
    expect([why, of('restarted').length]).toEqual(['finished', 0])
  })

  it('waits for writes that are still on their way to the store', () => {
    const { of, endedAtMs } = ran({
      clients: 1,
      workload: { storeTimeoutMs: 100 },
      faults: [
        {
          kind: 'message',
          action: 'delay',
          from: 'client-1',
          to: 'store',
          operation: 'write',
          at: 0,
          byMs: 20_000,
        },
      ],
    })
    expect([of('write-unknown').length, of('store-written').length]).toEqual([1, 1])
    expect(endedAtMs).toBeGreaterThanOrEqual(of('store-written')[0]?.atMs ?? Infinity)
    expect(of('finished')[0]?.atMs).toBeLessThan(1_000)
  })

  it('does not wait for ever for a second copy that a partition swallowed', () => {
    const { endedAtMs, why } = ran({
      clients: 1,
      faults: [
        {
          kind: 'message',
          action: 'duplicate',
          from: 'client-1',
          to: 'store',
          operation: 'write',
          at: 0,
          byMs: 500,
        },
        { kind: 'partition', groups: [['client-1'], ['store']], at: 400 },
      ],
    })
    expect(why).toBe('finished')
    expect(endedAtMs).toBeLessThan(3_000)
  })

  it('ends at its horizon or with its budget of events', () => {
    expect(ran({ rounds: 1_000, horizonMs: 2_000 })).toMatchObject({
      why: 'horizon',
      endedAtMs: 2_000,
    })
    expect(ran({ rounds: 1_000, eventsMax: 500 })).toMatchObject({
      why: 'event-budget',
      events: 501,
    })
  })

  it('is judged by those who are asked, and by nobody else', () => {
    const few = checkers.slice(0, 2)
    expect(ran({}, { checkers: few }).verdicts.map(({ promise }) => promise)).toEqual(
      few.map(({ promise }) => promise),
    )
    expect(ran({}, { checkers: [] }).hash).toBe(ran().hash)
  })

  it('gives the full trace to whoever asks: every fact and what lies between', () => {
    const lines: TraceEvent[] = []
    const { facts, hash } = ran({}, { record: (event) => lines.push(event) })
    expect(lines.filter((line) => facts.includes(line as FactEvent))).toHaveLength(facts.length)
    expect(lines.length).toBeGreaterThan(facts.length)
    expect(
      lines.every(({ atMs }, index) => index === 0 || atMs >= (lines[index - 1]?.atMs ?? 0)),
    ).toBe(true)
    expect(hash).toBe(ran().hash)
  })

  it('can be replayed from the chance that it used', () => {
    const { choice, recording } = recordingChoice(randomChoice(7))
    const first = ran({ clients: 3, rounds: 3 }, { choice })
    const again = ran(
      { clients: 3, rounds: 3, seed: 999 },
      { choice: replayingChoice(recording()) },
    )
    expect(again.hash).toBe(first.hash)
    expect(ran({ clients: 3, rounds: 3, seed: 7 }).hash).toBe(first.hash)
  })

  it('takes a lock from outside of the registry', () => {
    const own = lock(function* () {
      yield* sleep(1)
      return {}
    })
    expect(ran({ algorithm: 'own-lock' }, { algorithm: own }).of('granted')).toHaveLength(2)
  })

  it('gets the options of services from the plan', () => {
    const crash = {
      kind: 'crash',
      node: 'redis',
      at: { node: 'client-1', event: 'granted' },
      forMs: 5,
    } as const
    // While the server is down nobody has the lock in its data; what was on its disk is there again afterwards.
    const grantsWith = (persistence: string) =>
      ran({ clients: 1, services: { redis: { persistence } }, faults: [crash] }).facts.filter(
        (fact) => fact.kind === 'service-granted' && fact.hold === 'client-1#1',
      ).length
    expect([grantsWith('none'), grantsWith('always')]).toEqual([1, 2])
  })
})

describe('a run that cannot go on', () => {
  it('names the field of a plan that names what does not exist', () => {
    expect(() => ran({ algorithm: 'redlok' })).toThrow(InputError)
  })

  it('names the lock, the client and the time of a lock that throws', () => {
    const own = lock(function* () {
      yield* sleep(50)
      throw new Error('boom')
    })
    const error = complaint(() =>
      ran(
        { algorithm: 'own-lock', network: { latencyMs: { minMs: 1, maxMs: 1 } } },
        { algorithm: own },
      ),
    )
    expect(error.message).toBe('own-lock, on client-1 at 52 ms (effect sleep): threw Error: boom')
  })

  it('says what to write instead of an async function', () => {
    const own: AnyAlgorithm = { ...algorithmNamed('no-lock'), acquire: (async () => ({})) as never }
    const { message } = complaint(() => ran({ algorithm: 'own-lock' }, { algorithm: own }))
    expect(message).toContain('acquire is not a generator function; write `*acquire(…)`')
  })

  it('names the lock and the effect that it forgot to yield', () => {
    const own = lock(function* () {
      void sleep(50)
      return undefined
    })
    const { message } = complaint(() => ran({ algorithm: 'own-lock' }, { algorithm: own }))
    expect(message).toMatch(
      /^own-lock, on client-[12] at [\d.]+ ms \(effect sleep\): built the effect sleep\(\) and never/,
    )
  })

  it('names the lock whose look at the servers’ data throws', () => {
    const own = lock(
      function* () {
        return undefined
      },
      () => {
        throw new TypeError('no such key')
      },
    )
    const { message } = complaint(() => ran({ algorithm: 'own-lock' }, { algorithm: own }))
    expect(message).toMatch(
      /^own-lock, on redis at [\d.]+ ms: its holders\(\) threw TypeError: no such key$/,
    )
  })

  it('leaves the next run as it would have been', () => {
    const { hash } = ran()
    const own = lock(function* () {
      void sleep(50)
      throw new Error('boom')
    })
    complaint(() => ran({ algorithm: 'own-lock' }, { algorithm: own }))
    expect(ran().hash).toBe(hash)
  })
})
