/** JSON that people read and compare: what is short stands on one line, the rest one item a line. */

const COLUMNS = 100
const INDENT = '  '

type Fields = Readonly<Record<string, unknown>>

const entriesOf = (value: Fields): [string, unknown][] =>
  Object.entries(value).filter(([, inner]) => inner !== undefined)

const onOneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = entriesOf(value as Fields).map(
    ([name, inner]) => `${JSON.stringify(name)}: ${onOneLine(inner)}`,
  )
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`
}

const written = (value: unknown, indent: string, taken: number): string => {
  const line = onOneLine(value)
  const isShort = indent.length + taken + line.length <= COLUMNS
  if ((isShort && indent !== '') || typeof value !== 'object' || value === null) return line
  const deeper = indent + INDENT
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', value.map((item: unknown) => written(item, deeper, 1))]
    : [
        '{',
        '}',
        entriesOf(value as Fields).map(([name, inner]) => {
          const label = `${JSON.stringify(name)}: `
          return label + written(inner, deeper, label.length + 1)
        }),
      ]
  return `${open}\n${items.map((item) => `${deeper}${item}`).join(',\n')}\n${indent}${close}`
}

/** A document, ending with a line break. Its fields stay in their order. */
export const jsonText = (document: object): string => `${written(document, '', 0)}\n`
