/** Standing still: what queues, what runs on, and which clocks know of it. */

import { describe, expect, it } from 'vitest'
import { clock, Mailbox, monotonic, post, receive, sleep } from '../kernel/index.ts'
import { smallWorld, wordOf } from './small-world.ts'

const TIMEOUT = 'timeout: timeout'

describe('a pause of a client', () => {
  it('keeps its processes from taking a step while its clocks run on', () => {
    const { start, run, at, world, client } = smallWorld()
    const read: number[] = []
    start(function* () {
      yield* sleep(100)
      read.push(yield* clock(), yield* monotonic())
    })
    at(50, () => world.pause(client, false))
    at(500, () => world.resume(client, false))
    run()
    expect(read).toEqual([500, 500])
  })

  it('does not move a sleep that ends after it', () => {
    const { start, run, at, world, client } = smallWorld()
    const woke: number[] = []
    start(function* () {
      yield* sleep(100)
      woke.push(world.kernel.nowMs)
    })
    at(20, () => world.pause(client, false))
    at(60, () => world.resume(client, false))
    run()
    expect(woke).toEqual([100])
  })

  it('ends when the last of several ends', () => {
    const { start, run, at, world, client } = smallWorld()
    const woke: number[] = []
    start(function* () {
      yield* sleep(1)
      woke.push(world.kernel.nowMs)
    })
    at(0.5, () => world.pause(client, false))
    at(0.5, () => world.pause(client, false))
    at(30, () => world.resume(client, false))
    at(40, () => world.resume(client, false))
    at(50, () => world.resume(client, false))
    run()
    expect(woke).toEqual([40])
  })

  it('handles what came meanwhile in the order in which it came', () => {
    const { start, run, at, world, client } = smallWorld()
    const order: string[] = []
    start(function* () {
      yield* sleep(30)
      order.push('slept 30')
    })
    start(function* () {
      yield* sleep(20)
      order.push('slept 20')
    })
    start(function* ({ first }) {
      yield* sleep(5)
      yield* first.call({ op: 'echo', value: 1 })
      order.push('answered')
    })
    at(6, () => world.pause(client, false))
    at(100, () => world.resume(client, false))
    run()
    expect(order).toEqual(['answered', 'slept 20', 'slept 30'])
  })

  it('finds the reply in its socket buffer though the time is up', () => {
    const { start, run, at, world, client } = smallWorld()
    const said: unknown[] = []
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'echo', value: 'a' }, 10)), world.kernel.nowMs)
    })
    at(1, () => world.pause(client, false))
    at(500, () => world.resume(client, false))
    run()
    expect(said).toEqual(['a', 500])
  })

  it('finds even a reply that came after its time, if it came before the end of the pause', () => {
    const { start, run, at, world, client, clients } = smallWorld({ clients: 2 })
    const said: unknown[] = []
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'hold' }, 10)), world.kernel.nowMs)
    })
    start(function* ({ first }) {
      yield* sleep(100)
      yield* first.call({ op: 'free' })
    }, clients[1])
    at(1, () => world.pause(client, false))
    at(500, () => world.resume(client, false))
    run()
    expect(said).toEqual(['freed', 500])
  })

  it('gives up when it wakes if no reply came', () => {
    const { start, run, at, world, client } = smallWorld()
    const said: unknown[] = []
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'hold' }, 10)), world.kernel.nowMs)
    })
    at(1, () => world.pause(client, false))
    at(500, () => world.resume(client, false))
    run()
    expect(said).toEqual([TIMEOUT, 500])
  })

  it('keeps a letter that came behind the timeout for the next reader', () => {
    const { start, run, at, world, client } = smallWorld()
    const mailbox = new Mailbox<string>(world.kernel)
    const got: unknown[] = []
    start(function* () {
      const early = yield* receive(mailbox, 10)
      got.push(early ?? (yield* receive(mailbox, 10)))
    })
    start(function* () {
      yield* sleep(20)
      yield* post(mailbox, 'letter')
    })
    at(1, () => world.pause(client, false))
    at(500, () => world.resume(client, false))
    run()
    expect(got).toEqual(['letter'])
  })
})

describe('a pause of a server', () => {
  it('leaves requests in its socket buffer; they are handled when it wakes, by its clock of then', () => {
    const { start, run, at, world, server, heard } = smallWorld()
    const said: unknown[] = []
    start(function* ({ first }) {
      for (const value of ['a', 'b'])
        said.push(wordOf(yield* first.call({ op: 'echo', value }, 100)))
    })
    at(0, () => world.pause(server, false))
    at(500, () => world.resume(server, false))
    run()
    expect(said).toEqual([TIMEOUT, TIMEOUT])
    expect(heard()).toEqual(['echo a of client-1 at 500', 'echo b of client-1 at 500'])
  })

  it('lets its tick wait', () => {
    const { start, run, at, world, server, heard } = smallWorld()
    start(function* ({ first }) {
      yield* first.call({ op: 'wake', atMs: 100 })
    })
    at(50, () => world.pause(server, false))
    at(500, () => world.resume(server, false))
    run()
    expect(heard()).toEqual(['wake of client-1 at 1', 'tick at 500'])
  })
})

describe('a suspended machine', () => {
  it('stops its monotonic clock, not its wall clock', () => {
    const { start, run, at, world, client } = smallWorld()
    const read: number[] = []
    start(function* () {
      yield* sleep(10)
      read.push(yield* clock(), yield* monotonic())
    })
    at(5, () => world.pause(client, true))
    at(505, () => world.resume(client, true))
    run()
    expect(read).toEqual([510, 10])
  })

  it('sleeps the rest of a sleep after it wakes, also when suspended twice', () => {
    const { start, run, at, world, client } = smallWorld()
    const woke: number[] = []
    start(function* () {
      yield* sleep(100)
      woke.push(world.kernel.nowMs)
    })
    at(10, () => world.pause(client, true))
    at(510, () => world.resume(client, true))
    at(550, () => world.pause(client, true))
    at(1_000, () => world.resume(client, true))
    run()
    expect(woke).toEqual([1_050])
  })

  it('counts time asleep once when suspends overlap, and a pause on top only keeps it still', () => {
    const { start, run, at, world, client } = smallWorld()
    const read: number[] = []
    start(function* () {
      yield* sleep(50)
      read.push(world.kernel.nowMs, yield* monotonic())
    })
    at(10, () => world.pause(client, true))
    at(20, () => world.pause(client, true))
    at(25, () => world.pause(client, false))
    at(30, () => world.resume(client, true))
    at(110, () => world.resume(client, true))
    at(300, () => world.resume(client, false))
    run()
    // Monotonic time: 10 before, none until 110, 190 while merely paused: the sleep is over on waking.
    expect(read).toEqual([300, 200])
  })

  it('keeps its drift after it wakes, even one that began while it was asleep', () => {
    const { run, at, world, client } = smallWorld()
    const read: number[] = []
    at(0, () => world.pause(client, true))
    at(50, () => world.driftClock(client, 1_000_000))
    at(100, () => world.resume(client, true))
    at(110, () => read.push(world.monotonicMs(client)))
    run()
    expect(read).toEqual([20])
  })
})
