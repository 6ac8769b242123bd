/** Redis lists: what the judges are told of elements that came from somebody or are with somebody. */

import { describe, expect, it } from 'vitest'

import { connectionOf, redisOnATable } from './redis-on-a-table.ts'
import type { RedisRequest } from './requests.ts'

const table = (options = {}) => {
  const on = redisOnATable(options)
  const clients = (origins: readonly { readonly client: string }[]) =>
    origins.map(({ client }) => client)
  return {
    ...on,
    by(client: string, body: RedisRequest, activity: 'acquiring' | 'releasing' = 'acquiring') {
      const origin = { client, hold: `${client}#1`, activity }
      on.feed({ kind: 'request', connection: connectionOf(client), body, origin })
    },
    pushed: () => clients(on.view().pushed('q')),
    taken: () => clients(on.view().taken('q')),
    waiting: () => clients(on.view().waiting('q')),
  }
}

const push = (element: string) => ({ op: 'rpush', key: 'q', elements: [element] }) as const
const pop = { op: 'blpop', keys: ['q'], timeoutMs: 50 } as const

describe('a list of who wants something', () => {
  it('remembers who pushed each element, whatever is taken out between', () => {
    const { by, pushed } = table()
    by('a', push('x'))
    by('b', push('y'))
    by('c', push('x'))
    by('d', { op: 'lpush', key: 'q', elements: ['z'] })
    by('a', { op: 'pexpire', key: 'q', pxMs: 1_000 })
    expect(pushed()).toEqual(['d', 'a', 'b', 'c'])
    by('e', { op: 'lrem', key: 'q', count: -1, element: 'x' })
    expect(pushed()).toEqual(['d', 'a', 'b'])
    by('e', { op: 'lpop', key: 'q' }, 'releasing')
    expect(pushed()).toEqual(['a', 'b'])
  })
})

describe('a list that is a token', () => {
  it('shows who has popped it and who is blocked, longest first', () => {
    const { by, taken, waiting, causes, pass } = table()
    by('a', push('token'), 'releasing')
    by('a', pop)
    by('b', pop)
    by('c', pop)
    expect([taken(), waiting()]).toEqual([['a'], ['b', 'c']])
    by('a', push('token'), 'releasing')
    expect([taken(), waiting()]).toEqual([['b'], ['c']])
    pass(50)
    expect([taken(), waiting(), causes.at(-1)]).toEqual([['b'], [], ['expired', undefined]])
  })

  it('takes what a watchdog pushes for the token of whoever has had it longest', () => {
    const { by, taken } = table()
    by('a', push('token'))
    by('a', pop)
    by('watchdog', push('token'))
    expect(taken()).toEqual([])
    by('b', pop)
    by('a', push('token'), 'releasing')
    expect(taken()).toEqual(['b'])
    by('c', pop)
    expect(taken()).toEqual(['b', 'c'])
  })

  it('takes the second push of a release for a second token, not for somebody else’s', () => {
    const { by, taken } = table()
    by('a', push('token'))
    by('a', pop)
    by('b', pop)
    by('a', push('token'), 'releasing')
    by('a', push('token'), 'releasing')
    expect(taken()).toEqual(['b'])
  })

  it('is made once, and comes back only from the one that the record names', () => {
    const { ask } = redisOnATable()
    const create = {
      op: 'eval',
      script: 'create-token',
      keys: ['made', 'q'],
      args: ['token'],
    } as const
    expect([ask(create), ask(create)]).toEqual([1, 0])
    ask(pop)
    const back = (owner: string) =>
      ask({ op: 'eval', script: 'return-token', keys: ['record', 'q'], args: [owner, 'token'] })
    ask({ op: 'set', key: 'record', value: 'a' })
    expect([back('b'), back('a'), back('a')]).toEqual([0, 1, 0])
    expect(ask({ op: 'llen', key: 'q' })).toBe(1)
  })

  it.each([
    ['none', [], true],
    ['everysec', ['a'], false],
    ['always', ['a'], false],
  ] as const)(
    'is forgotten in a crash unless the disk knows of it (%s)',
    (persistence, kept, isLost) => {
      const { by, feed, taken, causes } = table({ persistence })
      by('a', push('token'))
      by('a', pop)
      feed({ kind: 'crash' })
      feed({ kind: 'restart' })
      expect(taken()).toEqual(kept)
      expect(causes.some(([cause]) => cause === 'lost')).toBe(isLost)
    },
  )
})
