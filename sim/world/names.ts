/** Names of nodes and of their streams of chance, each put together once. */

// Every run has the same few names, and composing, hashing and comparing them anew cost 3 % of a Redlock run.

/** Joins two names, and keeps what it joined. */
class Joint {
  private readonly between: string
  private readonly known = new Map<string, Map<string, string>>()

  constructor(between: string) {
    this.between = between
  }

  join(one: string, other: string): string {
    const name = this.known.get(one)?.get(other)
    return name ?? this.keep(one, other)
  }

  private keep(one: string, other: string): string {
    const name = one + this.between + other
    const others = this.known.get(one) ?? new Map<string, string>()
    this.known.set(one, others.set(other, name))
    return name
  }
}

const kinds = new Joint(':')
const pairs = new Joint('~')

/** The stream of this kind of one node: `jitter:client-1`. */
export const streamOfNode = (kind: string, node: string): string => kinds.join(kind, node)

/** The stream of this kind between two nodes: `latency:client-1~redis-3`. */
export const streamOfPair = (kind: string, first: string, second: string): string =>
  kinds.join(kind, pairs.join(first, second))

const numbered = new Map<string, string[]>()

/** `client-1` to `client-<count>`. */
export const numberedNames = (base: string, count: number): readonly string[] => {
  const names = numbered.get(base) ?? []
  numbered.set(base, names)
  while (names.length < count) names.push(`${base}-${names.length + 1}`)
  return names.slice(0, count)
}

/** The servers of a group: `redis-1` … or, if it is alone, `store`. */
export const serverNames = (base: string, size: number): readonly string[] =>
  size === 1 ? [base] : numberedNames(base, size)
