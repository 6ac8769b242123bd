/** What a lock's functions may answer. Who writes in JavaScript may return anything, and must hear of it where it happens. */

import { SimulationError } from '#sim'
import type { Origin } from '#sim'
import type { Grant, ReleaseOutcome } from '#algorithms'

/** A value in a message, short. */
const shown = (value: unknown): string => {
  if (typeof value === 'function') return 'a function'
  if (isPromise(value)) return 'a promise'
  try {
    const isNumber = typeof value === 'number' || typeof value === 'bigint'
    return (isNumber ? `${value}` : (JSON.stringify(value) ?? 'undefined')).slice(0, 60)
  } catch {
    return 'an object that cannot be shown'
  }
}

const isPromise = (value: unknown): boolean =>
  typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function'

const isTime = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value)

/**
 * What acquire returned, if that is a grant or undefined.
 *
 * @throws SimulationError saying what it returned, and what to return
 */
export const checkedGrant = (held: Grant | undefined): Grant | undefined => {
  if (held === undefined) return undefined
  if (typeof held !== 'object' || held === null || isPromise(held)) {
    throw new SimulationError(
      `acquire returned ${shown(held)}, which is no grant; return an object such as {} or { token } when the client has the lock, and undefined when it has not`,
    )
  }
  const { token, validUntilMs, validityClock } = held
  if (token !== undefined && !(Number.isFinite(token) && token >= 0)) {
    throw new SimulationError(
      `acquire returned the token ${shown(token)}; a fencing token is a number, 0 or more`,
    )
  }
  if (validUntilMs !== undefined && !isTime(validUntilMs)) {
    throw new SimulationError(
      `acquire returned validUntilMs ${shown(validUntilMs)}; it is a time in ms on the client's own clock, a number`,
    )
  }
  if (validityClock !== undefined && validityClock !== 'wall' && validityClock !== 'monotonic') {
    throw new SimulationError(
      `acquire returned validityClock ${shown(validityClock)}; it is 'wall' or 'monotonic'`,
    )
  }
  return held
}

/**
 * What release returned, if that is an outcome.
 *
 * @throws SimulationError saying what it returned, and what to return
 */
export const checkedOutcome = (outcome: ReleaseOutcome): ReleaseOutcome => {
  if (outcome === 'ok' || outcome === 'not-held' || outcome === 'unknown') return outcome
  throw new SimulationError(
    `release returned ${shown(outcome)}; return 'ok', 'not-held', or 'unknown' when the answer never came`,
  )
}

/**
 * What holders or waiting returned, if that is a list of who and for which hold.
 *
 * @throws SimulationError saying what it returned, and what to return
 */
export const checkedOrigins = (what: string, origins: readonly Origin[]): readonly Origin[] => {
  if (!Array.isArray(origins)) {
    throw new SimulationError(
      `its ${what}() returned ${shown(origins)}; return an array, [] for nobody`,
    )
  }
  for (const origin of origins as readonly (Origin | null | undefined)[]) {
    if (typeof origin?.client === 'string' && typeof origin.hold === 'string') continue
    throw new SimulationError(
      `its ${what}() returned a list with ${shown(origin)} in it; each entry is the origin that the service keeps, with client and hold`,
    )
  }
  return origins
}
