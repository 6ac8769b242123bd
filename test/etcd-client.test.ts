/** The etcd client library in a world of its own: leases, sessions and watches while servers come and go. */

import { describe, expect, it } from 'vitest'
import { receive, sleep } from '#sim'
import type { EtcdClient, EtcdEvent, EtcdSession, Process, Reply, World } from '#sim'
import { cutOff, playScene, timeOf, words } from './scene.ts'
import type { Scene } from './scene.ts'

const play = (
  body: (etcd: EtcdClient, write: (text: string) => Process) => Process,
  meanwhile: (world: World) => void = () => undefined,
  size = 3,
): Scene => playScene({ service: 'etcd', size, meanwhile }, body)

const crash =
  (name: string, atMs: number, options: { silent?: boolean; forMs?: number } = {}) =>
  (world: World): void => {
    const node = world.node(name)
    world.when(atMs, () => world.crash(node, options.silent === true))
    if (options.forMs !== undefined) world.when(atMs + options.forMs, () => world.restart(node))
  }

const valueOf = <Value>(reply: Reply<Value>): Value => {
  if (reply.ok) return reply.value
  throw new Error(reply.code)
}

function* newSession(etcd: EtcdClient, ttlMs: number): Process<EtcdSession> {
  return valueOf(yield* etcd.session({ ttlMs, done: etcd.mailbox() }))
}

/** Looks every 100 ms for a key, and writes down when it is gone. */
function* seeOff(etcd: EtcdClient, key: string, write: (text: string) => Process): Process {
  for (;;) {
    const found = yield* etcd.get({ key })
    if (found.ok && found.value.kvs.length === 0) break
    yield* sleep(100)
  }
  yield* write('gone')
}

describe('etcd lease', () => {
  it('has whole seconds, at least one and a half election timeouts', () => {
    const scene = play(function* (etcd, write) {
      for (const ttlMs of [1, 2_001, 60_000]) {
        const { ttlMs: granted } = yield* newSession(etcd, ttlMs)
        yield* write(`${granted}`)
      }
    })
    expect(words(scene)).toEqual(['2000', '3000', '60000'])
  })

  it('lives as long as its session does', () => {
    const scene = play(function* (etcd, write) {
      const session = yield* newSession(etcd, 2_000)
      yield* etcd.put('a', '', session.lease)
      yield* sleep(30_000)
      yield* write(`${session.isDone} ${valueOf(yield* etcd.get({ key: 'a' })).kvs.length}`)
      yield* session.close()
      yield* write(`${session.isDone} ${valueOf(yield* etcd.get({ key: 'a' })).kvs.length}`)
    })
    expect(words(scene)).toEqual(['false 1', 'true 0'])
  })

  it('of a client that was cut off ends after its TTL, at the next look of the leader', () => {
    const scene = play(
      function* (etcd, write) {
        const done = etcd.mailbox<string>()
        const session = valueOf(yield* etcd.session({ ttlMs: 4_000, done }))
        yield* etcd.put('a', '', session.lease)
        yield* write(`done: ${yield* receive(done)}`)
        yield* sleep(5_000)
        yield* seeOff(etcd, 'a', write)
        const late = yield* etcd.put('b', '', session.lease)
        yield* write(late.ok ? 'ok' : late.code)
      },
      (world) => cutOff(world, 3_000, 8_000),
    )
    expect(words(scene)).toEqual([
      'done: no keepalive was answered for a TTL',
      'gone',
      'etcdserver: requested lease not found',
    ])
    expect(timeOf(scene, 'done: no keepalive was answered for a TTL')).toBeLessThan(8_000)
  })

  it.each([
    ['dies', 'etcd-1', 11_000],
    ['dies without a word', 'etcd-1', 11_000],
    ['stays', 'etcd-2', 5_000],
  ] as const)('of a dead client gets its full time again if the leader %s', (how, node, byMs) => {
    const scene = play(
      function* (etcd, write) {
        const granted = yield* newSession(etcd, 5_000)
        yield* etcd.put('a', '', granted.lease)
        // Nobody keeps it alive from here on, as if the client had died.
        yield* granted.orphan()
        yield* seeOff(etcd.within(500), 'a', write)
      },
      crash(node, 4_000, { silent: how.includes('word') }),
    )
    expect(Math.abs(timeOf(scene, 'gone') - byMs)).toBeLessThan(1_500)
  })
})

describe('etcd watch', () => {
  /** Writes a key ten times a second and writes down what a watch says of it. */
  function* chronicle(etcd: EtcdClient, write: (text: string) => Process): Process {
    const inbox = etcd.mailbox<EtcdEvent>()
    const { revision } = valueOf(yield* etcd.put('a', ''))
    const watch = yield* etcd.watch({ key: 'a', fromRevision: revision }, inbox)
    const seen: number[] = []
    for (let round = 0; round < 200; round++) {
      if (round < 100) yield* etcd.within(200).put('a', `${round}`)
      const event = yield* receive(inbox, 100)
      if (event !== undefined) seen.push(event.revision)
    }
    const last = valueOf(yield* etcd.get({ key: 'a' })).revision
    for (let event = inbox.take(); event !== undefined; event = inbox.take()) {
      seen.push(event.revision)
    }
    yield* watch.close()
    const whole = Array.from({ length: last - revision + 1 }, (_, step) => revision + step)
    yield* write(JSON.stringify(seen) === JSON.stringify(whole) ? 'whole' : `${seen.join(' ')}`)
  }

  it('tells every change once and in order', () => {
    expect(words(play(chronicle))).toEqual(['whole'])
  })

  it.each([
    ['dies', false],
    ['falls silent', true],
  ] as const)('goes on at another server when its own %s, and misses nothing', (_how, silent) => {
    for (const node of ['etcd-1', 'etcd-2', 'etcd-3']) {
      const scene = play(chronicle, crash(node, 3_000, { silent, forMs: 5_000 }))
      expect(words(scene)).toEqual(['whole'])
    }
  })

  it('begins in the past, and hears of nobody else’s keys', () => {
    const scene = play(function* (etcd, write) {
      const inbox = etcd.mailbox<EtcdEvent>()
      for (const key of ['a/1', 'b', 'a/2']) yield* etcd.put(key, '')
      yield* etcd.delete('a/1')
      yield* etcd.watch({ key: 'a/', prefix: true, fromRevision: 3 }, inbox)
      for (;;) {
        const event = yield* receive(inbox, 1_000)
        if (event === undefined) return
        yield* write(`${event.type} ${event.key} at ${event.revision}`)
      }
    })
    expect(words(scene)).toEqual(['put a/2 at 4', 'delete a/1 at 5'])
  })
})

describe('etcd request', () => {
  it('goes to another server if there is no connection to its own', () => {
    const scene = play(
      function* (etcd, write) {
        yield* sleep(3_000)
        for (let round = 0; round < 6; round++) {
          const reply = yield* etcd.put('a', '')
          yield* write(reply.ok ? 'ok' : reply.code)
        }
      },
      crash('etcd-1', 100),
    )
    expect(words(scene)).toEqual(Array.from({ length: 6 }, () => 'ok'))
  })

  it('waits for a majority', () => {
    const scene = play(
      function* (etcd, write) {
        yield* sleep(200)
        const reply = yield* etcd.put('a', '')
        yield* write(reply.ok ? 'ok' : reply.code)
        const read = yield* etcd.get({ key: 'a' })
        yield* write(read.ok ? 'ok' : read.code)
        const stale = yield* etcd.get({ key: 'a' }, { serializable: true })
        yield* write(stale.ok ? 'ok' : stale.code)
      },
      (world) => {
        crash('etcd-2', 100)(world)
        crash('etcd-3', 100)(world)
      },
    )
    expect(words(scene)).toEqual(['timeout', 'timeout', 'ok'])
  })
})
