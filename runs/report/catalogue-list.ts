/** The catalogue for a reader: one line a name. */

import { catalogue } from './run-json.ts'
import type { CatalogueSection } from './run-json.ts'
import { roomBehind, wrap } from './style.ts'
import type { Style } from './style.ts'

const section = (
  name: CatalogueSection,
  items: readonly { name: string; summary: string }[],
  style: Style,
): string => {
  const nameColumns = Math.max(...items.map((item) => item.name.length)) + 2
  const lines = items.flatMap((item) => {
    const [first = '', ...more] = wrap(item.summary, roomBehind(2 + nameColumns, style))
    return [
      `  ${item.name.padEnd(nameColumns)}${style.paint.dim(first)}`,
      ...more.map((line) => `  ${' '.repeat(nameColumns)}${style.paint.dim(line)}`),
    ]
  })
  return [style.paint.strong(name), ...lines].map((line) => `${line}\n`).join('')
}

/** Lists one section, or all of them. */
export const catalogueList = (wanted: CatalogueSection | undefined, style: Style): string => {
  const all = catalogue()
  const names = (Object.keys(all) as CatalogueSection[]).filter(
    (name) => wanted === undefined || name === wanted,
  )
  return names.map((name) => section(name, all[name], style)).join('\n')
}
