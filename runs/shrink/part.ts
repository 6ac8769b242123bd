/** The contract of a part of a plan that can be weakened. */

import type { AnyAlgorithm } from '#algorithms'
import type { Plan } from '../plan.ts'

/** Plans in which this part is weaker, the boldest first. What is no simpler is dropped by who asks. */
export type Part = (plan: Plan, algorithm: AnyAlgorithm) => Iterable<Plan>

/** A list without the item at this place. */
export const without = <Item>(items: readonly Item[], index: number): Item[] =>
  items.filter((_item, at) => at !== index)

/** A list with another item at this place. */
export const replaced = <Item>(items: readonly Item[], index: number, item: Item): Item[] =>
  items.map((one, at) => (at === index ? item : one))

/** An object without one of its fields. */
export const omitted = <Fields extends object>(fields: Fields, name: keyof Fields): Fields => {
  const { [name]: _dropped, ...rest } = fields
  return rest as Fields
}
