/** What can go wrong inside a simulation that is not a property of the lock: a mistake in a module, or in locksim. */

/** Where in the simulated world a mistake showed. */
export interface Place {
  readonly node?: string
  readonly process?: string
  readonly effect?: string
  readonly atMs?: number
}

/**
 * The algorithm under test did something that no real program could do or mean: built an effect and
 * forgot `yield*`, read the host's clock, never let time advance, threw. Exit code 2.
 */
export class SimulationError extends Error {
  override readonly name = 'SimulationError'
  place: Place

  constructor(message: string, place: Place = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.place = place
  }

  /** Adds what an outer floor knows about the place; what is known already stays. */
  at(place: Place): this {
    this.place = { ...place, ...this.place }
    return this
  }
}

/** A broken invariant of locksim itself. Exit code 3; asks for a report. */
export class LocksimBug extends Error {
  override readonly name = 'LocksimBug'
}

/** What was thrown, in words. Anything can be thrown, also what cannot be made a text of. */
export const wordsOf = (thrown: unknown): string => {
  try {
    return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  } catch {
    return 'something that cannot be shown'
  }
}

/** Closes a `switch` over a union: reached only if a case was forgotten. */
export const unreachable = (value: never): never => {
  throw new LocksimBug(`a case is missing for ${JSON.stringify(value)}`)
}
