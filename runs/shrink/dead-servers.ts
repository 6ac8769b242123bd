/** Servers that are dead for good: without anybody in their place, no lock keeps a promise that something happens in the end. */

import type { AnyFaultPlan } from '#sim'
import type { Plan } from '../plan.ts'

const isDeath = (fault: AnyFaultPlan): boolean =>
  fault.kind === 'crash' && fault.forMs === undefined && !fault.node.startsWith('client-')

const isPromotion = ({ kind }: AnyFaultPlan): boolean => kind === 'failover'

/** Whether a server is dead for good, and a replica that was promoted in its place is not any more. */
export const leavesNobody = (weaker: Plan, plan: Plan): boolean =>
  weaker.faults.some(isDeath) &&
  weaker.faults.filter(isPromotion).length < plan.faults.filter(isPromotion).length

/** Whether a server is dead for good and the promotion that the plan has for it never came: it waits for what the dead were to do. */
export const waitsInVain = ({ faults }: Plan, landed: readonly number[]): boolean =>
  faults.some(isDeath) &&
  faults.some(isPromotion) &&
  !faults.some((fault, index) => isPromotion(fault) && landed.includes(index))
