/** Calls: what comes back, when, and what is left in doubt. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receive, sleep } from '../kernel/index.ts'
import { randomChoice } from '../kernel/choice.ts'
import { smallWorld, wordOf } from './small-world.ts'
import type { SmallWorldOptions } from './small-world.ts'
import type { MessageAction } from './network.ts'

const TIMEOUT = 'timeout: timeout'

/** A world whose first client makes one call after another and notes each answer with its time. */
const calling = (options: SmallWorldOptions = {}) => {
  const small = smallWorld(options)
  const said: unknown[] = []
  const ask = (values: readonly unknown[], timeoutMs = 100): void =>
    small.start(function* ({ first }) {
      for (const value of values) {
        const reply = yield* first.call({ op: 'echo', value }, timeoutMs)
        said.push([wordOf(reply), small.world.kernel.nowMs])
      }
    })
  const strike = (towards: 'server' | 'client', action: MessageAction, skip = 0): void => {
    const ends = [small.client, small.server] as const
    const [from, to] = towards === 'server' ? ends : [ends[1], ends[0]]
    const rule = { operation: undefined, skip, left: 1, action, struck: () => said.push('struck') }
    small.world.addRule(from, to, rule)
  }
  return { ...small, said, ask, strike }
}

describe('call', () => {
  it('answers what the server said, after there and back', () => {
    const { ask, run, said, heard } = calling()
    ask(['a', 'b'])
    run()
    expect(said).toEqual([
      ['a', 2],
      ['b', 4],
    ])
    expect(heard()).toEqual(['echo a of client-1 at 1', 'echo b of client-1 at 3'])
  })

  it('tells a refusal, which certainly did nothing, from silence, which may have', () => {
    const { start, run, world } = smallWorld()
    const replies: unknown[] = []
    start(function* ({ first }) {
      replies.push(yield* first.call({ op: 'refuse' }))
      replies.push(yield* first.call({ op: 'hold' }, 30), world.kernel.nowMs)
    })
    run()
    expect(replies).toEqual([
      { ok: false, why: 'refused', happened: 'no', code: 'NO' },
      { ok: false, why: 'timeout', happened: 'unknown', code: 'timeout' },
      32,
    ])
  })

  it('waits a second if nobody says otherwise, and each call its own time', () => {
    const { start, run, world } = smallWorld()
    const waited: number[] = []
    start(function* ({ first }) {
      for (const timeoutMs of [undefined, 7, 70]) {
        const beganMs = world.kernel.nowMs
        yield* first.call({ op: 'hold' }, timeoutMs)
        waited.push(world.kernel.nowMs - beganMs)
      }
    })
    run()
    expect(waited).toEqual([1_000, 7, 70])
  })

  it('counts its timeout on the client’s own clock', () => {
    const { start, run, world } = smallWorld({ clocks: { 'client-1': { driftPpm: 1_000_000 } } })
    start(function* ({ first }) {
      yield* first.call({ op: 'hold' }, 100)
    })
    run()
    expect(world.kernel.nowMs).toBe(50)
  })

  it('can wait for ever', () => {
    const { start, run, world } = smallWorld({ clients: 2 })
    const said: unknown[] = []
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'hold' }, Infinity)), world.kernel.nowMs)
    })
    start(function* ({ first }) {
      yield* sleep(1e6)
      yield* first.call({ op: 'free' })
    }, undefined)
    run(1e7)
    expect(said).toEqual(['freed', 1e6 + 2])
  })

  it('ignores an answer that comes too late', () => {
    const { start, run, world } = smallWorld()
    const said: unknown[] = []
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'hold' }, 10)))
      said.push(wordOf(yield* first.call({ op: 'free' }, 10)))
      said.push(wordOf(yield* first.call({ op: 'echo', value: 'x' }, 10)), world.kernel.nowMs)
    })
    run()
    expect(said).toEqual([TIMEOUT, true, 'x', 14])
  })

  it('answers in time if the answer arrives at the very end of its time', () => {
    const { ask, run, said } = calling()
    ask(['a'], 2)
    ask(['b'], 1.875)
    run()
    expect(said).toEqual([
      [TIMEOUT, 1.875],
      ['a', 2],
    ])
  })
})

describe('a link', () => {
  it('delivers in the order in which it was sent, whatever latency it draws', () => {
    const gaps = fc.array(
      fc.integer({ min: 0, max: 40 }).map((count) => count / 8),
      { minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(gaps, fc.nat(), (list, seed) => {
        const { start, run, heard } = smallWorld({
          latency: { minMs: 0.5, maxMs: 20 },
          choice: randomChoice(seed),
        })
        start(function* ({ first }) {
          // Each call gives up long before its answer can be there.
          for (const [index, gapMs] of list.entries()) {
            yield* first.call({ op: 'echo', value: index }, gapMs / 8)
          }
        })
        run()
        expect(heard().map((line) => line.split(' ')[1])).toEqual(
          list.map((_gap, index) => String(index)),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('keeps within its range of latency when nothing stands before a message', () => {
    const { start, run, world } = smallWorld({ latency: { minMs: 0.5, maxMs: 20 } })
    const tookMs: number[] = []
    start(function* ({ first }) {
      for (let count = 0; count < 200; count++) {
        const beganMs = world.kernel.nowMs
        yield* first.call({ op: 'echo', value: count })
        tookMs.push(world.kernel.nowMs - beganMs)
      }
    })
    run()
    expect(Math.min(...tookMs)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...tookMs)).toBeLessThanOrEqual(40)
    expect(new Set(tookMs).size).toBeGreaterThan(50)
  })

  it('draws the same latencies whoever else is in the world', () => {
    const times = (clients: number): readonly number[] => {
      const {
        start,
        run,
        world,
        clients: nodes,
      } = smallWorld({ clients, latency: { minMs: 0.5, maxMs: 20 } })
      const answered: number[] = []
      for (const node of nodes) {
        start(function* ({ first }) {
          for (let count = 0; count < 20; count++) {
            yield* first.call({ op: 'echo', value: count })
            if (node === nodes[0]) answered.push(world.kernel.nowMs)
          }
        }, node)
      }
      run()
      return answered
    }
    expect(times(3)).toEqual(times(1))
  })
})

describe('a message', () => {
  it('that is lost on its way out is never heard of', () => {
    const { ask, run, said, heard, strike } = calling()
    strike('server', { kind: 'lose' })
    ask(['a', 'b'])
    run()
    expect(said).toEqual(['struck', [TIMEOUT, 100], ['b', 102]])
    expect(heard()).toEqual(['echo b of client-1 at 101'])
  })

  it('whose reply is lost has happened, and nobody knows', () => {
    const { ask, run, said, heard, strike } = calling()
    strike('client', { kind: 'lose' })
    ask(['a', 'b'])
    run()
    expect(said).toEqual(['struck', [TIMEOUT, 100], ['b', 102]])
    expect(heard()).toEqual(['echo a of client-1 at 1', 'echo b of client-1 at 101'])
  })

  it('that is late is overtaken by later ones and applied all the same', () => {
    const { ask, run, said, heard, strike } = calling()
    strike('server', { kind: 'delay', byMs: 500 })
    ask(['a', 'b'])
    run()
    expect(said).toEqual(['struck', [TIMEOUT, 100], ['b', 102]])
    expect(heard()).toEqual(['echo b of client-1 at 101', 'echo a of client-1 at 500'])
  })

  it('that is doubled is applied twice and answered once', () => {
    const { ask, run, said, heard, strike } = calling()
    strike('server', { kind: 'duplicate', byMs: 5 })
    ask(['a', 'b', 'c', 'd'])
    run()
    expect(said).toEqual(['struck', ['a', 2], ['b', 4], ['c', 6], ['d', 8]])
    expect(heard().map((line) => line[5])).toEqual(['a', 'b', 'c', 'a', 'd'])
  })

  it('is struck by the rule for its operation, after those that the rule lets pass', () => {
    const { world, client, server, start, run } = smallWorld()
    const said: unknown[] = []
    const rule = {
      operation: 'echo',
      skip: 1,
      left: 2,
      action: { kind: 'lose' } as const,
      struck: () => undefined,
    }
    world.addRule(client, server, rule)
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'refuse' }, 10)))
      for (const value of [1, 2, 3, 4])
        said.push(wordOf(yield* first.call({ op: 'echo', value }, 10)))
      world.removeRule(client, server, rule)
    })
    run()
    expect(said).toEqual(['refused: NO', 1, TIMEOUT, TIMEOUT, 4])
    expect(world.network.link(client, server).disturbed).toBe(false)
  })
})

describe('a partition', () => {
  it('loses requests one way, and replies the other', () => {
    for (const towardsServer of [true, false]) {
      const { ask, run, said, heard, at, world, client, server } = calling()
      const [from, to] = towardsServer ? [client, server] : [server, client]
      at(0, () => world.cut(from, to, false))
      at(150, () => world.heal(from, to, false))
      ask(['a', 'b', 'c'])
      run()
      expect(said).toEqual([
        [TIMEOUT, 100],
        [TIMEOUT, 200],
        ['c', 202],
      ])
      expect(heard().map((line) => line[5])).toEqual(towardsServer ? ['c'] : ['a', 'b', 'c'])
    }
  })

  it('loses what is under way when it begins', () => {
    const { ask, run, said, heard, at, world, client, server } = calling()
    at(0.5, () => world.cut(client, server, false))
    ask(['a'])
    run()
    expect([said, heard()]).toEqual([[[TIMEOUT, 100]], []])
  })

  it('that overlaps another lasts until both have healed', () => {
    const { ask, run, said, at, world, client, server } = calling()
    at(0, () => world.cut(client, server, false))
    at(0, () => world.cut(client, server, false))
    at(50, () => world.heal(client, server, false))
    at(150, () => world.heal(client, server, false))
    ask(['a', 'b', 'c'])
    run()
    expect(said.map((line) => (line as unknown[])[0])).toEqual([TIMEOUT, TIMEOUT, 'c'])
  })

  it('that holds messages back delivers them at its end, in order', () => {
    const { ask, run, said, heard, at, world, client, server } = calling()
    at(0, () => world.cut(client, server, true))
    at(150, () => world.heal(client, server, true))
    ask(['a', 'b', 'c'])
    run()
    expect(said).toEqual([
      [TIMEOUT, 100],
      ['b', 152],
      ['c', 154],
    ])
    expect(heard()).toEqual([
      'echo a of client-1 at 151',
      'echo b of client-1 at 151',
      'echo c of client-1 at 153',
    ])
  })
})

describe('pushes and peers', () => {
  it('come in order with the replies on their link, into the channel they were sent to', () => {
    const { start, run, world } = smallWorld()
    const got: unknown[] = []
    start(function* ({ first }) {
      const news = first.channel<string>('news')
      yield* first.call({ op: 'push', channel: 'other', value: 'not for us' })
      yield* first.call({ op: 'push', channel: 'news', value: 'hello' })
      got.push(news.waiting, yield* receive(news, 50), world.kernel.nowMs)
    })
    run()
    expect(got).toEqual([1, 'hello', 4])
  })

  it('reach the channel of a client that first listens after the server was restarted', () => {
    const { start, run, at, world, server } = smallWorld()
    const got: unknown[] = []
    start(function* ({ first }) {
      yield* first.call({ op: 'echo', value: 1 })
      yield* sleep(50)
      yield* first.call({ op: 'echo', value: 2 })
      const news = first.channel<string>('news')
      yield* first.call({ op: 'push', channel: 'news', value: 'hello' })
      got.push(yield* receive(news, 50))
    })
    at(10, () => world.crash(server, false))
    at(20, () => world.restart(server))
    run()
    expect(got).toEqual(['hello'])
  })

  it('go from server to server, and are lost in a cut', () => {
    const { start, run, heard, at, world, servers } = smallWorld({ servers: 2 })
    const [one, two] = servers.map(({ node }) => node)
    start(function* ({ first }) {
      yield* first.call({ op: 'tell', peer: 1, value: 'a' })
      yield* sleep(100)
      yield* first.call({ op: 'tell', peer: 1, value: 'b' })
    })
    at(50, () => world.cut(one!, two!, false))
    run()
    expect(heard(1)).toEqual(['peer 0 said a at 2'])
  })
})

describe('a full trace', () => {
  it('shows the whole life of a call, with the wall clock where it differs', () => {
    const { ask, run, lines } = calling({ record: true, clocks: { server: { offsetMs: 5 } } })
    ask(['a'])
    run()
    expect(lines).toEqual([
      {
        atMs: 0,
        node: 'client-1',
        kind: 'request-sent',
        message: 1,
        to: 'server',
        body: { op: 'echo', value: 'a' },
      },
      { atMs: 1, node: 'server', kind: 'request-arrived', message: 1, from: 'client-1', wallMs: 6 },
      {
        atMs: 1,
        node: 'server',
        kind: 'reply-sent',
        message: 1,
        to: 'client-1',
        body: { ok: true, value: 'a' },
        wallMs: 6,
      },
      { atMs: 2, node: 'client-1', kind: 'reply-arrived', message: 1, from: 'server' },
    ])
  })

  it('shows what was lost, late, doubled and given up', () => {
    const { ask, run, lines, strike } = calling({ record: true })
    strike('server', { kind: 'lose' })
    strike('server', { kind: 'delay', byMs: 3 })
    strike('server', { kind: 'duplicate', byMs: 3 })
    ask(['a', 'b', 'c'])
    run()
    const kinds = lines.map(({ kind }) => kind)
    expect(kinds).toEqual(
      expect.arrayContaining([
        'message-lost',
        'message-delayed',
        'message-duplicated',
        'timed-out',
      ]),
    )
  })

  it('changes nothing: the hash is the same without it', () => {
    const hashOf = (record: boolean): string => {
      const { ask, run, world } = calling({ record, latency: { minMs: 0.5, maxMs: 9 } })
      ask(['a', 'b', 'c'])
      run()
      return world.kernel.hash.digest()
    }
    expect(hashOf(true)).toBe(hashOf(false))
  })
})

describe('what is under way to a server', () => {
  it('is counted until it arrives or is lost, second copies included', () => {
    const { ask, run, strike, at, world, client, server, servers } = calling()
    const counts: number[] = []
    strike('server', { kind: 'duplicate', byMs: 50 })
    strike('server', { kind: 'duplicate', byMs: 50 }, 0)
    ask(['a', 'b'])
    for (const atMs of [0.5, 1.5, 2.5, 3.5]) at(atMs, () => counts.push(servers[0]!.underWay))
    at(20, () => world.cut(client, server, false))
    run()
    counts.push(servers[0]!.underWay)
    expect(counts).toEqual([2, 1, 3, 2, 0])
  })
})
