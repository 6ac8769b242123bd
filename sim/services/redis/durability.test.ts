/** Redis under crashes and failover: persistence, delayed restarts, replication, WAIT, promotion. */

import { describe, expect, it } from 'vitest'

import { connectionOf, redisOnATable } from './redis-on-a-table.ts'
import type { RedisRequest } from './requests.ts'

const set = (key: string): RedisRequest => ({ op: 'set', key, value: 'x', pxMs: 60_000 })
const lock = (value: string): RedisRequest => ({
  op: 'set',
  key: 'lock',
  value,
  condition: 'NX',
  pxMs: 10_000,
})

describe('redis persistence', () => {
  const afterCrash = (persistence: 'none' | 'everysec' | 'always') => {
    const table = redisOnATable({ persistence })
    table.clockMs[0] = 500
    table.ask(set('old'))
    table.clockMs[0] = 1000
    table.ask(set('new'))
    table.clockMs[0] = 1999
    table.feed({ kind: 'crash' })
    table.causes.length = 0
    table.feed({ kind: 'restart' })
    return { left: table.ask({ op: 'exists', keys: ['old', 'new'] }), causes: table.causes }
  }

  it('loses everything without any', () => {
    expect(afterCrash('none')).toEqual({ left: 0, causes: [['lost', undefined]] })
  })

  it('loses what the last fsync did not cover with everysec', () => {
    expect(afterCrash('everysec')).toEqual({ left: 1, causes: [['lost', undefined]] })
  })

  it('loses nothing with always', () => {
    expect(afterCrash('always')).toEqual({ left: 2, causes: [] })
  })

  it('lets the time run on while it is down', () => {
    const { ask, feed, clockMs } = redisOnATable({ persistence: 'always' })
    ask(lock('a'))
    feed({ kind: 'crash' })
    clockMs[0] = 10_001
    feed({ kind: 'restart' })
    expect(ask({ op: 'get', key: 'lock' })).toBeNull()
  })

  it('keeps a restarted server out for as long as its own clock says', () => {
    const { ask, feed, clockMs } = redisOnATable({ delayedRestartMs: 10_000 })
    expect(ask(lock('a'))).toBe('OK')
    feed({ kind: 'crash' })
    feed({ kind: 'restart' })
    clockMs[0] = 9_999
    expect(ask(lock('b'))).toBe('connection refused')
    // The quarantine is only as good as the clock that measures it.
    clockMs[0] = 10_000
    expect(ask(lock('b'))).toBe('OK')
  })
})

describe('redis replication', () => {
  const group = (options = {}) => redisOnATable({ replication: 'asynchronous', ...options }, 3)

  it('sends absolute stamps of the master’s clock and strips the condition', () => {
    const { ask, underway, clockMs } = group()
    clockMs[0] = 100
    ask(lock('a'))
    ask(lock('b'))
    expect(underway.map(({ to }) => to)).toEqual([1, 2])
    expect(underway[0]?.body).toMatchObject({
      kind: 'changes',
      from: 0,
      changes: [{ key: 'lock', entry: { value: 'a', expiresAtMs: 10_100 } }],
    })
  })

  it('has replicas refuse writes, and hide what is over by their own clock without deleting it', () => {
    const { ask, deliver, clockMs, view } = group()
    ask(lock('a'))
    deliver()
    expect(ask(set('y'), undefined, 1)).toBe(
      "READONLY You can't write against a read only replica.",
    )
    expect(ask({ op: 'get', key: 'lock' }, undefined, 1)).toBe('a')
    clockMs[1] = 20_000
    expect(ask({ op: 'get', key: 'lock' }, undefined, 1)).toBeNull()
    expect(view(1).size()).toBe(1)
  })

  it('tells replicas of an expiry', () => {
    const { ask, deliver, pass, view } = group()
    ask(lock('a'))
    deliver()
    pass(10_001)
    deliver()
    expect([view(0).size(), view(1).size(), view(2).size()]).toEqual([0, 0, 0])
  })

  it('lets a promoted replica that was behind grant the lock again', () => {
    const { ask, feed, underway, deliver, causes, view } = group()
    expect(ask(lock('a'))).toBe('OK')
    underway.length = 0
    feed({ kind: 'crash' })
    feed({ kind: 'promote' }, 1)
    expect(causes.at(-1)).toEqual(['lost', undefined])
    deliver()
    expect(ask(lock('b'), undefined, 1)).toBe('OK')
    deliver()
    expect(ask({ op: 'get', key: 'lock' }, undefined, 2)).toBe('b')
    expect([view(1).role(), view(2).role()]).toEqual(['master', 'replica'])
  })

  it('goes by the promoted server’s own clock from then on', () => {
    const { ask, feed, deliver, clockMs, causes } = group()
    clockMs[1] = 20_000
    ask(lock('a'))
    deliver()
    feed({ kind: 'promote' }, 1)
    expect(causes.slice(-2)).toEqual([
      ['lost', undefined],
      ['expired', undefined],
    ])
    expect(ask(lock('b'), undefined, 1)).toBe('OK')
  })

  it('has a demoted master drop its data, refuse writes and copy the new one', () => {
    const { ask, feed, deliver, underway, view } = group()
    ask(lock('a'))
    underway.length = 0
    feed({ kind: 'promote' }, 1)
    ask(lock('b'), undefined, 1)
    expect(view(0).peek('lock')?.value).toBe('a')
    feed({ kind: 'demote', leader: 1 }, 0)
    expect(view(0).size()).toBe(0)
    deliver()
    expect(view(0).peek('lock')?.value).toBe('b')
    expect(ask(lock('c'))).toMatch(/^READONLY/)
  })

  it('has a former master that comes back step down for the later one', () => {
    const { ask, feed, deliver, view } = redisOnATable(
      { replication: 'asynchronous', persistence: 'always' },
      3,
    )
    ask(lock('a'))
    feed({ kind: 'crash' })
    feed({ kind: 'promote' }, 1)
    deliver()
    feed({ kind: 'restart' })
    expect(view(0).role()).toBe('master')
    deliver()
    expect(view(0).role()).toBe('replica')
  })

  it('empties the replicas of a master that restarts empty', () => {
    const { ask, feed, deliver, view } = group()
    ask(lock('a'))
    deliver()
    feed({ kind: 'crash' })
    feed({ kind: 'restart' })
    deliver()
    expect([view(1).size(), view(2).size()]).toEqual([0, 0])
  })

  it('notices a lost message and copies everything', () => {
    const { ask, deliver, underway, view, pass } = group()
    ask(set('a'))
    underway.length = 0
    ask(set('b'))
    deliver()
    expect(view(1).size()).toBe(2)
    ask(set('c'))
    underway.length = 0
    // Nothing follows that would show the gap: the replicas' own reports must.
    pass(2000)
    deliver()
    expect(view(1).size()).toBe(3)
  })

  it('gathers writes for the replication delay', () => {
    const { ask, pass, underway, wakeAtMs } = group({ replicationDelayMs: 5 })
    ask(set('a'))
    ask(set('b'))
    expect(underway).toHaveLength(0)
    expect(wakeAtMs()).toBe(5)
    pass(5)
    expect(underway.filter(({ from }) => from === 0)).toHaveLength(2)
    expect(underway[0]?.body).toMatchObject({ changes: [{ key: 'a' }, { key: 'b' }] })
  })
})

describe('redis INFO replication', () => {
  const info = { op: 'info-replication' } as const

  it('tells a master how many replicas are connected, and a replica none', () => {
    const { ask } = redisOnATable({ replication: 'asynchronous' }, 3)
    expect([ask(info), ask(info, undefined, 1)]).toEqual([2, 0])
  })

  it('counts no replica whose process died, and after a promotion only those that have come', () => {
    const { ask, feed, deliver } = redisOnATable({ replication: 'asynchronous' }, 3)
    feed({ kind: 'peer-closed', from: 2 })
    expect(ask(info)).toBe(1)
    feed({ kind: 'crash' })
    feed({ kind: 'promote' }, 1)
    expect(ask(info, undefined, 1)).toBe(0)
    deliver()
    expect(ask(info, undefined, 1)).toBe(1)
  })
})

describe('redis WAIT', () => {
  const wait = { op: 'wait', replicas: 2, timeoutMs: 100 } as const

  it('answers once enough replicas have acknowledged', () => {
    const { ask, send, deliver, answerTo } = redisOnATable({ replication: 'asynchronous' }, 3)
    ask(lock('a'))
    const waiting = send(wait)
    expect(answerTo(waiting)).toBeUndefined()
    deliver()
    expect(answerTo(waiting)).toEqual({ ok: true, value: 2 })
  })

  it('answers with fewer when time is up, and undoes nothing', () => {
    const { ask, send, pass, underway, answerTo } = redisOnATable(
      { replication: 'asynchronous' },
      3,
    )
    ask(lock('a'))
    const waiting = send(wait)
    underway.length = 0
    pass(100)
    expect(answerTo(waiting)).toEqual({ ok: true, value: 0 })
    expect(ask({ op: 'get', key: 'lock' })).toBe('a')
  })

  it('counts for the writes of the calling connection only', () => {
    const { ask, deliver, pass, underway } = redisOnATable({ replication: 'asynchronous' }, 3)
    pass(0)
    deliver()
    ask(lock('a'))
    underway.length = 0
    expect(ask(wait, connectionOf('client-1', 1))).toBe(2)
    expect(ask(wait)).toBe('no answer yet')
  })
})

describe('redis min-replicas-to-write', () => {
  it('refuses writes once too few replicas have spoken lately', () => {
    const { ask, pass, deliver, clockMs } = redisOnATable(
      { replication: 'asynchronous', minReplicasToWrite: 1, minReplicasMaxLagMs: 10_000 },
      2,
    )
    expect(ask(lock('a'))).toBe('OK')
    pass(5000)
    deliver()
    clockMs[0] = 15_000
    expect(ask(set('x'))).toBe('OK')
    clockMs[0] = 15_001
    expect(ask(set('x'))).toBe('NOREPLICAS Not enough good replicas to write.')
  })
})
