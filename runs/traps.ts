/** Traps on the host's time, chance and input while a simulation runs, for algorithms that reach past the world. */

import { syncBuiltinESMExports } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promiseHooks } from 'node:v8'
import { SimulationError } from '#sim'
import type { Place } from '#sim'
import { TRAPS } from './trap-table.ts'
import type { Trap } from './trap-table.ts'

let depth = 0
let isLifted = false
let isLasting = false
/** What the lock did that nobody could throw at the time, or that it may have caught: told when the body is over. */
let noted: SimulationError | undefined
let whereNow: () => Place = () => ({})
/** What is called while a module is loaded: it cannot be forbidden, but it explains much. */
let loadCalls: Map<string, string> | undefined

const isSet = (): boolean => depth > 0 && !isLifted

/** `at f (file:///home/me/my-lock.ts:12:5)`, with or without the function and the scheme. */
const FRAME = /^ *at (?:.*\()?(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/]).*:\d+:\d+)\)?$/
const OWN_FRAME = /[\\/]runs[\\/]traps\.[jt]s:/
const FOREIGN_FRAME = /[\\/]node_modules[\\/]/
/** Where locksim itself is. */
const HOME = fileURLToPath(new URL('..', import.meta.url))

/** The lines of a stack from the caller of what is trapped on. */
const framesOf = (stack: string | undefined): readonly string[] =>
  (stack ?? '')
    .split('\n')
    .slice(1)
    .filter((line) => !OWN_FRAME.test(line))

/** The first line of anybody's own code, e.g. `/home/me/my-lock.ts:12:5`; undefined if there is none. */
const callerOf = (stack: string | undefined): string | undefined => {
  for (const frame of framesOf(stack)) {
    const path = FRAME.exec(frame)?.[1]
    if (path !== undefined) return path
  }
  return undefined
}

/** The same if it is the caller itself, and neither Node's loader nor a library. */
const directCallerOf = (stack: string | undefined): string | undefined => {
  const path = FRAME.exec(
    framesOf(stack).find((frame) => !frame.includes('(<anonymous>)')) ?? '',
  )?.[1]
  return path === undefined || FOREIGN_FRAME.test(path) || path.startsWith(HOME) ? undefined : path
}

const refuse = ({ name, because, instead, isValue }: Trap): never => {
  const did = isValue ? 'read' : 'called'
  const error = new SimulationError(`${did} ${name}, which ${because}; use ${instead}`, {
    ...whereNow(),
    effect: name,
  })
  // A lock that catches everything would hide it.
  noted ??= error
  throw error
}

const pass = ({ name }: Trap): void => {
  if (loadCalls === undefined || loadCalls.has(name)) return
  const caller = directCallerOf(new Error('who calls').stack)
  if (caller !== undefined) loadCalls.set(name, caller)
}

/** What stands in the place of the function or the value: it does what that did, except in a run. */
const replacementFor = (trap: Trap): unknown => {
  const found = Reflect.get(trap.owner, trap.key) as object
  const check = (): void => (isSet() ? refuse(trap) : pass(trap))
  if (trap.isValue) {
    // Whoever keeps process.env in a variable reads from it later.
    if (typeof found !== 'object') return found
    return new Proxy(found, {
      get(target, key) {
        check()
        return Reflect.get(target, key) as unknown
      },
      has(target, key) {
        check()
        return Reflect.has(target, key)
      },
      ownKeys(target) {
        check()
        return Reflect.ownKeys(target)
      },
    })
  }
  // A proxy, so that what hangs on the function (Date.now, hrtime.bigint) can still be found, and has its own trap.
  return new Proxy(found as () => unknown, {
    apply(target, self, given) {
      check()
      return Reflect.apply(target, self, given) as unknown
    },
    construct(target, given, newTarget) {
      check()
      return Reflect.construct(target, given, newTarget) as object
    },
  })
}

/** Runs what is not the lock's (a report, a draw) in the middle of a body with traps. */
export const withoutTraps = <Result>(body: () => Result): Result => {
  const before = isLifted
  isLifted = true
  try {
    return body()
  } finally {
    isLifted = before
  }
}

const SPEAKS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const

/** What the lock prints to find its mistakes changes nothing; but the streams behind it use timers and promises. */
const speaking = (key: (typeof SPEAKS)[number]): unknown =>
  new Proxy(console[key], {
    apply: (target, self, given) =>
      withoutTraps(() => Reflect.apply(target, self, given) as unknown),
  })

const passing = TRAPS.filter((trap) => !trap.isLasting)
const replacements = passing.map((trap) => replacementFor(trap))
const originals: unknown[] = []
let voices: readonly unknown[] = []
let stopHook: (() => void) | undefined

/** A promise goes on when the run is long over. A hook must not throw, so it is told afterwards. */
const watchPromise = (): void => {
  if (!isSet() || noted !== undefined) return
  const caller = callerOf(new Error('who makes it').stack)
  noted = new SimulationError(
    `made a promise${caller === undefined ? '' : ` at ${caller}`}, which goes on outside of virtual time; write a generator function, without async, and \`yield*\` instead of await`,
    { ...whereNow(), effect: 'promise' },
  )
}

const install = (): void => {
  for (let index = 0; index < passing.length; index++) {
    const { owner, key } = passing[index] as Trap
    originals[index] = Reflect.get(owner, key)
    Reflect.set(owner, key, replacements[index])
  }
  // Made each time: whoever runs tests may have put another console there.
  voices = SPEAKS.map((key) => console[key])
  for (const key of SPEAKS) Reflect.set(console, key, speaking(key))
  stopHook = promiseHooks.onInit(watchPromise) as () => void
}

const remove = (): void => {
  passing.forEach(({ owner, key }, index) => Reflect.set(owner, key, originals[index]))
  SPEAKS.forEach((key, index) => Reflect.set(console, key, voices[index]))
  stopHook?.()
}

/**
 * Runs `body` with the traps set. May be nested; a campaign sets them once around all its runs.
 *
 * @param where says whose code runs; given for the body of one run, which then also fails for a call whose error the
 *   lock has caught, and for a promise
 */
export const withTraps = <Result>(body: () => Result, where?: () => Place): Result => {
  const before = { noted, whereNow }
  noted = undefined
  if (where !== undefined) whereNow = where
  if (depth++ === 0 && !isLasting) install()
  try {
    const result = body()
    if (noted !== undefined && where !== undefined) throw noted as SimulationError
    return result
  } finally {
    if (--depth === 0 && !isLasting) remove()
    ;({ noted, whereNow } = before)
  }
}

const setForGood = (trap: Trap): void => {
  const { owner, key } = trap
  const before = Reflect.getOwnPropertyDescriptor(owner, key)
  // What cannot be replaced leads to something that can: `getRandomValues` of node:crypto to the global one.
  if (before?.configurable === false && before.writable !== true) return
  const value = trap.isLasting ? replacementFor(trap) : replacements[passing.indexOf(trap)]
  if (!trap.isValue) {
    Object.defineProperty(owner, key, { value, writable: true, configurable: true })
    return
  }
  Object.defineProperty(owner, key, {
    configurable: true,
    enumerable: true,
    get() {
      // To hand out the environment reads nothing yet.
      if (typeof value !== 'object') {
        if (isSet()) refuse(trap)
        pass(trap)
      }
      return value
    },
  })
}

/**
 * Sets the traps for good, also on what Node's own modules export, in a thread or a process that is about to load a
 * user's module: what that keeps in a variable (`const now = Date.now`) or imports by name is a trap then. They let
 * everything pass while no run is going on.
 */
export const armLastingTraps = (): void => {
  if (isLasting) return
  isLasting = true
  for (const trap of TRAPS) setForGood(trap)
  for (const key of SPEAKS) Reflect.set(console, key, speaking(key))
  promiseHooks.onInit(watchPromise)
  syncBuiltinESMExports()
}

/**
 * What a module asked the host for while it was loaded, with the line that asked. Time and chance at that moment
 * are in whatever the module made of them.
 */
export const whileLoading = async <Result>(
  load: () => Promise<Result>,
): Promise<{
  readonly result: Result
  readonly calls: ReadonlyMap<string, string>
}> => {
  const calls = new Map<string, string>()
  loadCalls = calls
  try {
    return { result: await load(), calls }
  } finally {
    loadCalls = undefined
  }
}
