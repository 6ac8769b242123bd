/** Remarks on a run that nobody's promise covers: a release that never comes back, a loop that uses up the events. */

import type { FactEvent } from '#sim'
import type { Plan } from './plan.ts'

/** Something that is likely a mistake in the lock's code. */
export interface Remark {
  readonly kind: 'never-released' | 'event-budget'
  readonly node: string | undefined
  readonly atMs: number
  /** With the lock's name, the seed, the node and the time. */
  readonly message: string
}

/** How a run ended, as far as it matters here. */
interface Ending {
  readonly why: 'finished' | 'horizon' | 'event-budget'
  readonly idle?: boolean
  readonly endedAtMs: number
  readonly faultsOverAtMs: number | null
}

/** Facts that say where in its round a client is. */
const STANDS: readonly FactEvent['kind'][] = [
  'acquiring',
  'granted',
  'denied',
  'releasing',
  'released',
  'reentering',
  'leaving-inner',
  'crashed',
  'restarted',
  'finished',
]

const INSIDE: Readonly<Partial<Record<FactEvent['kind'], string>>> = {
  acquiring: 'acquire',
  reentering: 'acquire',
  releasing: 'release',
  'leaving-inner': 'release',
}

/** Where each client was when it was last heard of. */
const lastStands = (facts: readonly FactEvent[]): readonly FactEvent[] => {
  const last = new Map<string, FactEvent>()
  for (const fact of facts) if (STANDS.includes(fact.kind)) last.set(fact.node, fact)
  return [...last.values()]
}

const neverReleased = (
  plan: Plan,
  stands: readonly FactEvent[],
  { idle, endedAtMs, faultsOverAtMs }: Ending,
): readonly Remark[] => {
  // While a fault is active, or shortly after, a release may well wait.
  if (faultsOverAtMs === null) return []
  return stands.flatMap(({ kind, node, atMs }) => {
    const waitedMs = endedAtMs - Math.max(atMs, faultsOverAtMs)
    if (INSIDE[kind] !== 'release' || !(idle === true || waitedMs > plan.progressWithinMs))
      return []
    const message = `${plan.algorithm}, seed ${plan.seed}: the release that ${node} began at ${atMs} ms never came back, though no fault was active any more; let release give up and return 'unknown' when no answer comes`
    return [{ kind: 'never-released', node, atMs, message }]
  })
}

const eventBudget = (
  plan: Plan,
  stands: readonly FactEvent[],
  { why, endedAtMs }: Ending,
): readonly Remark[] => {
  if (why !== 'event-budget') return []
  const inside = stands
    .flatMap(({ kind, node, atMs }) =>
      INSIDE[kind] === undefined ? [] : [`${node} in ${INSIDE[kind]} since ${atMs} ms`],
    )
    .join(', ')
  const where = inside === '' ? '' : `; then ${inside}`
  const message = `${plan.algorithm}, seed ${plan.seed}: used up its ${plan.eventsMax} events at ${endedAtMs} ms${where}; a loop that waits with a very short sleep uses them up`
  return [{ kind: 'event-budget', node: undefined, atMs: endedAtMs, message }]
}

/** The remarks on a run, from its facts and its end. A run that finished has none. */
export const remarksOf = (
  plan: Plan,
  facts: readonly FactEvent[],
  end: Ending,
): readonly Remark[] => {
  if (end.why === 'finished') return []
  const stands = lastStands(facts)
  return [...eventBudget(plan, stands, end), ...neverReleased(plan, stands, end)]
}
