/** Lists of nodes as reports write them: `redis-1…5`. */

/**
 * A list of nodes, with runs of numbers drawn together: `redis-1…5`, `redis-1, redis-3, store`.
 */
export const nodesText = (nodes: readonly string[]): string => {
  const parts: string[] = []
  let index = 0
  while (index < nodes.length) {
    const [stem, first] = split(nodes[index] as string)
    let last = index
    while (first !== undefined && last + 1 < nodes.length) {
      const [nextStem, number] = split(nodes[last + 1] as string)
      if (nextStem !== stem || number !== first + (last + 1 - index)) break
      last++
    }
    const name = nodes[index] as string
    if (last - index >= 2) parts.push(`${name}…${(first as number) + last - index}`)
    else parts.push(...nodes.slice(index, last + 1))
    index = last + 1
  }
  return parts.join(', ')
}

const split = (name: string): [string, number | undefined] => {
  const match = /^(.*-)(\d+)$/.exec(name)
  return match === null ? [name, undefined] : [match[1] as string, Number(match[2])]
}
