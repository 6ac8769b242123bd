/** The CP Subsystem on a table: sessions and their clocks, calls that wait, and a group that loses its leader. */

import { describe, expect, it } from 'vitest'
import { randomChoice } from '../../kernel/choice.ts'
import type { Reply } from '../../kernel/index.ts'
import type { Outbox, RequestInput } from '../service.ts'
import { hazelcast } from './hazelcast.ts'
import { NOT_OWNER, SESSION_EXPIRED, WAIT_CANCELLED } from './requests.ts'
import type { HazelcastRequest } from './requests.ts'
import type { HazelcastReplica } from './state.ts'

type Input = Parameters<typeof hazelcast.step>[1]
interface Post {
  readonly from: number
  readonly to: number
  readonly body: Extract<Input, { readonly kind: 'peer' }>['body']
}

/** Three members whose messages arrive at once. */
class Group {
  nowMs = 0
  /** By how much the wall clock of each is ahead. */
  readonly aheadMs = [0, 0, 0]
  readonly changes: string[] = []
  private readonly members: HazelcastReplica[]
  private readonly up = [true, true, true]
  private readonly answers = new Map<unknown, Reply<unknown>>()
  private readonly posts: Post[] = []

  constructor() {
    const choice = randomChoice(1)
    const options = { ...hazelcast.options, sessionTtlMs: 30_000 }
    this.members = [0, 1, 2].map((index) =>
      hazelcast.create({
        index,
        size: 3,
        options,
        choice,
        wallMs: () => this.nowMs + (this.aheadMs[index] ?? 0),
      }),
    )
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
      changed: (cause) => {
        if (from === this.leader()) this.changes.push(cause)
      },
      fact: () => undefined,
    }
  }

  private take(index: number, input: Input): void {
    if (this.up[index] === true) {
      hazelcast.step(this.members[index] as HazelcastReplica, input, this.nowMs, this.out(index))
    }
  }

  private settle(): void {
    for (let post = this.posts.shift(); post !== undefined; post = this.posts.shift()) {
      this.take(post.to, { kind: 'peer', from: post.from, body: post.body })
    }
  }

  leader(): number {
    return this.members.findIndex((member, index) => this.up[index] === true && member.leads > 0)
  }

  crash(index: number): void {
    this.take(index, { kind: 'crash' })
    this.up[index] = false
    for (const from of [0, 1, 2]) {
      if (from !== index) this.take(from, { kind: 'peer-closed', from: index })
    }
    this.settle()
  }

  pass(ms: number): void {
    const untilMs = this.nowMs + ms
    for (;;) {
      const due = this.members.map((member, index) =>
        this.up[index] === true ? hazelcast.wakeAtMs(member) : Infinity,
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

  send(body: HazelcastRequest, index = 0): RequestInput<HazelcastRequest> {
    const client = 'session' in body ? `client-${body.session}` : 'client'
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

  ask(body: HazelcastRequest, index = 0): unknown {
    return this.answerTo(this.send(body, index))
  }

  session(): number {
    return (this.ask({ op: 'create-session' }) as { readonly session: number }).session
  }

  lock(session: number, uid: string, waitMs = 60_000, index = 0): unknown {
    return this.send({ op: 'lock', lock: 'lock', session, thread: 1, uid, waitMs }, index)
  }

  unlock(session: number, uid: string): unknown {
    return this.ask({ op: 'unlock', lock: 'lock', session, thread: 1, uid })
  }

  ownership(): unknown {
    return this.ask({ op: 'ownership', lock: 'lock' }, this.leader())
  }
}

describe('the CP Subsystem', () => {
  it('answers a call that waits when the lock comes to it, at the member where it came in', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    const first = group.answerTo(group.lock(one, 'a'))
    const waits = group.lock(other, 'b', 60_000, 2)
    expect(group.answerTo(waits)).toBe('no answer yet')
    expect(group.unlock(one, 'c')).toBe(false)
    expect(group.answerTo(waits)).toBeGreaterThan(first as number)
    expect(group.ownership()).toMatchObject({ session: other, lockCount: 1 })
  })

  it('answers a call that is said again to another member while it waits, both times', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    group.lock(one, 'a')
    const calls = [group.lock(other, 'b', 60_000, 1), group.lock(other, 'b', 60_000, 2)]
    group.unlock(one, 'c')
    const [answer, again] = calls.map((call) => group.answerTo(call))
    expect(answer).toBe(again)
    expect(group.ownership()).toMatchObject({ lockCount: 1 })
  })

  it('ends a wait in time, and half a second or so later', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    group.lock(one, 'a')
    const waits = group.lock(other, 'b', 3_000)
    group.pass(2_999)
    expect(group.answerTo(waits)).toBe('no answer yet')
    group.pass(1_001)
    expect(group.answerTo(waits)).toBe(0)
  })

  it('cancels a wait when the same thread calls again', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    group.lock(one, 'a')
    const waits = group.lock(other, 'b')
    group.lock(other, 'c')
    expect(group.answerTo(waits)).toBe(WAIT_CANCELLED)
  })

  it('closes a session that sends no heartbeat for its TTL, and gives its lock away', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    group.lock(one, 'a')
    const waits = group.lock(other, 'b')
    group.pass(20_000)
    for (const session of [one, other]) {
      expect(group.ask({ op: 'heartbeat', session })).toBe(true)
    }
    for (const ms of [20_000, 11_000]) {
      group.pass(ms)
      expect(group.ask({ op: 'heartbeat', session: other })).toBe(true)
    }
    expect(group.answerTo(waits)).toBeGreaterThan(0)
    expect(group.changes.at(-1)).toBe('expired')
    expect(group.ask({ op: 'heartbeat', session: one })).toBe(SESSION_EXPIRED)
    expect(group.unlock(one, 'c')).toBe(SESSION_EXPIRED)
    expect(group.answerTo(group.lock(one, 'd'))).toBe(SESSION_EXPIRED)
  })

  it('believes the wall clock of its leader, and of nobody else', () => {
    const group = new Group()
    const one = group.session()
    group.lock(one, 'a')
    group.aheadMs[1] = 60_000
    group.pass(5_000)
    expect(group.ownership()).toMatchObject({ session: one })
    group.aheadMs[0] = 60_000
    group.pass(1_000)
    expect(group.ownership()).toBeUndefined()
  })

  it('frees nothing for who does not have it', () => {
    const group = new Group()
    const [one, other] = [group.session(), group.session()]
    group.lock(one, 'a')
    expect(group.unlock(other, 'b')).toBe(NOT_OWNER)
    expect(group.ask({ op: 'close-session', session: one })).toBe(true)
    expect(group.ownership()).toBeUndefined()
  })

  it('has a new leader within seconds of a death, who lets sessions live a heartbeat longer', () => {
    const group = new Group()
    const one = group.session()
    group.lock(one, 'a')
    group.pass(25_000)
    group.crash(0)
    group.pass(4_500)
    expect(group.leader()).toBeGreaterThan(0)
    group.pass(4_500)
    expect(group.ownership()).toMatchObject({ session: one })
    group.pass(3_000)
    expect(group.ownership()).toBeUndefined()
  })
})
