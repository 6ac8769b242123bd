/** Servers' data that can only be read: a lock whose `holders` changes what it looks at would change the run. */

import { SimulationError } from '#sim'
import { isLock } from '#algorithms'
import type { AnyAlgorithm } from '#algorithms'

const CHANGES: readonly (string | symbol)[] = [
  ...['set', 'add', 'delete', 'clear'],
  ...['push', 'pop', 'shift', 'unshift', 'splice', 'sort', 'reverse', 'fill', 'copyWithin'],
]

const refuse = (what: string): never => {
  throw new SimulationError(
    `its holders() or waiting() changes the servers' data (${what}); it may only look, and copies what it sorts`,
  )
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function'

const isIterator = (value: object): value is IterableIterator<unknown> =>
  Symbol.iterator in value && typeof (value as { next?: unknown }).next === 'function'

// One for each object, so that two looks at the same thing are equal.
const wrapped = new WeakMap<object, object>()
const originals = new WeakMap<object, object>()

function* eachReadOnly(values: Iterable<unknown>): Generator {
  for (const value of values) yield readOnly(value)
}

const isChanging = (owner: object, key: string | symbol): boolean =>
  (Array.isArray(owner) || owner instanceof Map || owner instanceof Set) && CHANGES.includes(key)

/** A method that works on the object itself, and hands out nothing that can be changed. */
const method = (owner: object, key: string | symbol, found: object): unknown =>
  new Proxy(found as () => unknown, {
    apply(target, self, given: unknown[]) {
      if (isChanging(owner, key)) refuse(`.${String(key)}()`)
      // An array's own functions go through the proxy, element by element; a map's need the map.
      const real = Array.isArray(owner) ? (self as object) : owner
      const answer = Reflect.apply(
        target,
        real,
        given.map((value) => wrapCallback(owner, value)),
      ) as unknown
      return isObject(answer) && isIterator(answer) ? eachReadOnly(answer) : readOnly(answer)
    },
  })

/** What a map's `forEach` hands to its function is no copy either. */
const wrapCallback = (owner: object, value: unknown): unknown => {
  if (typeof value === 'function' && !Array.isArray(owner)) {
    return (...handed: unknown[]): unknown =>
      (value as (...given: unknown[]) => unknown)(...handed.map((one) => readOnly(one)))
  }
  return isObject(value) ? (originals.get(value) ?? value) : value
}

const isFixed = (owner: object, key: string | symbol): boolean => {
  const descriptor = Reflect.getOwnPropertyDescriptor(owner, key)
  return descriptor?.configurable === false && descriptor.writable === false
}

/** The same value, to be read only. */
const readOnly = <Value>(value: Value): Value => {
  if (!isObject(value) || originals.has(value)) return value
  const before = wrapped.get(value)
  if (before !== undefined) return before as Value
  const proxy = new Proxy<object>(value, {
    get(owner, key) {
      // A getter that knows private fields, and a map's size, need the object itself.
      const found = Reflect.get(owner, key, owner) as unknown
      if (typeof found === 'function') return method(owner, key, found)
      return isFixed(owner, key) ? found : readOnly(found)
    },
    set: (_owner, key) => refuse(`${String(key)} = …`),
    defineProperty: (_owner, key) => refuse(`${String(key)} = …`),
    deleteProperty: (_owner, key) => refuse(`delete ${String(key)}`),
    setPrototypeOf: () => refuse('its prototype'),
  })
  wrapped.set(value, proxy)
  originals.set(proxy, value)
  return proxy as Value
}

/** The lock, whose looks at the servers are checked. Slower by far: for a rehearsal, not for a campaign. */
export const withReadOnlyViews = (algorithm: AnyAlgorithm): AnyAlgorithm => {
  if (!isLock(algorithm)) return algorithm
  const { doorway } = algorithm
  return Object.create(algorithm, {
    holders: {
      value: (...[views, lock, parameters]: Parameters<typeof algorithm.holders>) =>
        algorithm.holders(readOnly(views), lock, parameters),
    },
    ...(doorway === undefined
      ? {}
      : {
          doorway: {
            value: {
              name: doorway.name,
              waiting: (...[views, lock, parameters]: Parameters<typeof doorway.waiting>) =>
                doorway.waiting(readOnly(views), lock, parameters),
            },
          },
        }),
  }) as AnyAlgorithm
}
