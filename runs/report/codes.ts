/** Two letters for each promise and each class of faults, where a column has no room for more. */

import type { PromiseName } from '#checkers'
import { faultClassNamed } from '../fault-classes/index.ts'

/** The code of each promise. */
export const PROMISE_CODES: Readonly<Record<PromiseName, string>> = {
  'exclusion/service': 'sv',
  'exclusion/belief': 'be',
  'exclusion/validity': 'va',
  'exclusion/effect': 'ef',
  fencing: 'fe',
  'lost-update': 'up',
  'deadlock-freedom': 'dl',
  ownership: 'ow',
  starvation: 'st',
  fairness: 'fa',
  reentrancy: 're',
  availability: 'av',
  contention: 'co',
  agreement: 'ag',
  'commit-validity': 'cv',
  blocking: 'bl',
  termination: 'te',
}

/** The code of a class of faults. */
export const faultCode = (name: string): string => faultClassNamed(name).code

/** `sv exclusion/service, be exclusion/belief`, with spaces that do not break within an entry. */
export const legendOf = (entries: readonly (readonly [code: string, name: string])[]): string =>
  entries.map(([code, name]) => `${code}\u00a0${name}`).join(', ')
