/** Crashes: what peers learn of them, and what a restart brings back. */

import { describe, expect, it } from 'vitest'
import { all, receive, sleep } from '../kernel/index.ts'
import type { Process } from '../kernel/index.ts'
import { smallWorld, wordOf } from './small-world.ts'
import type { SmallClient } from './small-world.ts'

const RESET = 'timeout: connection reset'
const TIMEOUT = 'timeout: timeout'

describe('a crash of a server', () => {
  it('refuses connections while its machine is up', () => {
    const { start, run, at, world, server } = smallWorld()
    const said: unknown[] = []
    at(10, () => world.crash(server, false))
    start(function* ({ first }) {
      yield* sleep(20)
      said.push(wordOf(yield* first.call({ op: 'echo', value: 1 }, 100)), world.kernel.nowMs)
    })
    run()
    expect(said).toEqual(['refused: connection refused', 22])
  })

  it('is silent when the power is gone: calls run into their timeouts', () => {
    const { start, run, at, world, server } = smallWorld()
    const said: unknown[] = []
    at(10, () => world.crash(server, true))
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'hold' }, 50)), world.kernel.nowMs)
      said.push(wordOf(yield* first.call({ op: 'echo', value: 1 }, 50)), world.kernel.nowMs)
    })
    run()
    expect(said).toEqual([TIMEOUT, 50, TIMEOUT, 100])
  })

  it('resets the requests that it had not answered: they may have happened', () => {
    const { start, run, at, world, server } = smallWorld()
    const said: unknown[] = []
    at(10, () => world.crash(server, false))
    start(function* ({ first }) {
      const reply = yield* first.call({ op: 'hold' }, 500)
      said.push(wordOf(reply), world.kernel.nowMs, reply.ok ? '' : reply.happened)
    })
    run()
    expect(said).toEqual([RESET, 11, 'unknown'])
  })

  it('leaves the answers that it had sent to arrive', () => {
    const { start, run, at, world, server } = smallWorld()
    const said: unknown[] = []
    at(1.5, () => world.crash(server, false))
    start(function* ({ first }) {
      said.push(wordOf(yield* first.call({ op: 'echo', value: 'a' }, 500)))
    })
    run()
    expect(said).toEqual(['a'])
  })

  it('is told to the service, as is the restart, after which calls work again', () => {
    const { start, run, at, world, server, heard, kinds } = smallWorld()
    const said: unknown[] = []
    at(10, () => world.crash(server, false))
    at(30, () => world.restart(server))
    start(function* ({ first }) {
      yield* sleep(40)
      said.push(wordOf(yield* first.call({ op: 'echo', value: 'a' })))
    })
    run()
    expect(heard()).toEqual(['crash at 10', 'restart at 30', 'echo a of client-1 at 41'])
    expect(said).toEqual(['a'])
    expect(kinds()).toEqual(['crashed', 'restarted'])
  })

  it('with the loss of its disk leaves its last data to be seen until it is back with none', () => {
    const { run, at, world, server, heard } = smallWorld()
    const seen: unknown[] = []
    at(10, () => world.crash(server, false, true))
    at(20, () => seen.push([...heard()]))
    at(30, () => world.restart(server))
    at(40, () => seen.push([...heard()]))
    at(50, () => world.crash(server, false))
    at(60, () => world.restart(server))
    run()
    expect(seen).toEqual([['crash at 10'], ['restart at 30']])
    // Another crash does not take the disk again.
    expect(heard()).toEqual(['restart at 30', 'crash at 50', 'restart at 60'])
  })

  it('twice is once, and a restart of what runs is nothing', () => {
    const { run, at, world, server, heard } = smallWorld()
    at(5, () => world.restart(server))
    at(10, () => world.crash(server, false))
    at(20, () => world.crash(server, true))
    at(30, () => world.restart(server))
    at(40, () => world.restart(server))
    run()
    expect(heard()).toEqual(['crash at 10', 'restart at 30'])
    expect(server.incarnation).toBe(1)
  })

  it('ends a connection of a pool for good, while the first one opens itself again', () => {
    const { start, run, at, world, server } = smallWorld()
    const said: unknown[] = []
    at(10, () => world.crash(server, false))
    at(20, () => world.restart(server))
    start(function* ({ first }) {
      const extra = first.connect()
      said.push(wordOf(yield* extra.call({ op: 'echo', value: 'a' })))
      yield* sleep(30)
      said.push(wordOf(yield* extra.call({ op: 'echo', value: 'b' })))
      said.push(wordOf(yield* extra.call({ op: 'echo', value: 'c' })))
      said.push(wordOf(yield* first.call({ op: 'echo', value: 'd' })))
      said.push(wordOf(yield* first.connect().call({ op: 'echo', value: 'e' })))
    })
    run()
    expect(said).toEqual(['a', RESET, 'refused: connection closed', 'd', 'e'])
  })

  it('loses what its peers sent to its former life', () => {
    const { start, run, at, world, servers, heard } = smallWorld({ servers: 2 })
    const second = servers[1]!.node
    start(function* ({ first }) {
      yield* first.call({ op: 'tell', peer: 1, value: 'a' })
    })
    at(1.25, () => world.crash(second, false))
    at(1.5, () => world.restart(second))
    run()
    expect(heard(1)).toEqual(['crash at 1.25', 'restart at 1.5'])
  })

  it('while it stands still takes what waited in its kernel along', () => {
    const { start, run, at, world, server, heard } = smallWorld()
    const said: unknown[] = []
    at(0, () => world.pause(server, false))
    at(10, () => world.crash(server, false))
    at(15, () => world.resume(server, false))
    at(20, () => world.restart(server))
    start(function* ({ first }) {
      const reply = yield* first.call({ op: 'echo', value: 'a' }, 500)
      said.push(reply.ok)
    })
    run()
    expect(heard()).toEqual(['crash at 10', 'restart at 20'])
    expect(said).toEqual([false])
  })
})

describe('a crash of a client', () => {
  const twoLives = (
    small: ReturnType<typeof smallWorld>,
    life: (stub: SmallClient, first: boolean) => Process,
  ) => {
    small.world.onRestart(small.client, () => small.start((stub) => life(stub, false)))
    small.start((stub) => life(stub, true))
  }

  it('is seen by servers one network delay later', () => {
    const { start, run, at, world, client, heard } = smallWorld()
    start(function* ({ first }) {
      yield* first.call({ op: 'echo', value: 'a' })
      yield* sleep(1e4)
    })
    at(50, () => world.crash(client, false))
    run()
    expect(heard()).toEqual(['echo a of client-1 at 1', 'closed client-1 at 51'])
  })

  it('is seen only when keepalive gives up if the power went', () => {
    const { start, run, at, world, client, heard } = smallWorld({ keepaliveMs: 7_000 })
    start(function* ({ first }) {
      yield* first.call({ op: 'echo', value: 'a' })
      yield* sleep(1e4)
    })
    at(50, () => world.crash(client, true))
    run()
    expect(heard()).toEqual(['echo a of client-1 at 1', 'closed client-1 at 7050'])
  })

  it('cannot call back what it had sent: it is applied before the end of the connection is seen', () => {
    const { start, run, at, world, client, heard } = smallWorld()
    start(function* ({ first }) {
      yield* first.call({ op: 'echo', value: 'a' })
    })
    at(0.5, () => world.crash(client, false))
    run()
    expect(heard()).toEqual(['echo a of client-1 at 1', 'closed client-1 at 1.5'])
  })

  it('is told to a paused server when it wakes, and to a crashed one never', () => {
    for (const crashed of [false, true]) {
      const { run, at, world, client, server, heard } = smallWorld()
      world.clientOf(world.servers[0]!.service, client)
      at(0, () => (crashed ? world.crash(server, true) : world.pause(server, false)))
      at(10, () => world.crash(client, false))
      at(50, () => (crashed ? world.restart(server) : world.resume(server, false)))
      run()
      expect(heard()).toEqual(crashed ? ['crash at 0', 'restart at 50'] : ['closed client-1 at 50'])
    }
  })

  it('kills its processes, and a restart begins a new life on new connections', () => {
    const small = smallWorld()
    const { run, at, world, client, heard } = small
    const said: unknown[] = []
    twoLives(small, function* ({ first }, isFirst) {
      said.push(wordOf(yield* first.call(isFirst ? { op: 'hold' } : { op: 'free' }, 1_000)))
    })
    at(50, () => world.crash(client, false))
    at(60, () => world.restart(client))
    run()
    expect(said).toEqual([true])
    expect(heard()).toEqual([
      'hold of client-1 at 1',
      'closed client-1 at 51',
      'free of client-1 at 61',
    ])
    expect(client.incarnation).toBe(1)
  })

  it('lets nothing that was sent to the former life reach the new one', () => {
    const small = smallWorld()
    const { run, at, world, client } = small
    const got: unknown[] = []
    twoLives(small, function* ({ first }, isFirst) {
      const news = first.channel<string>('news')
      if (isFirst) yield* first.call({ op: 'push', channel: 'news', value: 'stale' })
      else got.push(yield* receive(news, 50))
    })
    at(1.25, () => world.crash(client, true))
    at(1.5, () => world.restart(client))
    run()
    expect(got).toEqual([undefined])
  })
})

describe('a connection', () => {
  it('that the client closes is seen closed by the server one delay later, and useless after', () => {
    const { start, run, heard } = smallWorld()
    const said: unknown[] = []
    start(function* ({ first }) {
      const extra = first.connect()
      yield* extra.call({ op: 'echo', value: 'a' })
      yield* extra.disconnect()
      said.push(wordOf(yield* extra.call({ op: 'echo', value: 'b' })))
    })
    run()
    expect(heard()).toEqual(['echo a of client-1.1 at 1', 'closed client-1.1 at 3'])
    expect(said).toEqual(['refused: connection closed'])
  })

  it('that the server closes ends the calls on it as reset', () => {
    const { start, run } = smallWorld()
    const said: unknown[] = []
    start(function* ({ first }) {
      const extra = first.connect()
      const held = function* (): Process {
        said.push(['held', wordOf(yield* extra.call({ op: 'hold' }, 500))])
      }
      const closing = function* (): Process {
        yield* sleep(10)
        said.push(['closing', wordOf(yield* extra.call({ op: 'close' }, 500))])
      }
      yield* first.call({ op: 'echo', value: 1 })
      yield* all([held(), closing()])
    })
    run()
    expect(said[0]).toEqual(['held', RESET])
  })
})
