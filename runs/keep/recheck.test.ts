import { describe, expect, it } from 'vitest'
import type { AnyLock } from '#algorithms'
import { clock } from '#sim'
import type { Process, ServiceClients } from '#sim'
import { InputError } from '../errors.ts'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { PlanInput } from '../plan.ts'
import { algorithmNamed } from '../settle.ts'
import { counterexampleOf } from './counterexample.ts'
import { recheck } from './recheck.ts'

const original = algorithmNamed('redis-set-px') as AnyLock
const primaryOf = ({ services }: { readonly services: object }) =>
  (services as ServiceClients).redis.primary

const edited = (changes: Partial<AnyLock>): AnyLock => ({ ...original, ...changes })

const counterexample = (faults: PlanInput['faults'], rest: Partial<PlanInput> = {}) =>
  counterexampleOf({
    algorithm: original,
    promise: 'exclusion/effect',
    plan: parsePlan({
      format: PLAN_FORMAT,
      algorithm: 'redis-set-px',
      seed: 3,
      rounds: 4,
      faults,
      ...rest,
    }),
    minimal: true,
  })

/** Stands still in its second round, between reading the store and writing it, for longer than its lease. */
const paused = counterexample([
  {
    kind: 'pause',
    node: 'client-1',
    at: { node: 'client-1', event: 'granted', nth: 2, afterMs: 50 },
    forMs: 15_000,
  },
])

/** A lock that nobody gets twice: its key is looked at first. */
const withRoundTrip = edited({
  *acquire(me, parameters): Process<never> {
    yield* primaryOf(me).get(me.lock)
    return (yield* original.acquire(me, parameters)) as never
  },
})

const withClockRead = edited({
  *acquire(me, parameters): Process<never> {
    yield* clock()
    return (yield* original.acquire(me, parameters)) as never
  },
})

/** Reads the clock when the holder wakes: the hold is over, and it says so. */
const mended = edited({
  ...original,
  *acquire(me, parameters): Process<never> {
    const held = yield* original.acquire(me, parameters)
    return (held === undefined ? undefined : { ...held, token: 1 }) as never
  },
})

describe('rechecking after an edit', () => {
  it('says that the very same run still breaks the promise', () => {
    expect(recheck(paused)).toMatchObject({ outcome: 'still broken', identical: true })
  })

  it.each([
    ['an extra round trip before the SET', withRoundTrip],
    ['an extra look at the clock', withClockRead],
  ])('survives %s', (_what, lock) => {
    const found = recheck(paused, lock)
    expect(found).toMatchObject({ outcome: 'still broken' })
  })
  it('x', () => {
    console.log(
      JSON.stringify(paused, null, 1),
      recheck(paused, withRoundTrip),
      recheck(paused, withClockRead),
    )
    expect(1).toBe(1)
  })
})
