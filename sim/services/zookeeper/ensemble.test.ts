/** Tests of the ensemble: whatever is lost and whoever dies, no two servers commit different logs. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Connection, Outbox, RequestInput } from '../service.ts'
import type { Answer, Ask, Body, Peer } from './protocol.ts'
import type { ZooKeeperState } from './state.ts'
import { zookeeper } from './zookeeper.ts'

const ORIGIN = { client: 'client-1', hold: 'client-1#1', activity: 'acquiring' } as const

interface Post {
  readonly from: number
  readonly to: number
  readonly body: Peer
}

/** Servers without a world: messages wait until the test delivers or loses them. */
class Ensemble {
  readonly servers: ZooKeeperState[] = []
  posts: Post[] = []
  nowMs = 0
  readonly pushed: unknown[] = []
  readonly answers = new Map<unknown, unknown>()
  readonly closed = new Set<Connection>()
  /** The one log that there may be. */
  readonly agreed: string[] = []

  constructor(size: number) {
    const options = { tickTimeMs: 200, initLimit: 10, syncLimit: 5, sequenceStart: 0 }
    const choice = { stream: () => ({ pick: () => 0 }) }
    for (let index = 0; index < size; index++) {
      this.servers.push(zookeeper.create({ index, size, options, choice }))
    }
  }

  private out(from: number): Outbox {
    return {
      reply: (request, reply) => {
        if (!this.answers.has(request)) this.answers.set(request, reply)
      },
      push: (_connection, _channel, body) => this.pushed.push(body),
      peer: (to, body) => this.posts.push({ from, to, body: body as Peer }),
      close: (connection) => this.closed.add(connection),
      changed: () => undefined,
      fact: () => undefined,
    }
  }

  take(index: number, input: Parameters<typeof zookeeper.step>[1]): void {
    const state = this.servers[index] as ZooKeeperState
    if (!state.up && input.kind !== 'restart') return
    zookeeper.step(state, input, this.nowMs, this.out(index))
    this.check(state)
  }

  /** Every server's committed log is the beginning of one and the same log. */
  private check(state: ZooKeeperState): void {
    for (let line = 0; line < state.committed; line++) {
      const text = JSON.stringify(state.log[line])
      if (line === this.agreed.length) this.agreed.push(text)
      else if (this.agreed[line] !== text) {
        throw new Error(
          `line ${line}: server ${state.index} committed ${text}, not ${this.agreed[line]}`,
        )
      }
    }
  }

  deliver(position: number): void {
    const [post] = this.posts.splice(position, 1)
    if (post !== undefined) this.take(post.to, { kind: 'peer', from: post.from, body: post.body })
  }

  /** Delivers everything in order until nothing is under way. */
  settle(): void {
    while (this.posts.length > 0) this.deliver(0)
  }

  /** Lets time pass, with all messages delivered at once unless `between` says otherwise. */
  pass(ms: number, reach: (post: Post) => boolean = () => true): void {
    const endMs = this.nowMs + ms
    for (;;) {
      this.posts = this.posts.filter(reach)
      if (this.posts.length > 0) {
        this.deliver(0)
        continue
      }
      const due = this.servers
        .map((state, index) => ({ index, atMs: zookeeper.wakeAtMs(state) }))
        .sort((one, other) => one.atMs - other.atMs)[0]
      if (due === undefined || due.atMs > endMs) break
      this.nowMs = Math.max(this.nowMs, due.atMs)
      this.take(due.index, { kind: 'tick' })
    }
    this.nowMs = endMs
  }

  ask(index: number, connection: Connection, xid: number, body: Ask): RequestInput<Body> {
    const request = {
      kind: 'request',
      connection,
      body: { ...body, xid } as Body,
      origin: ORIGIN,
    } as const
    this.take(index, request)
    return request
  }

  connect(index: number, number: number, session = 0, timeoutMs = 1_000): Connection {
    const connection = { client: 'client-1', number }
    this.ask(index, connection, 0, {
      op: 'connect',
      session,
      timeoutMs,
      lastZxid: 0,
      watches: undefined,
    })
    return connection
  }

  answer(request: unknown): Answer | string | undefined {
    const reply = this.answers.get(request) as
      { ok: boolean; value: Answer; code: string } | undefined
    return reply === undefined ? undefined : reply.ok ? reply.value : reply.code
  }

  leader(): number {
    return this.servers.findIndex((state) => zookeeper.view(state).isLeader())
  }
}

const create = (path: string, ephemeral = false): Ask => ({
  op: 'create',
  path,
  data: '',
  ephemeral,
  sequential: false,
})

describe('ensemble', () => {
  it('works alone, without peers', () => {
    const alone = new Ensemble(1)
    const connection = alone.connect(0, 1)
    const request = alone.ask(0, connection, 1, create('/a'))
    expect(alone.answer(request)).toMatchObject({ value: { path: '/a', czxid: 4_294_967_298 } })
    alone.take(0, { kind: 'crash' })
    alone.take(0, { kind: 'restart' })
    expect(zookeeper.view(alone.servers[0] as ZooKeeperState).isLeader()).toBe(true)
    const again = alone.ask(0, alone.connect(0, 2), 1, create('/a'))
    expect(alone.answer(again)).toMatchObject({ code: 'NODEEXISTS' })
  })

  it('expires a silent session in a bucket of one tick after its timeout, and not before', () => {
    const alone = new Ensemble(1)
    const connection = alone.connect(0, 1)
    alone.pass(150)
    alone.ask(0, connection, 1, create('/e', true))
    alone.pass(1_000)
    expect(zookeeper.view(alone.servers[0] as ZooKeeperState).exists('/e')).toBe(true)
    alone.pass(50)
    expect(zookeeper.view(alone.servers[0] as ZooKeeperState).exists('/e')).toBe(false)
    expect(alone.closed.has(connection)).toBe(true)
  })

  it('serves a read of a follower from what the follower has, and a sync brings it up to date', () => {
    const three = new Ensemble(3)
    const far = three.connect(0, 1)
    three.settle()
    const near = three.connect(2, 2)
    three.settle()
    const write = three.ask(2, near, 1, create('/a'))
    // The other follower is enough for a commit; nothing reaches server 0.
    const cut: Post[] = []
    while (three.posts.length > 0) {
      const [post] = three.posts.splice(0, 1) as [Post]
      if (post.to === 0) cut.push(post)
      else three.take(post.to, { kind: 'peer', from: post.from, body: post.body })
    }
    expect(three.answer(write)).toMatchObject({ code: undefined })
    const stale = three.ask(0, far, 1, { op: 'exists', path: '/a', watch: false })
    expect(three.answer(stale)).toMatchObject({ value: undefined })
    three.posts.push(...cut)
    const sync = three.ask(0, far, 2, { op: 'sync' })
    const read = three.ask(0, far, 3, { op: 'exists', path: '/a', watch: false })
    expect(three.answer(read)).toBeUndefined()
    three.settle()
    expect(three.answer(sync)).toMatchObject({ code: undefined })
    expect(three.answer(read)).toMatchObject({ value: { version: 0 } })
  })

  it('sends the watch event before the answer to the write that fired it, and only once', () => {
    const alone = new Ensemble(1)
    const connection = alone.connect(0, 1)
    alone.ask(0, connection, 1, { op: 'exists', path: '/a', watch: true })
    alone.ask(0, connection, 2, { op: 'exists', path: '/a', watch: true })
    const write = alone.ask(0, connection, 3, create('/a'))
    expect(alone.pushed).toEqual([{ number: 1, after: 2, type: 'NodeCreated', path: '/a' }])
    expect(alone.answer(write)).toMatchObject({ pushes: 1 })
    alone.ask(0, connection, 4, { op: 'delete', path: '/a', version: -1 })
    expect(alone.pushed).toHaveLength(1)
  })

  it('keeps what was committed, and the sessions, when the leader dies', () => {
    const three = new Ensemble(3)
    const connection = three.connect(0, 1)
    three.settle()
    const write = three.ask(0, connection, 1, create('/e', true))
    three.settle()
    expect(three.answer(write)).toMatchObject({ code: undefined })
    const session = [...(three.servers[0] as ZooKeeperState).tree.sessions.keys()][0]
    three.take(2, { kind: 'crash' })
    three.pass(1_900)
    expect(three.leader()).toBe(1)
    expect(three.closed.has(connection)).toBe(true)
    expect(zookeeper.view(three.servers[1] as ZooKeeperState).exists('/e')).toBe(true)
    const back = three.connect(0, 2, session)
    three.settle()
    const next = three.ask(0, back, 1, create('/b'))
    three.settle()
    expect(three.answer(next)).toMatchObject({ value: { czxid: 2 * 4_294_967_296 + 1 } })
  })

  it('lets a leader without a majority commit nothing, and drops what it proposed', () => {
    const three = new Ensemble(3)
    const old = three.connect(2, 1)
    three.settle()
    const lost = three.ask(2, old, 1, create('/lost'))
    const apart = ({ from, to }: Post): boolean => (from === 2) === (to === 2)
    three.pass(3_000, apart)
    expect(three.leader()).toBe(1)
    expect(three.closed.has(old)).toBe(true)
    const fresh = three.connect(1, 2)
    three.pass(0, apart)
    const kept = three.ask(1, fresh, 1, create('/kept'))
    three.pass(0, apart)
    expect(three.answer(kept)).toMatchObject({ code: undefined })
    three.pass(3_000)
    expect(three.answer(lost)).toBeUndefined()
    for (const state of three.servers) {
      expect(zookeeper.view(state).exists('/kept')).toBe(true)
      expect(zookeeper.view(state).exists('/lost')).toBe(false)
    }
  })

  it('promises an epoch to one candidate only, even across a crash, and joins whoever has won it', () => {
    const three = new Ensemble(3)
    three.take(0, { kind: 'crash' })
    three.take(0, { kind: 'restart' })
    const promises = (from: number, won: boolean): number => {
      three.posts = []
      three.take(0, { kind: 'peer', from, body: { op: 'new-epoch', epoch: 2, won } })
      return three.posts.filter(({ body }) => body.op === 'promise').length
    }
    expect(promises(1, false)).toBe(1)
    three.take(0, { kind: 'crash' })
    three.take(0, { kind: 'restart' })
    expect(promises(2, false)).toBe(0)
    expect(promises(1, false)).toBe(1)
    three.take(0, { kind: 'crash' })
    three.take(0, { kind: 'restart' })
    expect(promises(2, true)).toBe(1)
  })

  it('never commits two things in one place, whatever is lost, reordered or dies; and recovers', () => {
    const step = fc.oneof(
      { weight: 12, arbitrary: fc.record({ kind: fc.constant('deliver'), at: fc.nat(6) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('lose'), at: fc.nat(6) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('tick'), at: fc.nat(4) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('write'), at: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash'), at: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart'), at: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('flood'), at: fc.nat(4) }) },
    )
    let writesCommitted = 0
    let epochsMax = 0
    fc.assert(
      fc.property(
        fc.constantFrom(2, 3, 5),
        fc.array(step, { minLength: 100, maxLength: 500, size: 'max' }),
        (size, steps) => {
          const ensemble = new Ensemble(size)
          let numbers = 0
          for (const { kind, at } of steps) {
            const index = at % size
            const state = ensemble.servers[index] as ZooKeeperState
            if (kind === 'deliver') ensemble.deliver(at % Math.max(1, ensemble.posts.length))
            else if (kind === 'lose') ensemble.posts.splice(at, 1)
            else if (kind === 'flood') for (let n = 0; n < 30; n++) ensemble.deliver(0)
            else if (kind === 'crash') ensemble.take(index, { kind: 'crash' })
            else if (kind === 'restart') {
              if (!state.up) ensemble.take(index, { kind: 'restart' })
            } else if (kind === 'tick') {
              const atMs = zookeeper.wakeAtMs(state)
              if (atMs === Infinity) continue
              ensemble.nowMs = Math.max(ensemble.nowMs, atMs)
              ensemble.take(index, { kind: 'tick' })
            } else ensemble.connect(index, ++numbers)
          }
          for (let index = 0; index < size; index++) {
            if (!ensemble.servers[index]?.up) ensemble.take(index, { kind: 'restart' })
          }
          ensemble.pass(10_000)
          const leader = ensemble.leader()
          expect(leader).toBeGreaterThanOrEqual(0)
          const connection = ensemble.connect((leader + 1) % size, ++numbers)
          ensemble.settle()
          const request = ensemble.ask((leader + 1) % size, connection, 1, create('/end'))
          ensemble.settle()
          expect(ensemble.answer(request)).toMatchObject({ code: undefined })
          for (const state of ensemble.servers) expect(state.committed).toBe(ensemble.agreed.length)
          writesCommitted += ensemble.agreed.length
          epochsMax = Math.max(epochsMax, ensemble.servers[0]?.currentEpoch ?? 0)
        },
      ),
      { numRuns: 200, seed: 1 },
    )
    // Otherwise the property was never put to the test.
    expect(writesCommitted).toBeGreaterThan(200)
    expect(epochsMax).toBeGreaterThan(5)
  })
})
