/** Redis, one server: commands as the real one answers them, expiry, scripts, pub/sub, blocking. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { connectionOf, redisOnATable } from './redis-on-a-table.ts'
import type { RedisRequest } from './requests.ts'

const L = 'lock'
type Line = readonly [request: RedisRequest, answer: unknown]

// The tables up to the scripts follow transcripts of Redis 7.0.15, the last two its command pages.
const transcripts: Readonly<Record<string, readonly Line[]>> = {
  'SET NX keeps the first value': [
    [{ op: 'set', key: L, value: 'a', condition: 'NX', pxMs: 10_000 }, 'OK'],
    [{ op: 'set', key: L, value: 'b', condition: 'NX', pxMs: 10_000 }, null],
    [{ op: 'set', key: L, value: 'b', condition: 'NX', get: true, pxMs: 10_000 }, 'a'],
    [{ op: 'get', key: L }, 'a'],
    [{ op: 'set', key: L, value: 'b', condition: 'NX', asBoolean: true }, false],
    [{ op: 'setnx', key: L, value: 'b' }, false],
    [{ op: 'setnx', key: 'other', value: 'b' }, true],
    [{ op: 'pttl', key: 'other' }, -1],
  ],
  'SET XX needs a value and drops the time to live': [
    [{ op: 'set', key: L, value: 'a', condition: 'XX' }, null],
    [{ op: 'set', key: L, value: 'a', pxMs: 5000 }, 'OK'],
    [{ op: 'pttl', key: L }, 5000],
    [{ op: 'set', key: L, value: 'b', condition: 'XX' }, 'OK'],
    [{ op: 'pttl', key: L }, -1],
  ],
  'KEEPTTL keeps it and GETSET drops it': [
    [{ op: 'set', key: L, value: 'a', pxMs: 5000 }, 'OK'],
    [{ op: 'set', key: L, value: 'b', keepTtl: true }, 'OK'],
    [{ op: 'pttl', key: L }, 5000],
    [{ op: 'getset', key: L, value: 'c' }, 'b'],
    [{ op: 'pttl', key: L }, -1],
    [{ op: 'getset', key: 'absent', value: 'c' }, null],
  ],
  'SET refuses bad expiry': [
    [{ op: 'set', key: L, value: 'a', pxMs: 0 }, "ERR invalid expire time in 'set' command"],
    [{ op: 'set', key: L, value: 'a', pxMs: -5 }, "ERR invalid expire time in 'set' command"],
    [{ op: 'set', key: L, value: 'a', pxMs: 1.5 }, 'ERR value is not an integer or out of range'],
    [{ op: 'set', key: L, value: 'a', pxMs: 1, keepTtl: true }, 'ERR syntax error'],
    [{ op: 'set', key: L, value: 'a', pxMs: 1, exSeconds: 1 }, 'ERR syntax error'],
    [{ op: 'set', key: L, value: 'a', exSeconds: 1, pxAtMs: 1 }, 'ERR syntax error'],
    [{ op: 'set', key: L, value: 'a', exSeconds: 0 }, "ERR invalid expire time in 'set' command"],
    [{ op: 'set', key: L, value: 'a', exSeconds: 2 }, 'OK'],
    [{ op: 'pttl', key: L }, 2_000],
    [{ op: 'del', keys: [L] }, 1],
    [{ op: 'exists', keys: [L] }, 0],
    [{ op: 'set', key: L, value: 'a', pxAtMs: 1 }, 'OK'],
    [{ op: 'exists', keys: [L] }, 0],
  ],
  'PEXPIRE with its conditions': [
    [{ op: 'pexpire', key: 'absent', pxMs: 100 }, 0],
    [{ op: 'set', key: L, value: 'a' }, 'OK'],
    [{ op: 'pexpire', key: L, pxMs: 100 }, 1],
    [{ op: 'pexpire', key: L, pxMs: 50, condition: 'GT' }, 0],
    [{ op: 'pexpire', key: L, pxMs: 200, condition: 'GT' }, 1],
    [{ op: 'pexpire', key: L, pxMs: 300, condition: 'LT' }, 0],
    [{ op: 'pexpire', key: L, pxMs: 300, condition: 'NX' }, 0],
    [{ op: 'pexpire', key: L, pxMs: 0 }, 1],
    [{ op: 'exists', keys: [L] }, 0],
    [{ op: 'pttl', key: L }, -2],
    [{ op: 'set', key: L, value: 'a' }, 'OK'],
    [{ op: 'pexpire', key: L, pxMs: -1 }, 1],
    [{ op: 'get', key: L }, null],
  ],
  'EXPIRE counts in seconds, and deletes with 0 or less': [
    [{ op: 'expire', key: 'absent', exSeconds: 10 }, 0],
    [{ op: 'setnx', key: L, value: '1' }, true],
    [{ op: 'expire', key: L, exSeconds: 10 }, 1],
    [{ op: 'pttl', key: L }, 10_000],
    [{ op: 'getset', key: L, value: '2' }, '1'],
    [{ op: 'pttl', key: L }, -1],
    [{ op: 'expire', key: L, exSeconds: 0 }, 1],
    [{ op: 'exists', keys: [L] }, 0],
  ],
  'scripts compare before they act': [
    [{ op: 'set', key: L, value: 'a' }, 'OK'],
    [{ op: 'eval', script: 'compare-and-expire', keys: [L], args: ['b', '50'] }, 0],
    [{ op: 'eval', script: 'compare-and-expire', keys: [L], args: ['a', '50'] }, 1],
    [{ op: 'pttl', key: L }, 50],
    [{ op: 'eval', script: 'compare-and-delete', keys: [L], args: ['b'] }, 0],
    [{ op: 'eval', script: 'compare-and-delete', keys: [L], args: ['a'] }, 1],
    [{ op: 'eval', script: 'compare-and-delete', keys: [L], args: ['a'] }, 0],
    [
      { op: 'eval', script: 'unheard-of' as 'compare-and-delete', keys: [], args: [] },
      'NOSCRIPT No matching script. Please use EVAL.',
    ],
  ],
  'counters and deletion': [
    [{ op: 'incr', key: 'n' }, 1],
    [{ op: 'pexpire', key: 'n', pxMs: 70 }, 1],
    [{ op: 'incr', key: 'n' }, 2],
    [{ op: 'pttl', key: 'n' }, 70],
    [{ op: 'set', key: 'word', value: 'x' }, 'OK'],
    [{ op: 'incr', key: 'word' }, 'ERR value is not an integer or out of range'],
    [{ op: 'exists', keys: ['n', 'n', 'absent'] }, 2],
    [{ op: 'del', keys: ['n', 'word', 'absent'] }, 2],
  ],
  lists: [
    [{ op: 'rpush', key: 'q', elements: ['a', 'b', 'a'] }, 3],
    [{ op: 'lpush', key: 'q', elements: ['x', 'y'] }, 5],
    [{ op: 'lindex', key: 'q', index: 0 }, 'y'],
    [{ op: 'lindex', key: 'q', index: -1 }, 'a'],
    [{ op: 'lrem', key: 'q', count: -1, element: 'a' }, 1],
    [{ op: 'lindex', key: 'q', index: -1 }, 'b'],
    [{ op: 'lrem', key: 'q', count: 0, element: 'z' }, 0],
    [{ op: 'lpop', key: 'q' }, 'y'],
    [{ op: 'llen', key: 'q' }, 3],
    [{ op: 'get', key: 'q' }, 'WRONGTYPE Operation against a key holding the wrong kind of value'],
    [
      { op: 'eval', script: 'compare-and-delete', keys: ['q'], args: ['y'] },
      'WRONGTYPE Operation against a key holding the wrong kind of value',
    ],
    [{ op: 'lpop', key: 'absent' }, null],
  ],
}

describe('redis commands', () => {
  it.each(Object.entries(transcripts))('%s', (_, lines) => {
    const { ask, clockMs } = redisOnATable()
    clockMs[0] = 5
    expect(lines.map(([request]) => ask(request))).toEqual(lines.map(([, answer]) => answer))
  })

  it('keeps what a failing script wrote before it failed', () => {
    const { ask } = redisOnATable()
    ask({ op: 'set', key: 'counter', value: 'not a number' })
    const request = { op: 'eval', script: 'set-and-count', keys: [L, 'counter'] } as const
    expect(ask({ ...request, args: ['token', '1000'] })).toMatch(/^ERR value is not an integer/)
    expect(ask({ op: 'get', key: L })).toBe('token')
  })

  it('numbers the grants of set-and-count', () => {
    const { ask } = redisOnATable()
    const take = { op: 'eval', script: 'set-and-count', keys: [L, 'n'], args: ['a', '9'] } as const
    expect([ask(take), ask(take)]).toEqual([1, null])
    ask({ op: 'del', keys: [L] })
    expect(ask(take)).toBe(2)
  })

  it('keeps the owner beside the key, and a losing GETSET does not take it over', () => {
    const { ask, view } = redisOnATable()
    ask({ op: 'setnx', key: L, value: '10' }, connectionOf('client-1'))
    ask({ op: 'getset', key: L, value: '20', ownedIf: '9' }, connectionOf('client-2'))
    expect(view().peek(L)).toMatchObject({ value: '20', origin: { client: 'client-1' } })
    ask({ op: 'getset', key: L, value: '30', ownedIf: '20' }, connectionOf('client-2'))
    expect(view().peek(L)).toMatchObject({ value: '30', origin: { client: 'client-2' } })
    ask({ op: 'getset', key: L, value: '40', ownedIfBelow: 30 }, connectionOf('client-1'))
    expect(view().peek(L)).toMatchObject({ value: '40', origin: { client: 'client-2' } })
    ask({ op: 'getset', key: L, value: '50', ownedIfBelow: 41 }, connectionOf('client-1'))
    expect(view().peek(L)).toMatchObject({ value: '50', origin: { client: 'client-1' } })
    ask({ op: 'pexpire', key: L, pxMs: 5 }, connectionOf('client-3'))
    expect(view().peek(L)).toMatchObject({ origin: { client: 'client-1' }, expiresAtMs: 5 })
  })
})

describe('redis expiry', () => {
  it('lets PX n block others for n + 1 whole ms, and no instant longer', () => {
    const { ask, clockMs } = redisOnATable()
    clockMs[0] = 100.875
    ask({ op: 'set', key: L, value: 'x', pxMs: 1000 })
    clockMs[0] = 1100.875
    expect(ask({ op: 'pttl', key: L })).toBe(0)
    expect(ask({ op: 'get', key: L })).toBe('x')
    clockMs[0] = 1101
    expect(ask({ op: 'get', key: L })).toBeNull()
  })

  it('asks for a tick at the first instant past the stamp and says that the key expired', () => {
    const { send, pass, wakeAtMs, causes, view } = redisOnATable()
    send({ op: 'set', key: 'later', value: 'x', pxMs: 50 })
    send({ op: 'set', key: L, value: 'x', pxMs: 10 })
    expect(wakeAtMs()).toBe(11)
    pass(10.875)
    expect(view().size()).toBe(2)
    pass(0.125)
    expect(view().size()).toBe(1)
    expect(causes.at(-1)).toEqual(['expired', undefined])
    expect(wakeAtMs()).toBe(51)
    send({ op: 'del', keys: ['later'] })
    expect(wakeAtMs()).toBe(Infinity)
  })

  it('goes by the wall clock: forward kills, backward prolongs', () => {
    const { ask, feed, clockMs } = redisOnATable()
    ask({ op: 'set', key: L, value: 'x', pxMs: 10_000 })
    clockMs[0] = -3_600_000
    expect(ask({ op: 'pttl', key: L })).toBe(3_610_000)
    clockMs[0] = 10_001
    feed({ kind: 'tick' })
    clockMs[0] = 0
    expect(ask({ op: 'get', key: L })).toBeNull()
  })

  it('never has two winners of SET NX PX while the key lives, and always one after', () => {
    const attempt = fc.record({ waitMs: fc.nat(300), pxMs: fc.integer({ min: 1, max: 200 }) })
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 40 }), (attempts) => {
        const { ask, clockMs } = redisOnATable()
        let now = 0
        let blockedThroughMs = -1
        for (const { waitMs, pxMs } of attempts) {
          now += waitMs / 8
          clockMs[0] = now
          const won = ask({ op: 'set', key: L, value: 'x', condition: 'NX', pxMs }) === 'OK'
          expect(won).toBe(Math.floor(now) > blockedThroughMs)
          if (won) blockedThroughMs = Math.floor(now) + pxMs
        }
      }),
    )
  })

  it('always knows its next expiry', () => {
    const key = fc.constantFrom('a', 'b', 'c')
    const deed = fc.oneof(
      fc.record({ op: fc.constant('set' as const), key, pxMs: fc.integer({ min: 1, max: 60 }) }),
      fc.record({
        op: fc.constant('pexpire' as const),
        key,
        pxMs: fc.integer({ min: 0, max: 60 }),
      }),
      fc.record({ op: fc.constant('del' as const), key, pxMs: fc.constant(0) }),
    )
    fc.assert(
      fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
        const { send, view, wakeAtMs, pass } = redisOnATable()
        for (const { op, key: at, pxMs } of deeds) {
          if (op === 'set') send({ op, key: at, value: 'x', pxMs })
          else if (op === 'pexpire') send({ op, key: at, pxMs })
          else send({ op, keys: [at] })
          const stamps = ['a', 'b', 'c'].map((each) => view().peek(each)?.expiresAtMs ?? Infinity)
          expect(wakeAtMs()).toBe(Math.min(...stamps) + 1)
          pass(3)
        }
      }),
    )
  })
})

describe('redis BLPOP', () => {
  const blpop = { op: 'blpop', keys: ['q'], timeoutMs: 0 } as const

  it('serves the longest waiting first, after the command that pushed', () => {
    const { send, order, answerTo, ask } = redisOnATable()
    const first = send(blpop, connectionOf('client-1'))
    const second = send(blpop, connectionOf('client-2'))
    const third = send(blpop, connectionOf('client-3'))
    send({ op: 'rpush', key: 'q', elements: ['a', 'b'] }, connectionOf('pusher'))
    expect(order).toEqual(['pusher', 'client-1', 'client-2'])
    expect(answerTo(first)).toEqual({ ok: true, value: { key: 'q', element: 'a' } })
    expect(answerTo(second)).toEqual({ ok: true, value: { key: 'q', element: 'b' } })
    expect(answerTo(third)).toBeUndefined()
    expect(ask({ op: 'exists', keys: ['q'] })).toBe(0)
  })

  it('answers null at its deadline, and reads on only then from that connection', () => {
    const { send, pass, answerTo, wakeAtMs } = redisOnATable()
    const waiting = send({ ...blpop, timeoutMs: 100 })
    const behind = send({ op: 'incr', key: 'n' })
    expect(answerTo(behind)).toBeUndefined()
    expect(wakeAtMs()).toBe(100)
    pass(100)
    expect(answerTo(waiting)).toEqual({ ok: true, value: null })
    expect(answerTo(behind)).toEqual({ ok: true, value: 1 })
  })

  it('forgets a client whose end it has noticed, but loses the element to one it has not', () => {
    const { send, feed, ask } = redisOnATable()
    const gone = connectionOf('client-1')
    send(blpop, gone)
    feed({ kind: 'closed', connection: gone })
    send({ op: 'rpush', key: 'q', elements: ['a'] })
    expect(ask({ op: 'llen', key: 'q' })).toBe(1)
    ask({ op: 'lpop', key: 'q' })
    send(blpop, gone)
    send({ op: 'rpush', key: 'q', elements: ['a'] }, connectionOf('client-2'))
    expect(ask({ op: 'llen', key: 'q' }, connectionOf('client-2'))).toBe(0)
  })
})

describe('redis pub/sub', () => {
  it('reaches whoever listens just then, and nobody later', () => {
    const { ask, feed, pushed } = redisOnATable()
    const listener = connectionOf('client-2', 7)
    expect(ask({ op: 'publish', channel: 'c', message: 'early' })).toBe(0)
    ask({ op: 'subscribe', channel: 'c' }, listener)
    expect(ask({ op: 'publish', channel: 'c', message: 'heard' })).toBe(1)
    feed({ kind: 'closed', connection: listener })
    expect(ask({ op: 'publish', channel: 'c', message: 'lost' })).toBe(0)
    expect(pushed).toEqual([{ to: 'client-2', channel: 'c', body: 'heard' }])
  })
})
