/** What of a fact or a message goes into the trace hash: enough to tell any two runs apart, and cheap. */

import type { Fact, FactKind, RollingHash } from '../kernel/index.ts'
import { FACT_KINDS } from '../kernel/index.ts'

const numbers = new Map<FactKind, number>(FACT_KINDS.map((kind, index) => [kind, index + 1]))

/**
 * Mixes a fact: its kind, place and time, and those of its fields that could differ between two runs. The
 * frequent kinds have a case each, so that the engine knows the shape of what it reads there.
 */
export const mixFact = (hash: RollingHash, fact: Fact, nowMs: number, site: number): void => {
  hash.mixAt(nowMs, ((numbers.get(fact.kind) ?? 0) << 20) ^ site)
  switch (fact.kind) {
    case 'acquiring':
      return hash.mixText(fact.hold)
    case 'granted':
      hash.mixNumber(fact.token ?? -1)
      return hash.mixNumber(fact.validUntilMs ?? -1)
    case 'read-returned':
      return hash.mixNumber(fact.value)
    case 'service-granted':
      return hash.mixText(fact.hold)
    case 'service-revoked':
      return hash.mixText(fact.hold)
    case 'store-read':
      hash.mixText(fact.hold)
      hash.mixNumber(fact.token ?? -1)
      return hash.mixNumber(fact.value)
    case 'store-written':
      hash.mixText(fact.hold)
      hash.mixNumber(fact.token ?? -1)
      return hash.mixNumber(fact.value)
    case 'store-refused':
      hash.mixText(fact.hold)
      return hash.mixNumber(fact.highest)
    case 'note':
      return hash.mixText(fact.text)
    case 'lost':
      return hash.mixText(fact.why)
    case 'released':
      return hash.mixText(fact.outcome)
    case 'fault-began':
      return hash.mix(fact.fault)
    case 'reentered':
      return hash.mixNumber(fact.token ?? -1)
    case 'left-inner':
      return hash.mixText(fact.outcome)
    case 'queued':
    case 'unqueued':
    case 'transaction-began':
    case 'pre-committed':
      return hash.mixText(fact.hold)
    case 'voted':
      hash.mixText(fact.hold)
      return hash.mixText(fact.vote)
    case 'decided':
      hash.mixText(fact.hold)
      hash.mixText(fact.decision)
      return hash.mixText(fact.cause)
    case 'transaction-ended':
      return hash.mixText(fact.outcome)
    case 'clock-changed':
      hash.mixNumber(fact.byMs)
      return hash.mixNumber(fact.driftPpm)
    default:
      // The rest follow from what was mixed before them.
      return undefined
  }
}

/** What a message is about, for faults that aim at an operation and for the trace hash: its `op`, or the kind of its statement. */
export const operationOf = (body: unknown): string | undefined => {
  const asked = body as { readonly op?: string; readonly kind?: string } | null | undefined
  return asked?.op ?? asked?.kind
}

/**
 * Mixes the body of a message: a primitive as it is, of an object its operation and value. A lock that draws its
 * names from somewhere else than its streams gives itself away here.
 */
export const mixBody = (hash: RollingHash, body: unknown): void => {
  switch (typeof body) {
    case 'string':
      hash.mixText(body)
      return
    case 'number':
      hash.mixNumber(body)
      return
    case 'object': {
      if (body === null) return
      const operation = operationOf(body)
      const { value } = body as { readonly value?: unknown }
      if (typeof operation === 'string') hash.mixText(operation)
      if (typeof value === 'string') hash.mixEnd(value)
      else if (typeof value === 'number') hash.mixNumber(value)
      return
    }
    default:
      hash.mix(body === true ? 3 : 5)
  }
}
