/** The ZooKeeper client library in a world of its own: what a session is told, and when. */

import { describe, expect, it } from 'vitest'

import { sleep, spawn, receive } from '#sim'
import type { Process, ServiceClients, World } from '#sim'
import { cutOff, playScene, timeOf, words } from './scene.ts'
import type { Scene } from './scene.ts'

type ZooKeeper = ServiceClients['zookeeper']

/** Runs a process of a client for a minute against an ensemble, with what happens to the world meanwhile. */
const play = (
  body: (zookeeper: ZooKeeper, write: (text: string) => Process) => Process,
  meanwhile: (world: World) => void = () => undefined,
  size = 3,
): Scene => playScene({ service: 'zookeeper', size, options: { tickTimeMs: 200 }, meanwhile }, body)

/** Writes down every event that the default watcher gets. */
function* listen(
  watcher: ReturnType<ZooKeeper['watcher']>,
  write: (text: string) => Process,
): Process {
  for (;;) {
    const event = yield* receive(watcher)
    yield* write(event?.type === 'None' ? event.state : `${event?.type} ${event?.path}`)
  }
}

describe('ZooKeeper session', () => {
  it('gets the timeout clamped to 2 to 20 ticks, and stays alive while it is idle', () => {
    const scene = play(function* (zookeeper, write) {
      const session = yield* zookeeper.connect({ sessionTimeoutMs: 100_000 })
      yield* session.create('/e', { ephemeral: true })
      yield* write(`${session.state} ${session.timeoutMs}`)
      yield* sleep(30_000)
      const stat = yield* session.exists('/e')
      yield* write(stat.ok && stat.value !== undefined ? 'still there' : 'gone')
    })
    expect(words(scene)).toEqual(['connected 4000', 'still there'])
  })

  it('is told of a cut after two thirds of its timeout and, cut off, never of its end', () => {
    const scene = play(
      function* (zookeeper, write) {
        const watcher = zookeeper.watcher()
        const session = yield* zookeeper.connect({ sessionTimeoutMs: 3_000, watcher })
        yield* spawn('listener', listen(watcher, write))
        const made = yield* session.create('/e', { ephemeral: true })
        yield* write(made.ok ? made.value.path : made.code)
        yield* sleep(20_000)
        yield* write(session.state)
        const lost = yield* session.exists('/e')
        yield* write(lost.ok ? 'ok' : lost.code)
        yield* sleep(30_000)
        const over = yield* session.exists('/e')
        yield* write(over.ok ? 'ok' : over.code)
      },
      (world) => cutOff(world, 1_000, 30_000),
    )
    expect(words(scene)).toEqual([
      'SyncConnected',
      '/e',
      'Disconnected',
      'connecting',
      'CONNECTIONLOSS',
      'Expired',
      'SESSIONEXPIRED',
    ])
    expect(timeOf(scene, 'Disconnected')).toBeGreaterThan(2_000)
    expect(timeOf(scene, 'Disconnected')).toBeLessThanOrEqual(3_000)
    expect(timeOf(scene, 'Expired')).toBeGreaterThan(30_000)
  })

  it('breaks a connection on which an event comes ahead of the answer that set its watch', () => {
    const scene = play(
      function* (zookeeper, write) {
        const watcher = zookeeper.watcher()
        const session = yield* zookeeper.connect({ sessionTimeoutMs: 3_000, watcher })
        const other = yield* zookeeper.connect({ sessionTimeoutMs: 3_000 })
        yield* other.create('/e')
        yield* spawn('listener', listen(watcher, write))
        yield* sleep(1_000)
        yield* spawn('deletes', other.delete('/e'))
        const found = yield* session.exists('/e', zookeeper.watcher())
        yield* write(found.ok ? 'ok' : found.code)
      },
      (world) => {
        world.when(900, () => {
          for (const { node } of world.servers) {
            world.addRule(node, world.node('client-1'), {
              operation: 'exists',
              skip: 0,
              left: 1,
              action: { kind: 'delay', byMs: 500 },
              struck: () => undefined,
            })
          }
        })
      },
    )
    expect(words(scene).slice(0, 3)).toEqual(['SyncConnected', 'Disconnected', 'connection reset'])
  })

  it('can be called expired on the client alone: the servers keep its nodes until its time is over', () => {
    const scene = play(function* (zookeeper, write) {
      const watcher = zookeeper.watcher()
      const session = yield* zookeeper.connect({ sessionTimeoutMs: 3_000, watcher })
      yield* spawn('listener', listen(watcher, write))
      yield* session.create('/e', { ephemeral: true })
      yield* session.injectExpiration()
      const refused = yield* session.exists('/e')
      yield* write(refused.ok ? 'ok' : refused.code)
      const next = yield* zookeeper.connect({ sessionTimeoutMs: 3_000 })
      const lingers = yield* next.exists('/e')
      yield* write(lingers.ok && lingers.value !== undefined ? 'still there' : 'gone')
      yield* sleep(4_000)
      const late = yield* next.exists('/e')
      yield* write(late.ok && late.value !== undefined ? 'still there' : 'gone')
    })
    expect(words(scene)).toEqual([
      'SyncConnected',
      'SESSIONEXPIRED',
      'Expired',
      'still there',
      'gone',
    ])
  })

  it('moves to another server when its own dies, with its ephemeral nodes and its watches', () => {
    const scene = play(
      function* (zookeeper, write) {
        const watcher = zookeeper.watcher()
        const mine = yield* zookeeper.connect({ sessionTimeoutMs: 4_000 })
        const other = yield* zookeeper.connect({ sessionTimeoutMs: 4_000 })
        yield* mine.create('/e', { ephemeral: true })
        yield* mine.exists('/flag', watcher)
        yield* spawn('listener', listen(watcher, write))
        yield* sleep(10_000)
        const kept = yield* mine.exists('/e')
        yield* write(kept.ok && kept.value?.ephemeralOwner === mine.id ? 'kept' : 'lost')
        for (
          let made = yield* other.create('/flag');
          !made.ok;
          made = yield* other.create('/flag')
        );
        yield* sleep(1_000)
        yield* write('end')
      },
      // One after the other, so that everybody has to move and a majority stays.
      (world) => {
        world.servers.forEach(({ node }, index) => {
          world.when(1_000 + index * 3_000, () => world.crash(node, false))
          world.when(1_500 + index * 3_000, () => world.restart(node))
        })
      },
    )
    expect(words(scene)).toContain('Disconnected')
    expect(words(scene).slice(-3)).toEqual(['kept', 'NodeCreated /flag', 'end'])
  })

  it('tells every registered watcher of a session event and keeps it registered', () => {
    const scene = play(
      function* (zookeeper, write) {
        const watcher = zookeeper.watcher()
        const session = yield* zookeeper.connect({ sessionTimeoutMs: 4_000 })
        yield* session.create('/a')
        yield* session.exists('/a', watcher)
        yield* spawn('listener', listen(watcher, write))
        yield* sleep(10_000)
        yield* session.delete('/a')
      },
      (world) => cutOff(world, 1_000, 3_200),
    )
    expect(words(scene)).toEqual(['Disconnected', 'SyncConnected', 'NodeDeleted /a'])
  })

  it('says of a create whose answer was swallowed that it may have happened, and it has', () => {
    const scene = play(
      function* (zookeeper, write) {
        const session = yield* zookeeper.connect({ sessionTimeoutMs: 4_000 })
        yield* session.sync()
        const made = yield* session.create('/lock-', { ephemeral: true, sequential: true })
        yield* write(made.ok ? 'ok' : made.why)
        const listed = yield* session.getChildren('/')
        yield* write(listed.ok ? listed.value.join() : listed.code)
      },
      (world) => {
        const client = world.node('client-1')
        for (const { node } of world.servers) {
          const swallow = { operation: 'create', skip: 0, left: 1, struck: () => undefined }
          world.addRule(node, client, { ...swallow, action: { kind: 'lose' } })
        }
      },
    )
    expect(words(scene)).toEqual(['timeout', 'lock-0000000000'])
  })

  it('sees the watch event before the answer to its own write', () => {
    const scene = play(
      function* (zookeeper, write) {
        const watcher = zookeeper.watcher()
        const session = yield* zookeeper.connect({ sessionTimeoutMs: 4_000 })
        yield* session.create('/a')
        yield* session.getData('/a', watcher)
        yield* session.setData('/a', 'new')
        yield* write(`${watcher.waiting}`)
        yield* session.setData('/a', 'newer')
        yield* write(`${watcher.waiting}`)
      },
      undefined,
      1,
    )
    expect(words(scene)).toEqual(['1', '1'])
  })

  it('deletes its ephemeral nodes at once when it is closed', () => {
    const scene = play(function* (zookeeper, write) {
      const mine = yield* zookeeper.connect({ sessionTimeoutMs: 4_000 })
      const other = yield* zookeeper.connect({ sessionTimeoutMs: 4_000 })
      const watcher = zookeeper.watcher()
      yield* mine.create('/e', { ephemeral: true })
      yield* other.sync()
      yield* other.exists('/e', watcher)
      const closed = yield* mine.close()
      yield* write(closed.ok ? 'closed' : closed.code)
      const event = yield* receive(watcher, 100)
      yield* write(event?.type ?? 'nothing')
      const late = yield* mine.exists('/e')
      yield* write(late.ok ? 'ok' : late.code)
    })
    expect(words(scene)).toEqual(['closed', 'NodeDeleted', 'SESSIONEXPIRED'])
  })
})
