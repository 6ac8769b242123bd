/** memcached: the answers of its protocol page, its coarse timer, and everything that makes an item disappear. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ok, refused } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { RevokeCause } from '../../kernel/trace.ts'
import type { Effect } from '../../kernel/effect.ts'
import type { Input, Outbox, Port } from '../service.ts'
import { memcachedClients } from './client.ts'
import type { MemcachedClient, MemcachedRequest, RingSettings } from './client.ts'
import { memcached } from './memcached.ts'
import type { MemcachedOptions } from './memcached.ts'

const server = (options: Partial<MemcachedOptions> = {}) => {
  const state = memcached.create({
    index: 0,
    size: 1,
    options: { ...memcached.options, ...options },
    choice: { stream: () => ({ pick: () => 0 }) },
  })
  let nowMs = 0
  let answer: Reply<unknown> | undefined
  const causes: RevokeCause[] = []
  const out = {
    reply: (_request: unknown, reply: Reply<unknown>) => (answer = reply),
    changed: (cause: RevokeCause) => causes.push(cause),
  } as unknown as Outbox
  const feed = (input: Input<MemcachedRequest>) => memcached.step(state, input, nowMs, out)
  return {
    feed,
    causes,
    view: memcached.view(state),
    at(ms: number) {
      nowMs = ms
      feed({ kind: 'tick' })
    },
    wakeAtMs: () => memcached.wakeAtMs(state),
    ask(body: MemcachedRequest): unknown {
      const origin = { client: 'client-1', hold: 'client-1#1', activity: 'acquiring' } as const
      feed({ kind: 'request', connection: { client: 'client-1', number: 0 }, body, origin })
      return answer?.ok === true ? answer.value : answer?.code
    },
  }
}

const K = 'lock'
const add = (value: string, exptimeSeconds = 0) =>
  ({ op: 'add', key: K, value, exptimeSeconds }) as const
type Line = readonly [request: MemcachedRequest, answer: unknown]

// doc/protocol.txt says what each answers.
const transcripts: Readonly<Record<string, readonly Line[]>> = {
  'add keeps the first value': [
    [add('a'), 'STORED'],
    [add('b'), 'NOT_STORED'],
    [{ op: 'get', key: K }, 'a'],
    [{ op: 'delete', key: K }, true],
    [{ op: 'delete', key: K }, false],
    [{ op: 'get', key: K }, null],
    [add('b'), 'STORED'],
  ],
  'cas stores if nobody has stored since gets': [
    [{ op: 'gets', key: K }, null],
    [{ op: 'cas', key: K, value: 'x', exptimeSeconds: 0, unique: 1 }, 'NOT_FOUND'],
    [add('a'), 'STORED'],
    [
      { op: 'gets', key: K },
      { value: 'a', unique: 1 },
    ],
    [{ op: 'set', key: K, value: 'a', exptimeSeconds: 0 }, 'STORED'],
    [{ op: 'cas', key: K, value: 'x', exptimeSeconds: 0, unique: 1 }, 'EXISTS'],
    [{ op: 'cas', key: K, value: 'x', exptimeSeconds: 0, unique: 2 }, 'STORED'],
    [
      { op: 'gets', key: K },
      { value: 'x', unique: 3 },
    ],
  ],
  'a negative exptime is over at once, which makes cas a compare-and-delete': [
    [add('a'), 'STORED'],
    [{ op: 'cas', key: K, value: '', exptimeSeconds: -1, unique: 1 }, 'STORED'],
    [{ op: 'get', key: K }, null],
    [add('b'), 'STORED'],
  ],
  'exptime beyond 30 days would be a Unix time': [
    [add('a', 2_592_000), 'STORED'],
    [
      { op: 'set', key: K, value: 'a', exptimeSeconds: 2_592_001 },
      'SERVER_ERROR exptime as Unix time is not modelled',
    ],
  ],
}

describe('memcached commands', () => {
  it.each(Object.entries(transcripts))('%s', (_name, lines) => {
    const { ask } = server()
    expect(lines.map(([request]) => ask(request))).toEqual(lines.map(([, answer]) => answer))
  })
})

describe('memcached expiry', () => {
  it('lets exptime n last n − 1 to n seconds, as the timer ticks once a second', () => {
    const early = server()
    early.ask(add('a', 2))
    expect(early.wakeAtMs()).toBe(2_000)
    early.at(1_999)
    expect(early.ask({ op: 'get', key: K })).toBe('a')
    early.at(2_000)
    expect(early.ask({ op: 'get', key: K })).toBeNull()
    expect(early.causes).toEqual(['request', 'expired'])

    const late = server()
    late.at(999)
    late.ask(add('a', 1))
    late.at(1_000)
    expect(late.ask({ op: 'get', key: K })).toBeNull()
  })

  it('never lets two adds win while the first item lives, and one as soon as it is over', () => {
    const attempt = fc.record({ waitMs: fc.nat(2_400), seconds: fc.integer({ min: 1, max: 3 }) })
    fc.assert(
      fc.property(fc.array(attempt, { minLength: 1, maxLength: 40 }), (attempts) => {
        const { ask, at } = server()
        let now = 0
        let overInSecond = 0
        for (const { waitMs, seconds } of attempts) {
          now += waitMs / 8
          at(now)
          const second = Math.floor(now / 1_000)
          const won = ask(add('x', seconds)) === 'STORED'
          expect(won).toBe(second >= overInSecond)
          if (won) overInSecond = second + seconds
        }
      }),
    )
  })

  it('never comes for exptime 0', () => {
    const { ask, wakeAtMs } = server()
    ask(add('a'))
    expect(wakeAtMs()).toBe(Infinity)
  })
})

describe('memcached under pressure', () => {
  it('evicts what nobody has looked at while others filled the room behind it', () => {
    const { ask, at, wakeAtMs, causes } = server({ itemsMax: 1_000, otherStoresPerSecond: 10 })
    ask(add('a'))
    expect(wakeAtMs()).toBe(100_000)
    at(50_000)
    ask(add('b'))
    expect(wakeAtMs()).toBe(100_000)
    at(70_000)
    ask(add('b'))
    expect(wakeAtMs()).toBe(170_000)
    at(170_000)
    expect(ask({ op: 'get', key: K })).toBeNull()
    expect(causes.at(-1)).toBe('lost')
  })

  it('evicts the least recently used of its own items when there are too many', () => {
    const { ask, view } = server({ itemsMax: 1 })
    ask(add('a'))
    ask({ op: 'set', key: 'other', value: 'x', exptimeSeconds: 0 })
    expect([view.item(K), view.item('other')?.value]).toEqual([undefined, 'x'])
  })

  it('forgets everything in a restart', () => {
    const { ask, feed, causes } = server()
    ask(add('a'))
    feed({ kind: 'crash' })
    feed({ kind: 'restart' })
    expect(causes.at(-1)).toBe('lost')
    expect(ask(add('b'))).toBe('STORED')
  })

  it('counts its stores from the beginning after a restart, so that an old "cas unique" may fit a new item', () => {
    const { ask, feed } = server()
    ask(add('a'))
    const before = ask({ op: 'gets', key: K }) as { readonly unique: number }
    feed({ kind: 'crash' })
    feed({ kind: 'restart' })
    ask(add('b'))
    const { unique } = before
    expect(ask({ op: 'cas', key: K, value: 'a', exptimeSeconds: 0, unique })).toBe('STORED')
  })
})

describe('a ring of memcached servers', () => {
  /** Runs a process whose only effects are looks at the clock and calls, which are answered at once. */
  const ringOn = (settings: Partial<RingSettings>, isDown: (name: string) => boolean) => {
    const asked: string[] = []
    let nowMs = 0
    const port = (name: string): Port =>
      ({
        server: name,
        call: () => {
          asked.push(name)
          return { reply: isDown(name) ? refused('connection refused') : ok('STORED') }
        },
      }) as unknown as Port
    const ring = memcachedClients(['m-1', 'm-2', 'm-3'].map(port)).ring({
      ejectsFailed: true,
      failuresMax: 2,
      deadMs: 60_000,
      ...settings,
    })
    const request = (client: MemcachedClient): Effect<Reply<unknown>> => {
      const { reply } = client.add('key', 'x', 0) as unknown as { readonly reply: Reply<unknown> }
      return {
        *[Symbol.iterator]() {
          return reply
        },
      } as unknown as Effect<Reply<unknown>>
    }
    return {
      asked,
      askAt(ms: number): void {
        nowMs = ms
        const process = ring.ask('key', request)
        for (let step = process.next(); step.done !== true; step = process.next(nowMs));
      },
    }
  }

  it('asks the same server for a key as long as it answers', () => {
    const { asked, askAt } = ringOn({}, () => false)
    for (const ms of [0, 1, 2]) askAt(ms)
    expect(new Set(asked).size).toBe(1)
  })

  it('moves the key after so many failures, and back when the time is over', () => {
    let down = ''
    const { asked, askAt } = ringOn({}, (name) => name === down)
    askAt(0)
    const home = asked[0] as string
    down = home
    for (const ms of [1, 2, 3]) askAt(ms)
    down = ''
    askAt(60_001)
    askAt(60_002)
    const moved = asked[3] as string
    expect(moved).not.toBe(home)
    expect(asked).toEqual([home, home, home, moved, moved, home])
  })

  it('keeps asking a dead server if it ejects none', () => {
    const { asked, askAt } = ringOn({ ejectsFailed: false }, () => true)
    for (const ms of [0, 1, 2, 3]) askAt(ms)
    expect(new Set(asked).size).toBe(1)
  })
})
