/** For tests: a lock, what an edit makes of it, and a counterexample from before the edit. */

import { algorithms } from '#algorithms'
import type { AnyAlgorithm, AnyLock, Client } from '#algorithms'
import { clock } from '#sim'
import type { Process } from '#sim'
import { parsePlan, PLAN_FORMAT } from '../plan.ts'
import type { PlanInput } from '../plan.ts'
import { algorithmNamed } from '../settle.ts'
import { counterexampleOf } from './counterexample.ts'
import type { Counterexample } from './counterexample.ts'

/** One key with a time to live: broken by a holder that stands still for longer. */
export const original = algorithmNamed('redis-set-px') as AnyLock

const edited = (changes: Partial<AnyLock>): AnyLock => ({ ...original, ...changes })

/** The client as `original` sees it. */
type Own = Parameters<AnyLock['acquire']>[0]
const redisOf = (me: Own) =>
  (me as unknown as Client<{ redis: 1 }, undefined>).services.redis.primary

const acquiring = (before: (me: Own) => Process<unknown>): AnyLock =>
  edited({
    *acquire(me, parameters) {
      yield* before(me)
      return yield* original.acquire(me, parameters)
    },
  })

/** It looks whether the key is there before it sets it. */
export const withRoundTrip = acquiring(function* (me) {
  yield* redisOf(me).get(me.lock)
})

/** It reads its clock first. */
export const withClockRead = acquiring(function* () {
  yield* clock()
})

/** Its first attempt is in vain. */
export const withoutFirstGrant = (): AnyLock => {
  const refused = new WeakSet<object>()
  return edited({
    *acquire(me, parameters) {
      const held = yield* original.acquire(me, parameters)
      if (held === undefined || refused.has(me)) return held
      refused.add(me)
      yield* original.release(me, held, parameters)
      return undefined
    },
  })
}

/** Its key lives three times as long. */
export const withLongerLease = edited({
  parameters: {
    ...original.parameters,
    ttlMs: { type: 'duration', default: 30_000, about: 'how long the key lives' },
  },
})

/** Its grants are numbered, and the store looks at the numbers: a late write is refused. */
export const mended = edited({
  gives: () => ({ token: true, validity: false }),
  fencing: () => 'all',
  *acquire(me, parameters) {
    const held = yield* original.acquire(me, parameters)
    if (held === undefined) return undefined
    const counted = yield* redisOf(me).incr(`${me.lock}/token`)
    return counted.ok ? { ...held, token: counted.value } : undefined
  },
})

/** Nobody ever gets it. */
export const refusing = edited({
  // oxlint-disable-next-line require-yield
  *acquire(me) {
    yield* redisOf(me).get(me.lock)
    return undefined
  },
})

/** Its own code throws. */
export const throwing = acquiring(() => {
  throw new TypeError('it has a mistake in it')
})

/** What breaks the original. */
export const counterexampleWith = (
  faults: NonNullable<PlanInput['faults']>,
  rest: Partial<PlanInput> = {},
): Counterexample =>
  counterexampleOf({
    algorithm: original,
    promise: 'exclusion/effect',
    plan: parsePlan({ format: PLAN_FORMAT, algorithm: original.name, faults, ...rest }),
    minimal: true,
  })

/** Client 1 stands still in the middle of its nth hold, for longer than its lease. */
export const pausedInHold = (nth: number, rest: Partial<PlanInput> = {}): Counterexample =>
  counterexampleWith(
    [
      {
        kind: 'pause',
        node: 'client-1',
        at: { node: 'client-1', event: 'granted', nth, afterMs: 50 },
        forMs: 15_000,
      },
    ],
    rest,
  )

/** Does something while the registry has another lock in the place of the one of its name. */
export const whileEdited = async <Result>(
  lock: AnyAlgorithm,
  act: () => Result | Promise<Result>,
): Promise<Result> => {
  const registry = algorithms as AnyAlgorithm[]
  const index = registry.findIndex(({ name }) => name === lock.name)
  const [before] = registry.splice(index, 1, lock)
  try {
    return await act()
  } finally {
    if (before !== undefined) registry.splice(index, 1, before)
  }
}
