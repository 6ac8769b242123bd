/** Consul on a table: sessions and their ends, keys with a lock, lock-delay, reads, and who notices a dead machine. */

import { describe, expect, it } from 'vitest'
import { randomChoice } from '../../kernel/choice.ts'
import type { Reply } from '../../kernel/index.ts'
import type { Outbox, RequestInput } from '../service.ts'
import { consul } from './consul.ts'
import type { ConsulOptions, ConsulRequest, Read, SessionOptions } from './requests.ts'
import type { ConsulReplica } from './state.ts'

type Input = Parameters<typeof consul.step>[1]
interface Post {
  readonly from: number
  readonly to: number
  readonly body: Extract<Input, { readonly kind: 'peer' }>['body']
}

/** Three servers, whose messages arrive at once, and client machines that answer as long as they are not gone. */
class Group {
  nowMs = 0
  readonly gone = new Set<string>()
  /** Machines that the first server cannot reach, though others can. */
  readonly hidden = new Set<string>()
  readonly changes: string[] = []
  private readonly servers: ConsulReplica[]
  private readonly up: boolean[]
  private readonly answers = new Map<unknown, Reply<unknown>>()
  private readonly posts: Post[] = []
  private readonly alive: { readonly server: number; readonly client: string }[] = []

  constructor(options: Partial<ConsulOptions> = {}) {
    const choice = randomChoice(1)
    this.servers = [0, 1, 2].map((index) =>
      consul.create({
        index,
        size: 3,
        options: { ...consul.options, ...options },
        choice,
        wallMs: () => 0,
      }),
    )
    this.up = [true, true, true]
    this.pass(0)
  }

  private out(from: number): Outbox {
    return {
      reply: (request, reply) => {
        if (this.answers.has(request)) throw new Error('answered twice')
        this.answers.set(request, reply)
      },
      push: () => undefined,
      peer: (to, body) => this.posts.push({ from, to, body: body as Post['body'] }),
      close: () => undefined,
      changed: (cause, by) => {
        if (from === this.leader()) this.changes.push(`${cause} ${by?.client ?? ''}`.trim())
      },
      fact: () => undefined,
      ping: (client) => {
        if (this.gone.has(client) || (from === 0 && this.hidden.has(client))) return
        this.alive.push({ server: from, client })
      },
    }
  }

  private take(index: number, input: Input): void {
    if (this.up[index] !== true && input.kind !== 'restart') return
    consul.step(this.servers[index] as ConsulReplica, input, this.nowMs, this.out(index))
  }

  private settle(): void {
    for (;;) {
      const post = this.posts.shift()
      if (post !== undefined) {
        this.take(post.to, { kind: 'peer', from: post.from, body: post.body })
        continue
      }
      const answer = this.alive.shift()
      if (answer === undefined) return
      this.take(answer.server, { kind: 'alive', client: answer.client })
    }
  }

  leader(): number {
    return this.servers.findIndex((server, index) => this.up[index] === true && server.leads > 0)
  }

  crash(index: number): void {
    this.take(index, { kind: 'crash' })
    this.up[index] = false
    for (const other of [0, 1, 2]) {
      if (other !== index) this.take(other, { kind: 'peer-closed', from: index })
    }
    this.settle()
  }

  restart(index: number): void {
    this.up[index] = true
    this.take(index, { kind: 'restart' })
    this.settle()
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const due = this.servers.map((server, index) =>
        this.up[index] === true ? consul.wakeAtMs(server) : Infinity,
      )
      const nextMs = Math.min(...due)
      if (nextMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, nextMs)
      due.forEach((atMs, index) => {
        if (atMs <= this.nowMs) this.take(index, { kind: 'tick' })
      })
      this.settle()
    }
    this.nowMs = untilMs
  }

  send(body: ConsulRequest, client = 'client-1', index = 0): RequestInput<ConsulRequest> {
    const origin = { client, hold: `${client}#1`, activity: 'acquiring' } as const
    const request = { kind: 'request', connection: { client, number: 0 }, body, origin } as const
    this.take(index, request)
    this.settle()
    return request
  }

  answerTo(request: unknown): unknown {
    const reply = this.answers.get(request)
    return reply === undefined ? 'no answer yet' : reply.ok ? reply.value : reply.code
  }

  ask(body: ConsulRequest, client = 'client-1', index = 0): unknown {
    return this.answerTo(this.send(body, client, index))
  }

  session(options: Partial<SessionOptions> = {}, client = 'client-1', index = 0): string {
    const full = { ttlMs: 0, behaviour: 'release', lockDelayMs: 15_000, ...options } as const
    return this.ask({ op: 'session-create', options: full }, client, index) as string
  }

  acquire(session: string, client = 'client-1', index = 0): unknown {
    return this.ask({ op: 'acquire', key: 'lock', value: '', session }, client, index)
  }

  release(session: string): unknown {
    return this.ask({ op: 'release', key: 'lock', value: '', session })
  }

  read(mode: 'default' | 'consistent' | 'stale' = 'default', index = 0): Read {
    return this.ask(
      { op: 'get', key: 'lock', mode, index: 0, waitMs: 0 },
      'client-1',
      index,
    ) as Read
  }
}

describe('keys', () => {
  it('are locked by one of two sessions, whichever servers they ask', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session({}, 'client-2', 1)]
    expect(group.acquire(one, 'client-1', 1)).toBe(true)
    expect(group.acquire(other, 'client-2', 2)).toBe(false)
    expect(group.read('consistent', 2).pair).toMatchObject({ session: one, lockIndex: 1 })
  })

  it('count their acquisitions, but not those by the session that has them already', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    group.acquire(one)
    expect(group.acquire(one)).toBe(true)
    expect(group.read().pair?.lockIndex).toBe(1)
    group.release(one)
    group.acquire(other)
    expect(group.read().pair?.lockIndex).toBe(2)
  })

  it('are released by their session only, and then have no delay', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    group.acquire(one)
    expect(group.release(other)).toBe(false)
    expect(group.release(one)).toBe(true)
    expect(group.acquire(other)).toBe(true)
  })

  it('can be written and deleted by anybody: locks are advisory', () => {
    const group = new Group()
    const session = group.session()
    group.acquire(session)
    expect(group.ask({ op: 'put', key: 'lock', value: 'x' }, 'client-2')).toBe(true)
    expect(group.read().pair).toMatchObject({ value: 'x', session, lockIndex: 1 })
    expect(group.ask({ op: 'delete', key: 'lock' }, 'client-2')).toBe(true)
    expect(group.changes.at(-1)).toBe('request client-2')
    group.acquire(group.session())
    // A key that was deleted counts from the beginning: as a token, that is a step back.
    expect(group.read().pair?.lockIndex).toBe(1)
  })

  it('are not for a session that does not exist', () => {
    expect(new Group().acquire('session-99')).toBe('invalid session "session-99"')
  })
})

describe('a session', () => {
  it('is refused with a TTL below 10 s or above a day', () => {
    const group = new Group()
    expect(group.session({ ttlMs: 9_999 })).toMatch('Invalid Session TTL')
    expect(group.session({ ttlMs: 86_400_001 })).toMatch('Invalid Session TTL')
    expect(group.session({ ttlMs: 10_000 })).toMatch(/^session-/)
  })

  it('ends two TTLs after its last renewal, and its keys are then nobody’s for the lock-delay', () => {
    const group = new Group()
    const [one, other] = [group.session({ ttlMs: 10_000 }), group.session({}, 'client-2')]
    group.acquire(one)
    group.pass(15_000)
    expect(group.ask({ op: 'session-renew', session: one })).toBe(true)
    group.pass(19_999)
    expect(group.read().pair?.session).toBe(one)
    group.pass(1)
    expect(group.read().pair).toMatchObject({ session: '', lockIndex: 1 })
    expect(group.changes.at(-1)).toBe('expired')
    expect(group.ask({ op: 'session-renew', session: one })).toBe(false)
    expect(group.acquire(other, 'client-2')).toBe(false)
    group.pass(14_999)
    expect(group.acquire(other, 'client-2')).toBe(false)
    group.pass(1)
    expect(group.acquire(other, 'client-2')).toBe(true)
  })

  it('that is destroyed while it has a key leaves a lock-delay as well', () => {
    const group = new Group()
    const [one, other] = [group.session({ lockDelayMs: 1_000 }), group.session()]
    group.acquire(one)
    group.ask({ op: 'session-destroy', session: one })
    expect(group.acquire(other)).toBe(false)
    group.pass(1_000)
    expect(group.acquire(other)).toBe(true)
  })

  it('takes its keys with it if its behaviour is to delete', () => {
    const group = new Group()
    const one = group.session({ behaviour: 'delete', lockDelayMs: 0 })
    group.acquire(one)
    group.ask({ op: 'session-destroy', session: one })
    expect(group.read().pair).toBeUndefined()
  })

  it('has no lock-delay above a minute', () => {
    const group = new Group()
    const [one, other] = [group.session({ lockDelayMs: 600_000 }), group.session()]
    group.acquire(one)
    group.ask({ op: 'session-destroy', session: one })
    group.pass(60_000)
    expect(group.acquire(other)).toBe(true)
  })
})

describe('a change of leader', () => {
  it('begins every timer anew with two full TTLs', () => {
    const group = new Group()
    const one = group.session({ ttlMs: 10_000 })
    group.acquire(one, 'client-1', 0)
    group.pass(19_000)
    group.crash(0)
    group.pass(15_000)
    expect(group.leader()).toBeGreaterThan(0)
    expect(group.read('stale', group.leader()).pair?.session).toBe(one)
    group.pass(20_000)
    expect(group.read('stale', group.leader()).pair?.session).toBe('')
  })

  it('keeps the lock-delay: every server noted it', () => {
    const group = new Group()
    const [one, other] = [group.session({ lockDelayMs: 60_000 }), group.session()]
    group.acquire(one)
    group.ask({ op: 'session-destroy', session: one })
    group.crash(0)
    group.pass(15_000)
    expect(group.acquire(other, 'client-1', group.leader())).toBe(false)
    group.pass(45_000)
    expect(group.acquire(other, 'client-1', group.leader())).toBe(true)
  })

  it.each([
    ['log', false],
    ['snapshot', true],
  ] as const)(
    'of servers that restart from a %s forgets the lock-delay: %s',
    (restartFrom, isForgotten) => {
      const group = new Group({ restartFrom })
      const [one, other] = [group.session({ lockDelayMs: 60_000 }), group.session()]
      group.acquire(one)
      group.ask({ op: 'session-destroy', session: one })
      for (const index of [0, 1, 2]) group.crash(index)
      for (const index of [0, 1, 2]) group.restart(index)
      group.pass(15_000)
      expect(group.acquire(other, 'client-1', group.leader())).toBe(isForgotten)
    },
  )

  it('that does not come lets requests wait for seven seconds before they are refused', () => {
    const group = new Group()
    group.crash(0)
    group.crash(1)
    group.pass(15_000)
    const waits = group.send({ op: 'put', key: 'lock', value: 'x' }, 'client-1', 2)
    group.pass(6_999)
    expect(group.answerTo(waits)).toBe('no answer yet')
    group.pass(1)
    expect(group.answerTo(waits)).toBe('No cluster leader')
  })
})

describe('the gossip', () => {
  it('ends the sessions of a machine that does not answer for six seconds, and lets it make none', () => {
    const group = new Group()
    const one = group.session()
    group.acquire(one)
    group.gone.add('client-1')
    group.pass(5_000)
    expect(group.read().pair?.session).toBe(one)
    group.pass(2_000)
    expect(group.read().pair?.session).toBe('')
    expect(group.changes.at(-1)).toBe('session-ended')
    expect(group.session()).toBe("Check 'serfHealth' is in critical state")
    group.gone.delete('client-1')
    group.pass(2_000)
    expect(group.session()).toMatch(/^session-/)
  })

  it('does not mind a machine that is away for less, or that only the leader cannot reach', () => {
    const group = new Group()
    const one = group.session()
    group.acquire(one)
    group.gone.add('client-1')
    group.pass(4_000)
    group.gone.delete('client-1')
    group.hidden.add('client-1')
    group.pass(60_000)
    expect(group.read().pair?.session).toBe(one)
  })

  it('is silent about machines without sessions', () => {
    const group = new Group()
    const one = group.session()
    group.ask({ op: 'session-destroy', session: one })
    group.gone.add('client-1')
    group.pass(30_000)
    expect(group.session()).toMatch(/^session-/)
  })
})

describe('reads', () => {
  it('wait for a change, and are answered when it comes', () => {
    const group = new Group()
    const one = group.session()
    group.acquire(one)
    const { index } = group.read()
    const waits = group.send(
      { op: 'get', key: 'lock', mode: 'default', index, waitMs: 15_000 },
      'client-2',
      1,
    )
    expect(group.answerTo(waits)).toBe('no answer yet')
    group.release(one)
    expect(group.answerTo(waits)).toMatchObject({ pair: { session: '' } })
  })

  it('are answered with what there is when nothing changed for as long as they waited, and a little', () => {
    const group = new Group()
    group.acquire(group.session())
    const { index } = group.read()
    const waits = group.send({ op: 'get', key: 'lock', mode: 'consistent', index, waitMs: 16_000 })
    group.pass(15_999)
    expect(group.answerTo(waits)).toBe('no answer yet')
    group.pass(1_001)
    expect(group.answerTo(waits)).toMatchObject({ index })
  })

  it('of a key that is not there have an index that can be waited for', () => {
    expect(new Group().read()).toEqual({ index: 1, pair: undefined })
  })

  it('without a leader are possible for those that may be stale', () => {
    const group = new Group()
    const one = group.session()
    group.acquire(one)
    group.crash(0)
    group.crash(1)
    expect(group.read('stale', 2).pair?.session).toBe(one)
  })
})
