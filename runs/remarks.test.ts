/** Mistakes that break no promise are remarked on, with the lock, the seed, the node and the time; honest locks get no remark. */

import { describe, expect, it } from 'vitest'
import { algorithms, isProtocol } from '#algorithms'
import type { AnyAlgorithm, AnyLock, ReleaseOutcome } from '#algorithms'
import { sleep } from '#sim'
import type { Process } from '#sim'
import { drawPlan } from './draw.ts'
import { parsePlan } from './plan.ts'
import type { PlanInput } from './plan.ts'
import { run } from './run.ts'
import { algorithmNamed } from './settle.ts'

const NO_LOCK = algorithmNamed('no-lock') as AnyLock

/** What is remarked on a run of a lock that does this. */
const remarksOn = (
  change: Partial<AnyLock>,
  input: Omit<PlanInput, 'format' | 'algorithm'> = {},
) => {
  const plan = parsePlan({
    format: 'locksim-plan/1',
    algorithm: 'own-lock',
    clients: 1,
    seed: 7,
    network: { latencyMs: { minMs: 1, maxMs: 1 } },
    ...input,
  })
  return run(plan, { algorithm: { ...NO_LOCK, ...change, name: 'own-lock' } }).remarks
}

function* sleepsFor(ms: number): Process<ReleaseOutcome> {
  yield* sleep(ms)
  return 'ok'
}

function* spins(): Process<undefined> {
  for (;;) yield* sleep(1)
}

describe('a release', () => {
  it('that waits for what never comes is remarked on', () => {
    expect(remarksOn({ release: () => sleepsFor(Infinity) })).toEqual([
      {
        kind: 'never-released',
        node: 'client-1',
        atMs: expect.any(Number) as number,
        message: expect.stringMatching(
          /^own-lock, seed 7: the release that client-1 began at \d+ ms never came back/,
        ) as string,
      },
    ])
  })

  it('that spins until the end of the run is remarked on', () => {
    const remarks = remarksOn({ release: () => spins() as never })
    expect(remarks.map(({ kind, node }) => [kind, node])).toEqual([['never-released', 'client-1']])
  })

  it('that comes back in the end is not', () => {
    expect(remarksOn({ release: () => sleepsFor(30_000) })).toEqual([])
  })

  it('that a fault may have kept is not: its client was paused to the end, or is dead', () => {
    const release = (): Process<ReleaseOutcome> => sleepsFor(Infinity)
    const at = { node: 'client-1', event: 'releasing' } as const
    for (const fault of [
      { kind: 'pause', node: 'client-1', at, forMs: 1_000_000 },
      { kind: 'crash', node: 'client-1', at },
    ] as const) {
      expect(remarksOn({ release }, { faults: [fault] })).toEqual([])
    }
  })
})

describe('a run that uses up its events', () => {
  it('is remarked on, with who was where', () => {
    const [remark] = remarksOn({ acquire: spins }, { eventsMax: 500, clients: 2 })
    expect(remark?.kind).toBe('event-budget')
    expect(remark?.message).toMatch(
      /^own-lock, seed 7: used up its 500 events at \d+ ms; then client-1 in acquire since 0 ms, client-2 in acquire since 0 ms; /,
    )
  })
})

describe('the locks of the registry', () => {
  const locks: readonly AnyAlgorithm[] = algorithms.filter((algorithm) => !isProtocol(algorithm))

  /** Their client libraries wait for an answer for ever, so that a lost one keeps the release. */
  const waiting = ['node-redlock', 'redis-semaphore']
  const remarksOfLock = (lock: AnyAlgorithm): readonly string[] =>
    Array.from({ length: 20 }, (_, seed) => run(drawPlan(lock, seed)).remarks)
      .flat()
      .map(({ kind }) => kind)

  it.each(locks.map((lock) => [lock.name, lock] as const))(
    '%s gets the remarks that it deserves: none, but for those that wait for ever',
    (name, lock) => {
      expect(new Set(remarksOfLock(lock))).toEqual(
        new Set(waiting.includes(name) ? ['never-released'] : []),
      )
    },
  )
})
