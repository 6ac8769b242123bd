/** Redis hashes, sorted sets and the scripts over them: tables, and what becomes of them in crashes and failovers. */

import { describe, expect, it } from 'vitest'

import { connectionOf, redisOnATable } from './redis-on-a-table.ts'
import type { RedisRequest } from './requests.ts'

type Line = readonly [request: RedisRequest, answer: unknown]

const L = 'lock'
const script = (
  name: Extract<RedisRequest, { op: 'eval' }>['script'],
  keys: readonly string[],
  ...args: readonly string[]
): RedisRequest => ({ op: 'eval', script: name, keys, args })

const acquire = (owner: string, ms = 30_000) => script('reentrant-acquire', [L], owner, `${ms}`)
const release = (owner: string, latch = '') =>
  script('reentrant-release', [L, 'channel', latch], owner, '30000', '18000')

const QUEUE = [L, 'queue', 'times'] as const
const queued = (owner: string, nowMs: number, waits = 'ttl') =>
  script('queued-acquire', QUEUE, owner, '30000', '300000', `${nowMs}`, waits)
const leave = (owner: string, nowMs: number) =>
  script('queued-release', [...QUEUE, 'channel', ''], owner, '30000', '18000', `${nowMs}`)

const WRONG = 'WRONGTYPE Operation against a key holding the wrong kind of value'

// After the command pages (hset.md, hincrby.md, zadd.md, zrange.md, lrange.md).
const tables: Readonly<Record<string, readonly Line[]>> = {
  'a hash counts, keeps its time to live, and is gone with its last field': [
    [{ op: 'hincrby', key: 'h', field: 'a', by: 1 }, 1],
    [{ op: 'pexpire', key: 'h', pxMs: 50 }, 1],
    [{ op: 'hincrby', key: 'h', field: 'a', by: 4 }, 5],
    [{ op: 'hset', key: 'h', field: 'b', value: 'x' }, 1],
    [{ op: 'hset', key: 'h', field: 'b', value: 'y' }, 0],
    [{ op: 'hincrby', key: 'h', field: 'b', by: 1 }, 'ERR hash value is not an integer'],
    [{ op: 'hget', key: 'h', field: 'b' }, 'y'],
    [{ op: 'hget', key: 'h', field: 'absent' }, null],
    [{ op: 'pttl', key: 'h' }, 50],
    [{ op: 'hexists', key: 'h', field: 'a' }, 1],
    [{ op: 'hdel', key: 'h', field: 'a' }, 1],
    [{ op: 'hdel', key: 'h', field: 'a' }, 0],
    [{ op: 'hexists', key: 'h', field: 'a' }, 0],
    [{ op: 'hdel', key: 'h', field: 'b' }, 1],
    [{ op: 'exists', keys: ['h'] }, 0],
  ],
  'a sorted set is in order of scores, then of names': [
    [{ op: 'zadd', key: 'z', member: 'c', score: 2 }, 1],
    [{ op: 'zadd', key: 'z', member: 'b', score: 1 }, 1],
    [{ op: 'zadd', key: 'z', member: 'a', score: 2 }, 1],
    [{ op: 'zrange', key: 'z' }, ['b', 'a', 'c']],
    [{ op: 'zincrby', key: 'z', member: 'b', by: 5 }, 6],
    [{ op: 'zadd', key: 'z', member: 'c', score: 0 }, 0],
    [{ op: 'zrange', key: 'z' }, ['c', 'a', 'b']],
    [{ op: 'zscore', key: 'z', member: 'b' }, 6],
    [{ op: 'zscore', key: 'z', member: 'absent' }, null],
    [{ op: 'zrem', key: 'z', member: 'absent' }, 0],
    [{ op: 'zrem', key: 'z', member: 'a' }, 1],
    [{ op: 'zrem', key: 'z', member: 'b' }, 1],
    [{ op: 'zrem', key: 'z', member: 'c' }, 1],
    [{ op: 'exists', keys: ['z'] }, 0],
  ],
  'a command for another type is refused': [
    [{ op: 'set', key: 's', value: 'x' }, 'OK'],
    [{ op: 'hincrby', key: 's', field: 'a', by: 1 }, WRONG],
    [{ op: 'zadd', key: 's', member: 'a', score: 1 }, WRONG],
    [{ op: 'hset', key: 'h', field: 'a', value: '1' }, 1],
    [{ op: 'get', key: 'h' }, WRONG],
    [{ op: 'zrange', key: 'h' }, WRONG],
    [{ op: 'lrange', key: 'h', first: 0, last: -1 }, WRONG],
    [{ op: 'rpush', key: 'q', elements: ['a', 'b', 'c'] }, 3],
    [{ op: 'hget', key: 'q', field: 'a' }, WRONG],
    [{ op: 'lrange', key: 'q', first: 0, last: -1 }, ['a', 'b', 'c']],
    [{ op: 'lrange', key: 'q', first: 1, last: 1 }, ['b']],
    [{ op: 'lrange', key: 'q', first: 0, last: -2 }, ['a', 'b']],
    [acquire('a'), null],
    [{ op: 'incr', key: L }, WRONG],
  ],
  'a reentrant lock counts its owner, and nobody else gets in or lets go': [
    [acquire('a'), null],
    [acquire('b'), 30_000],
    [acquire('a', 5000), null],
    [{ op: 'pttl', key: L }, 5000],
    [script('reentrant-renew', [L], 'b', '9000'), 0],
    [script('reentrant-renew', [L], 'a', '9000'), 1],
    [{ op: 'pttl', key: L }, 9000],
    [release('b'), null],
    [release('a'), 0],
    [{ op: 'pttl', key: L }, 30_000],
    [release('a'), 1],
    [release('a'), null],
    [script('reentrant-renew', [L], 'a', '9000'), 0],
    [acquire('b'), null],
  ],
  'a release that comes twice with one latch counts once': [
    [acquire('a'), null],
    [acquire('a'), null],
    [release('a', 'latch-1'), 0],
    [release('a', 'latch-1'), 0],
    [release('a', 'latch-2'), 1],
    [release('a', 'latch-2'), 1],
  ],
  'an acquisition that comes twice with one latch counts once': [
    [script('reentrant-acquire', [L, 'latch'], 'a', '30000', '13500'), null],
    [script('reentrant-acquire', [L, 'latch'], 'a', '30000', '13500'), null],
    [release('a'), 1],
  ],
  'every acquisition gets the next number, re-entry included': [
    [script('reentrant-acquire-and-count', [L, 'n'], 'a', '30000'), [-1, 1]],
    [script('reentrant-acquire-and-count', [L, 'n'], 'a', '30000'), [-1, 2]],
    [script('reentrant-acquire-and-count', [L, 'n'], 'b', '30000'), [30_000, -1]],
    [{ op: 'get', key: 'n' }, '2'],
  ],
  'a queue is served in its order, and its times move up': [
    [queued('a', 0), null],
    [queued('b', 0), 30_000],
    [queued('c', 0), 330_000],
    [{ op: 'zscore', key: 'times', member: 'c' }, 630_000],
    [queued('b', 10_000), 30_000],
    [queued('b', 40_000, 'estimate'), -10_000],
    [leave('a', 50_000), 1],
    [queued('c', 50_000), 0],
    [queued('d', 50_000), 580_000],
    [queued('b', 50_000), null],
    [{ op: 'zscore', key: 'times', member: 'c' }, 330_000],
    [{ op: 'lrange', key: 'queue', first: 0, last: -1 }, ['c', 'd']],
    [leave('c', 50_000), null],
    [queued('b', 50_000), null],
    [leave('b', 50_000), 0],
    [leave('b', 50_000), 1],
  ],
  'a clock that is ahead prunes whoever waits': [
    [queued('a', 0), null],
    [queued('b', 0), 30_000],
    [leave('a', 0), 1],
    [queued('c', 360_000), null],
    [{ op: 'exists', keys: ['queue', 'times'] }, 0],
  ],
  'who gives up takes his time along': [
    [queued('a', 0), null],
    [queued('b', 0), 30_000],
    [queued('c', 0), 330_000],
    [script('queued-leave', ['queue', 'times'], 'b', '300000'), null],
    [{ op: 'zscore', key: 'times', member: 'c' }, 330_000],
    [script('queued-leave', ['queue', 'times'], 'nobody', '300000'), null],
    [{ op: 'lrange', key: 'queue', first: 0, last: -1 }, ['c']],
  ],
}

describe('redis hashes, sorted sets and their scripts', () => {
  it.each(Object.entries(tables))('%s', (_name, lines) => {
    const { ask } = redisOnATable()
    for (const [request, answer] of lines)
      expect([request, ask(request)]).toEqual([request, answer])
  })

  it('tell the channel when the lock is free, and only the next of a queue', () => {
    const { ask, pushed } = redisOnATable()
    const listener = connectionOf('client-2')
    for (const channel of ['channel', 'channel:b', 'channel:c']) {
      ask({ op: 'subscribe', channel }, listener)
    }
    ask(acquire('a'))
    ask(acquire('a'))
    ask(release('a'))
    expect(pushed).toEqual([])
    ask(release('a'))
    expect(pushed.map(({ channel }) => channel)).toEqual(['channel'])
    for (const owner of ['a', 'b', 'c']) ask(queued(owner, 0))
    ask(leave('a', 0))
    expect(pushed.map(({ channel }) => channel)).toEqual(['channel', 'channel:b'])
  })

  it('show the judges the hold that entered last, and the queue with whoever stands in it', () => {
    const { ask, view } = redisOnATable()
    ask(queued('a', 0), connectionOf('client-1'))
    ask(queued('b', 0), connectionOf('client-2'))
    ask(queued('c', 0), connectionOf('client-3'))
    expect(view().granted(L)?.origin.client).toBe('client-1')
    expect(
      view()
        .pushed('queue')
        .map(({ client }) => client),
    ).toEqual(['client-2', 'client-3'])
    expect(view().taken('queue')).toEqual([])
    ask(script('reentrant-renew', [L], 'a', '9000'), connectionOf('client-9'))
    expect(view().granted(L)?.origin.client).toBe('client-1')
  })

  it('expire at the very ms, and let the next one in', () => {
    const { ask, clockMs, pass } = redisOnATable()
    ask(acquire('a', 1000))
    clockMs[0] = 1000
    expect(ask(acquire('b'))).toBe(0)
    pass(1)
    expect(ask(acquire('b'))).toBeNull()
  })

  it.each(['none', 'everysec', 'always'] as const)(
    'come back from the disk (%s)',
    (persistence) => {
      const { ask, feed } = redisOnATable({ persistence })
      ask(queued('a', 0))
      ask(queued('b', 0))
      feed({ kind: 'crash' })
      feed({ kind: 'restart' })
      const isKept = persistence === 'always'
      expect(ask({ op: 'hexists', key: L, field: 'a' })).toBe(isKept ? 1 : 0)
      expect(ask({ op: 'zrange', key: 'times' })).toEqual(isKept ? ['b'] : [])
    },
  )

  it('reach the replicas, which refuse the scripts until they are promoted', () => {
    const { ask, deliver, feed } = redisOnATable({ replication: 'asynchronous' }, 2)
    ask(queued('a', 0))
    ask(queued('b', 0))
    deliver()
    expect(ask(acquire('a'), undefined, 1)).toMatch(/^READONLY/)
    expect(ask({ op: 'zrange', key: 'times' }, undefined, 1)).toEqual(['b'])
    ask({ op: 'hincrby', key: L, field: 'a', by: 1 })
    feed({ kind: 'promote' }, 1)
    expect(ask({ op: 'hget', key: L, field: 'a' }, undefined, 1)).toBe('1')
    expect(ask(queued('b', 0), undefined, 1)).toBe(30_000)
  })
})
