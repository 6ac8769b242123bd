/** Kinds of faults: which of them a campaign may draw. */

import { faults } from '#sim'
import type { AnyFaultPlan } from '#sim'
import { didYouMean, InputError } from '../errors.ts'

/** A kind of fault. Clocks that begin wrong count as `clock`, what a server's disk forgets as `crash`. */
export type FaultKindName = AnyFaultPlan['kind']

/** All of them. */
export const FAULT_KINDS = Object.keys(faults) as readonly FaultKindName[]

/**
 * The kinds of these names, each once, in the order of the registry.
 *
 * @throws InputError that names the nearest known kind
 */
export const faultKindsNamed = (names: readonly string[]): readonly FaultKindName[] => {
  for (const name of names) {
    if (!(FAULT_KINDS as readonly string[]).includes(name)) {
      throw new InputError(
        `there is no fault "${name}"${didYouMean(name, FAULT_KINDS)}; expected some of ${FAULT_KINDS.join(', ')}`,
      )
    }
  }
  return FAULT_KINDS.filter((kind) => names.includes(kind))
}
