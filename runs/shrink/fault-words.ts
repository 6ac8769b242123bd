/** A fault and its moment as a person would tell them afterwards: "client-1 stood still right after it was granted the lock". */

import { inMs, numeral } from '#checkers'
import type { AnyFaultPlan, FactKind, Moment } from '#sim'

/** Facts at which faults are mostly aimed, as something that somebody did. */
const DID: Readonly<Partial<Record<FactKind, string>>> = {
  acquiring: 'asked for the lock',
  granted: 'was granted the lock',
  denied: 'was turned away',
  'validity-ended': 'came to the end of its validity',
  lost: 'was told of its loss',
  'read-returned': 'had read the store',
  'write-sent': 'sent its write',
  'write-acknowledged': 'learnt that its write was done',
  releasing: 'began to release the lock',
  released: 'had released the lock',
  reentering: 'asked for the lock once more',
  reentered: 'was let in once more',
  'leaving-inner': 'began to release the inner grant',
  'transaction-began': 'began a transaction',
  voted: 'voted',
  'pre-committed': 'pre-committed',
  decided: 'decided',
  'transaction-ended': 'told its application the outcome',
  crashed: 'crashed',
  restarted: 'was back',
  finished: 'was done',
}

const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'] as const

const ordinal = (nth: number): string => ORDINALS[nth - 1] ?? `${numeral(nth)}th`

const timesWords = (nth: number): string => (nth === 1 ? '' : ` for the ${ordinal(nth)} time`)

/** When it was. `subject` is who the sentence is about. */
const whenWords = (at: Moment, subject?: string): string => {
  if (at === 0) return 'at the beginning'
  if (typeof at === 'number') return `at ${inMs(at)}`
  const who = at.node === subject ? 'it' : at.node
  const { afterMs = 0 } = at
  const later = afterMs === 0 ? 'right' : inMs(afterMs)
  const what =
    'step' in at
      ? `took step ${numeral(at.step)}`
      : `${DID[at.event] ?? `came to "${at.event}"`}${timesWords(at.nth ?? 1)}`
  return `${later} after ${who} ${what}`
}

/** The same of something that lasts, or that is waited for. */
const sinceWords = (at: Moment, subject?: string): string =>
  at === 0 ? 'from the beginning' : whenWords(at, subject)

const listOf = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

const lastingWords = (forMs: number | undefined): string =>
  forMs === undefined ? '' : ` for ${inMs(forMs)}`

type PlanOf<Kind extends AnyFaultPlan['kind']> = Extract<AnyFaultPlan, { readonly kind: Kind }>

const partitionWords = ({ groups, at, forMs, oneWay, hold }: PlanOf<'partition'>): string => {
  const [first = [], ...others] = groups
  const when = `${lastingWords(forMs)} ${sinceWords(at)}`
  const cut =
    oneWay === true
      ? `nothing got from ${listOf(first)} to ${listOf(others.flat())}${when}`
      : groups.length === 2
        ? `${listOf(first)} ${first.length === 1 ? 'was' : 'were'} cut off from ${listOf(others.flat())}${when}`
        : `${groups.map(listOf).join(' | ')} could not reach one another${when}`
  return hold === true ? `${cut}, and what was sent came when it was over` : cut
}

const struckWords = ({ action, byMs }: PlanOf<'message'>, several: boolean): string => {
  const by = byMs === undefined ? '' : ` by ${inMs(byMs)}`
  const be = several ? 'were' : 'was'
  switch (action) {
    case 'lose':
      return `${be} lost`
    case 'duplicate':
      return byMs === undefined ? `came twice` : `came again after ${inMs(byMs)}`
    case 'reorder':
      return `${be} overtaken by later ones`
    case 'delay':
      return byMs === undefined ? `${be} overtaken by later ones` : `${be} late${by}`
  }
}

const messageWords = (plan: PlanOf<'message'>): string => {
  const { from, to, at, forMs, nth, count, operation } = plan
  const what = operation === undefined ? 'message' : `"${operation}"`
  const link = `from ${from} to ${to}`
  const since = at === 0 ? '' : ` ${whenWords(at).replace(/^right after/, 'after')}`
  const first = nth ?? 1
  if (nth === undefined && forMs !== undefined && count === undefined) {
    return `every ${what} ${link}${lastingWords(forMs)} ${sinceWords(at)} ${struckWords(plan, false)}`
  }
  const many = count ?? 1
  const within = forMs === undefined ? '' : ` within ${inMs(forMs)}`
  return many === 1
    ? `the ${ordinal(first)} ${what} ${link}${since}${within} ${struckWords(plan, false)}`
    : `${numeral(many)} messages ${link}${since}${within}, beginning with the ${ordinal(first)}, ${struckWords(plan, true)}`
}

const clockWords = (plan: PlanOf<'clock'>): string => {
  const { node, at, forMs, jumpMs, driftPpm, slewPpm } = plan
  const when = `${lastingWords(forMs)} ${sinceWords(at, node)}`
  if (jumpMs !== undefined) {
    return `the wall clock of ${node} was set ${jumpMs < 0 ? 'back' : 'ahead'} by ${inMs(Math.abs(jumpMs))}${lastingWords(forMs)} ${whenWords(at, node)}`
  }
  return driftPpm === undefined
    ? `the wall clock of ${node} was slewed at ${numeral(slewPpm ?? 0)} ppm${when}`
    : `the clocks of ${node} ran ${driftPpm < 0 ? 'slow' : 'fast'} by ${numeral(Math.abs(driftPpm))} ppm${when}`
}

/** A fault with its moment, in words, in the past tense of proofs. */
export const faultWords = (fault: AnyFaultPlan): string => {
  switch (fault.kind) {
    case 'pause':
      return `${fault.node} stood still${lastingWords(fault.forMs)} ${sinceWords(fault.at, fault.node)}`
    case 'suspend':
      return `the machine of ${fault.node} was suspended${lastingWords(fault.forMs)} ${sinceWords(fault.at, fault.node)}`
    case 'crash': {
      const { node, at, forMs, silent, losesDisk } = fault
      const fell = silent === true ? 'lost power' : 'crashed'
      const disk = losesDisk === true ? ' and lost its disk' : ''
      const back =
        forMs === undefined
          ? ''
          : `, and was back ${forMs === 0 ? 'at once' : `${inMs(forMs)} later`}`
      return `${node} ${fell}${disk} ${whenWords(at, node)}${back}`
    }
    case 'partition':
      return partitionWords(fault)
    case 'message':
      return messageWords(fault)
    case 'clock':
      return clockWords(fault)
    case 'failover': {
      const { to, at, clients, demote } = fault
      const told =
        clients === undefined ? '' : `, of which only ${listOf(clients) || 'nobody'} was told`
      const kept = demote === false ? ', and the old leader went on' : ''
      return `${to} was promoted ${whenWords(at, to)}${told}${kept}`
    }
  }
}
