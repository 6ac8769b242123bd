/** Who holds a Redis lock by the servers' data. */

import { describe, expect, it } from 'vitest'

import { majorityOwners, ownersOf, ownersOfVotes, quorumOwners } from './redis-holders.ts'

type Servers = Parameters<typeof ownersOf>[0]

/** One server for each entry: `client-1#1/value`, empty for no key, behind `-` down, behind `~` a replica. */
const servers = (...written: readonly string[]): Servers =>
  written.map((text, index) => {
    const [hold = '', value = ''] = text.replace(/^[-~]/, '').split('/')
    const client = hold.replace(/#.*/, '')
    const entry = {
      value,
      expiresAtMs: Infinity,
      origin: { client, hold, activity: 'acquiring' as const },
    }
    return {
      node: `redis-${index + 1}`,
      up: !text.startsWith('-'),
      data: {
        role: () => (text.startsWith('~') ? ('replica' as const) : ('master' as const)),
        peek: () => (hold === '' ? undefined : entry),
        granted: () => (hold === '' || text.startsWith('~') ? undefined : entry),
        size: () => (hold === '' ? 0 : 1),
        pushed: () => [],
        taken: () => [],
        waiting: () => [],
      },
    }
  })

const holds = (origins: ReturnType<typeof ownersOf>) => origins.map(({ hold }) => hold)

describe('owners of one key', () => {
  it('are those on masters that are up, each once', () => {
    expect(holds(ownersOf(servers('a#1/x', '~b#1/y'), 'lock'))).toEqual(['a#1'])
    expect(holds(ownersOf(servers('-a#1/x', 'b#1/y'), 'lock'))).toEqual(['b#1'])
    expect(holds(ownersOf(servers('a#1/x', 'b#1/y', 'a#1/x'), 'lock'))).toEqual(['a#1', 'b#1'])
    expect(ownersOf(servers('', ''), 'lock')).toEqual([])
  })
})

describe('owners of a majority', () => {
  it('need more than half of all servers, down ones included', () => {
    expect(holds(majorityOwners(servers('a#1/x', 'a#1/x', 'b#1/y', 'a#1/x', ''), 'lock'))).toEqual([
      'a#1',
    ])
    expect(majorityOwners(servers('a#1/x', 'a#1/x', '-a#1/x', '', ''), 'lock')).toEqual([])
  })

  it('do not count what an earlier attempt left behind', () => {
    expect(majorityOwners(servers('a#1/x', 'a#1/z', 'a#1/z', '', ''), 'lock')).toEqual([])
  })
})

describe('owners of a quorum', () => {
  it('have as many servers as are asked for, whatever the values are', () => {
    const three = servers('a#1/x', '-a#1/y', 'a#1/z')
    expect(holds(quorumOwners(three, 'lock', 2))).toEqual(['a#1'])
    expect(holds(quorumOwners(three, 'lock', 3))).toEqual([])
    expect(holds(quorumOwners(servers('a#1/x', 'a#2/x', 'b#1/y'), 'lock', 2))).toEqual([])
    expect(holds(quorumOwners(servers('a#1/x', 'b#1/y', 'b#1/y'), 'lock', 1))).toEqual([
      'a#1',
      'b#1',
    ])
  })
})

describe('owners of more votes than a majority', () => {
  it('need as many as the lock says', () => {
    const three = servers('a#1/x', 'a#1/x', 'a#1/x', 'b#1/y', '')
    expect(holds(ownersOfVotes(three, 'lock', 3))).toEqual(['a#1'])
    expect(ownersOfVotes(three, 'lock', 4)).toEqual([])
  })
})
