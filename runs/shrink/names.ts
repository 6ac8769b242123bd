/** Nodes that get another name, or go: everything in a plan that speaks of them. */

import type { AnyFaultPlan, Moment } from '#sim'
import type { Plan } from '../plan.ts'
import type { FaultFields } from './order.ts'

/** The number at the end of a node's name; 1 for one that is alone. */
export const numberOfNode = (name: string): number => Number(/-(\d+)$/.exec(name)?.[1] ?? 1)

/** The new name of a node; undefined if it goes. */
export type Renaming = (name: string) => string | undefined

/** Exchanges two names. */
export const swapping =
  (one: string, other: string): Renaming =>
  (name) =>
    name === one ? other : name === other ? one : name

/** Those of a list that stay, under their new names. */
const staying = (names: readonly string[], renaming: Renaming): string[] =>
  names
    .flatMap((name) => renaming(name) ?? [])
    .sort((one, other) => numberOfNode(one) - numberOfNode(other))

const renamedMoment = (at: Moment, renaming: Renaming): Moment | undefined => {
  if (typeof at === 'number') return at
  const node = renaming(at.node)
  return node === undefined ? undefined : { ...at, node }
}

/** A fault under new names; undefined if it has nothing left to strike, or nothing at which it is aimed. */
const renamedFault = (fault: AnyFaultPlan, renaming: Renaming): AnyFaultPlan | undefined => {
  const fields = fault as FaultFields
  const renamed: Record<string, unknown> = { ...fields, at: renamedMoment(fields.at, renaming) }
  if (renamed['at'] === undefined) return undefined
  for (const field of ['node', 'from', 'to']) {
    const name = fields[field]
    if (typeof name !== 'string') continue
    renamed[field] = renaming(name)
    if (renamed[field] === undefined) return undefined
  }
  const groups = fields['groups'] as readonly (readonly string[])[] | undefined
  if (groups !== undefined) {
    const left = groups.map((group) => staying(group, renaming)).filter(({ length }) => length > 0)
    if (left.length < 2) return undefined
    renamed['groups'] = left
  }
  const told = fields['clients'] as readonly string[] | undefined
  if (told !== undefined) renamed['clients'] = staying(told, renaming)
  return renamed as unknown as AnyFaultPlan
}

/** The faults and clocks of a plan under new names. */
export const renamed = (
  { faults, clocks }: Pick<Plan, 'faults' | 'clocks'>,
  renaming: Renaming,
): Pick<Plan, 'faults' | 'clocks'> => ({
  faults: faults.flatMap((fault) => renamedFault(fault, renaming) ?? []),
  clocks: Object.fromEntries(
    Object.entries(clocks).flatMap(([node, clock]) => {
      const name = renaming(node)
      return name === undefined ? [] : [[name, clock] as const]
    }),
  ),
})
