/** Traps on the host's time, chance and input while a simulation runs, for algorithms that reach past the world. */

import { SimulationError } from '#sim'

interface Trap {
  readonly owner: object
  readonly key: string
  readonly instead: string
  readonly name: string
}

const USE_CLOCK = '`yield* clock()` or `yield* monotonic()`'
const USE_SLEEP = '`yield* sleep(ms)`'
const USE_STREAMS = '`me.token()` or `me.jitterMs(max)`'
const USE_SERVICES = 'the clients in `me.services`'

const TRAPS: readonly Trap[] = [
  { owner: Date, key: 'now', name: 'Date.now()', instead: USE_CLOCK },
  { owner: globalThis, key: 'Date', name: 'new Date()', instead: USE_CLOCK },
  { owner: performance, key: 'now', name: 'performance.now()', instead: USE_CLOCK },
  { owner: process, key: 'hrtime', name: 'process.hrtime()', instead: USE_CLOCK },
  { owner: process.hrtime, key: 'bigint', name: 'process.hrtime.bigint()', instead: USE_CLOCK },
  { owner: process, key: 'nextTick', name: 'process.nextTick()', instead: USE_SLEEP },
  { owner: Math, key: 'random', name: 'Math.random()', instead: USE_STREAMS },
  { owner: crypto, key: 'randomUUID', name: 'crypto.randomUUID()', instead: USE_STREAMS },
  { owner: crypto, key: 'getRandomValues', name: 'crypto.getRandomValues()', instead: USE_STREAMS },
  { owner: globalThis, key: 'setTimeout', name: 'setTimeout()', instead: USE_SLEEP },
  { owner: globalThis, key: 'setInterval', name: 'setInterval()', instead: USE_SLEEP },
  { owner: globalThis, key: 'setImmediate', name: 'setImmediate()', instead: USE_SLEEP },
  { owner: globalThis, key: 'queueMicrotask', name: 'queueMicrotask()', instead: USE_SLEEP },
  { owner: globalThis, key: 'fetch', name: 'fetch()', instead: USE_SERVICES },
]

const throwing = ({ owner, key, name, instead }: Trap): unknown => {
  const refuse = (): never => {
    throw new SimulationError(
      `called ${name}, which would make the run differ from machine to machine; use ${instead}`,
      { effect: name },
    )
  }
  // A proxy, so that what hangs on the function (Date.now, hrtime.bigint) can still be found, and has its own trap.
  return new Proxy(Reflect.get(owner, key) as () => unknown, { apply: refuse, construct: refuse })
}

const replacements = TRAPS.map((trap) => throwing(trap))
const originals: unknown[] = []
let depth = 0

/** Runs `body` with the traps set. May be nested; a campaign sets them once around all its runs. */
export const withTraps = <Result>(body: () => Result): Result => {
  if (depth++ === 0) {
    TRAPS.forEach(({ owner, key }, index) => {
      originals[index] = Reflect.get(owner, key)
      Reflect.set(owner, key, replacements[index])
    })
  }
  try {
    return body()
  } finally {
    if (--depth === 0) {
      TRAPS.forEach(({ owner, key }, index) => Reflect.set(owner, key, originals[index]))
    }
  }
}
