/** Tests of the Raft core: one leader a term, nothing committed is lost, every server applies the same. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ok, randomChoice, refused } from '../../kernel/index.ts'
import type { Choice, Reply } from '../../kernel/index.ts'
import type { Outbox, RequestInput } from '../service.ts'
import type { Machine, PeerMessage, Proposal, Replica } from './machine.ts'
import type { AppendMessage } from './messages.ts'
import { createReplica, replicaWakeAtMs, stepReplica } from './replica.ts'
import { answer, forward, readLatest, submit } from './requests.ts'
import { leaderOf } from './state.ts'
import type { Entry } from './state.ts'

type Body = { readonly op: 'add'; readonly word: string } | { readonly op: 'count' | 'who' }
interface Data {
  readonly words: string[]
  elections: number
}
type Post = { readonly from: number; readonly to: number; readonly body: PeerMessage<Body, string> }

/** Keeps a list of words. */
const machine: Machine<Data, Body, string> = {
  stream: 'election:test',
  times: () => ({ heartbeatMs: 100, electionTimeoutMs: 1_000, quorumTimeoutMs: 1_000 }),
  create: () => ({ words: [], elections: 0 }),
  request(replica, request, nowMs, out) {
    const { body } = request
    if (body.op === 'add') submit(replica, request, body.word, out)
    else if (body.op === 'count') readLatest(replica, request, nowMs, out)
    else if (replica.leads > 0) answer(request, ok(replica.raft.index), out)
    else if (!forward(replica, request, out)) answer(request, refused('no leader'), out)
  },
  apply: ({ data }, word, index) => ok(`${data.words.push(word)} at ${index}`),
  read: ({ data }, request, _nowMs, out) => answer(request, ok(data.words.length), out),
  elected({ data }) {
    data.elections++
  },
}

/** Servers without a world: messages wait until the test delivers or loses them. */
class Group {
  readonly servers: Replica<Data, Body, string>[] = []
  posts: Post[] = []
  nowMs = 0
  private readonly choice: Choice
  readonly answers = new Map<unknown, Reply<unknown>>()
  /** The one list that there may be. */
  readonly agreed: string[] = []
  /** Who led each term. */
  readonly leaders = new Map<number, number>()

  constructor(size: number, seed = 1) {
    this.choice = randomChoice(seed)
    for (let index = 0; index < size; index++) this.servers.push(this.create(index, size))
  }

  private create(index: number, size: number): Replica<Data, Body, string> {
    const { choice } = this
    return createReplica(machine, { index, size, options: {}, choice, wallMs: () => 0 })
  }

  /** Its process dies, and what comes back has an empty disk. */
  loseDisk(index: number): void {
    this.take(index, { kind: 'crash' })
    this.servers[index] = this.create(index, this.servers.length)
    this.take(index, { kind: 'restart' })
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
      changed: () => undefined,
      fact: () => undefined,
    }
  }

  take(index: number, input: Parameters<typeof stepReplica<Data, Body, string>>[1]): void {
    const server = this.servers[index] as Replica<Data, Body, string>
    if (!server.up && input.kind !== 'restart') return
    if (input.kind === 'crash') this.posts = this.posts.filter(({ to }) => to !== index)
    stepReplica(server, input, this.nowMs, this.out(index))
    this.check(server)
  }

  private check({ raft, data }: Replica<Data, Body, string>): void {
    if (raft.mode.role === 'halted') throw new Error(`server ${raft.index} has halted`)
    if (raft.mode.role === 'leading') {
      const known = this.leaders.get(raft.term)
      if (known !== undefined && known !== raft.index) throw new Error(`two lead term ${raft.term}`)
      this.leaders.set(raft.term, raft.index)
    }
    data.words.forEach((word, position) => {
      if (position === this.agreed.length) this.agreed.push(word)
      else if (this.agreed[position] !== word) throw new Error(`word ${position} is ${word}`)
    })
  }

  deliver(position: number): void {
    const [post] = this.posts.splice(position, 1)
    if (post !== undefined) this.take(post.to, { kind: 'peer', from: post.from, body: post.body })
  }

  settle(): void {
    while (this.posts.length > 0) this.deliver(0)
  }

  tick(index: number): void {
    const server = this.servers[index] as Replica<Data, Body, string>
    const atMs = replicaWakeAtMs(server)
    if (atMs === Infinity) return
    this.nowMs = Math.max(this.nowMs, atMs)
    this.take(index, { kind: 'tick' })
  }

  /** Lets the election timeout of a server pass, with nothing delivered to it and no heartbeat of others. */
  runOut(index: number): void {
    this.nowMs += 2_000
    this.tick(index)
    this.tick(index)
  }

  /** Lets time pass, with all messages delivered at once unless `reach` says otherwise. */
  pass(ms: number, reach: (post: Post) => boolean = () => true): void {
    const endMs = this.nowMs + ms
    for (;;) {
      this.posts = this.posts.filter(reach)
      if (this.posts.length > 0) {
        this.deliver(0)
        continue
      }
      const due = this.servers
        .map((server, index) => ({ index, atMs: replicaWakeAtMs(server) }))
        .sort((one, other) => one.atMs - other.atMs)[0]
      if (due === undefined || due.atMs > endMs) break
      this.tick(due.index)
    }
    this.nowMs = endMs
  }

  /** Hands a server a message that nobody has sent. */
  give(to: number, from: number, body: Post['body']): void {
    this.take(to, { kind: 'peer', from, body })
  }

  ask(index: number, body: Body): RequestInput<Body> {
    const request = {
      kind: 'request',
      connection: { client: 'client-1', number: 0 },
      body,
      origin: { client: 'client-1', hold: 'client-1#1', activity: 'acquiring' },
    } as const
    this.take(index, request)
    return request
  }

  add(index: number, word: string): RequestInput<Body> {
    return this.ask(index, { op: 'add', word })
  }

  leader(): number {
    return this.servers.findIndex(({ leads }) => leads > 0)
  }
}

const reach =
  (apart: number) =>
  ({ from, to }: Post): boolean =>
    (from === apart) === (to === apart)

const entry = (term: number, command: string): Entry<Proposal<string>> => ({
  term,
  item: { command, origin: undefined, server: -1, number: 0 },
})

const append = (
  term: number,
  message: Pick<AppendMessage<Proposal<string>>, 'before' | 'entries' | 'committed'>,
): AppendMessage<Proposal<string>> => ({
  op: 'append',
  term,
  number: 1,
  beforeTerm: 0,
  ...message,
})

describe('a Raft group', () => {
  it('is led by its first server from the first instant', () => {
    const three = new Group(3)
    const request = three.add(0, 'a')
    expect(three.leader()).toBe(0)
    expect(three.answers.get(request)).toBeUndefined()
    three.settle()
    expect(three.answers.get(request)).toEqual(ok('1 at 1'))
    expect(three.servers.map(({ data }) => data.words)).toEqual([['a'], ['a'], ['a']])
    three.pass(10_000)
    expect([...three.leaders]).toEqual([[1, 0]])
  })

  it('needs nobody else where it is alone', () => {
    const alone = new Group(1)
    expect(alone.answers.get(alone.add(0, 'a'))).toEqual(ok('1 at 1'))
    alone.take(0, { kind: 'crash' })
    alone.take(0, { kind: 'restart' })
    expect(alone.answers.get(alone.add(0, 'b'))).toEqual(ok('2 at 3'))
    expect(alone.answers.get(alone.ask(0, { op: 'count' }))).toEqual(ok(2))
    expect(replicaWakeAtMs(alone.servers[0] as Replica<Data, Body, string>)).toBe(Infinity)
  })

  it('takes a command at any server, and answers where it was asked', () => {
    const three = new Group(3)
    const request = three.add(2, 'a')
    expect(three.posts.map(({ body }) => body.op)).toEqual(['propose'])
    three.settle()
    expect(three.answers.get(request)).toEqual(ok('1 at 1'))
  })

  it('has a whole request done by the leader, through the follower that was asked', () => {
    const three = new Group(3)
    const request = three.ask(1, { op: 'who' })
    three.settle()
    expect(three.answers.get(request)).toEqual(ok(0))
  })

  it('commits with a majority, and catches up who was away', () => {
    const three = new Group(3)
    three.pass(0, reach(2))
    for (const word of ['a', 'b', 'c']) three.add(0, word)
    three.pass(300, reach(2))
    expect(three.servers.map(({ data }) => data.words.length)).toEqual([3, 3, 0])
    three.pass(100)
    expect(three.servers[2]?.data.words).toEqual(['a', 'b', 'c'])
  })

  it('elects another leader when it hears nothing for an election timeout, and not before', () => {
    const three = new Group(3)
    three.add(0, 'a')
    three.settle()
    three.take(0, { kind: 'crash' })
    three.pass(900)
    expect(three.leader()).toBe(-1)
    const waits = three.add(1, 'b')
    three.pass(1_500)
    expect(three.leader()).toBeGreaterThan(0)
    expect(three.leaders.size).toBe(2)
    // The command went to the dead leader: nobody will ever answer it.
    expect(three.answers.get(waits)).toBeUndefined()
    three.take(0, { kind: 'restart' })
    three.pass(200)
    expect(three.servers[0]?.data.words).toEqual(['a'])
    expect(leaderOf((three.servers[0] as Replica<Data, Body, string>).raft)).toBe(three.leader())
  })

  it('keeps a command until there is a leader', () => {
    const three = new Group(3)
    three.take(0, { kind: 'crash' })
    three.take(1, { kind: 'crash' })
    three.take(1, { kind: 'restart' })
    const request = three.add(1, 'a')
    three.pass(2_500)
    expect(three.answers.get(request)).toEqual(ok('1 at 2'))
  })

  it('lets a leader without a majority commit nothing, step down, and drop what it had', () => {
    const three = new Group(3)
    const lost = three.add(0, 'lost')
    three.pass(1_200, reach(0))
    expect(three.servers[0]?.raft.mode).toEqual({ role: 'following', leader: -1 })
    three.pass(2_000, reach(0))
    const kept = three.add(three.leader(), 'kept')
    three.pass(0, reach(0))
    expect(three.answers.get(kept)).toMatchObject({ ok: true })
    three.pass(3_000)
    expect(three.answers.get(lost)).toBeUndefined()
    expect(three.servers.map(({ data }) => data.words)).toEqual([['kept'], ['kept'], ['kept']])
  })

  it('does not serve a read by a leader that is one no more', () => {
    const three = new Group(3)
    three.pass(900, reach(0))
    const stale = three.ask(0, { op: 'count' })
    // Server 0 still takes itself for the leader; the others elect one and go on.
    three.take(1, { kind: 'tick' })
    three.pass(0, reach(0))
    expect(three.answers.get(stale)).toBeUndefined()
    three.pass(2_000, reach(0))
    three.add(three.leader(), 'a')
    three.pass(100, reach(0))
    expect(three.answers.get(stale)).toBeUndefined()
    three.pass(2_000)
    expect(three.answers.get(stale)).toEqual(ok(1))
  })

  it('is not disturbed by a server that comes back from behind a cut', () => {
    const three = new Group(3)
    three.pass(20_000, reach(2))
    expect(three.servers[2]?.raft.term).toBe(1)
    three.pass(5_000)
    expect([...three.leaders]).toEqual([[1, 0]])
  })

  it('brings back a server whose disk was lost', () => {
    const three = new Group(3)
    for (const word of ['a', 'b']) three.add(0, word)
    three.settle()
    three.loseDisk(1)
    expect(three.servers[1]?.data.words).toEqual([])
    three.pass(300)
    expect(three.servers[1]?.data.words).toEqual(['a', 'b'])
  })

  it('forgets what was committed if a majority loses its disks', () => {
    const three = new Group(3)
    three.add(0, 'a')
    three.settle()
    three.take(2, { kind: 'crash' })
    three.loseDisk(0)
    three.loseDisk(1)
    // Terms are counted anew with the disks.
    three.leaders.clear()
    three.pass(5_000)
    expect(three.leader()).toBeGreaterThanOrEqual(0)
    expect(three.servers[0]?.data.words).toEqual([])
  })

  it('commits and overwrites only as far as the leader has vouched for', () => {
    const three = new Group(3)
    const own = ['old 1', 'old 2'].map((word) => entry(1, word))
    three.give(1, 0, append(1, { before: 0, entries: own, committed: 0 }))
    three.give(1, 2, append(2, { before: 0, entries: [], committed: 2 }))
    expect(three.servers[1]?.data.words).toEqual([])
    three.give(1, 2, append(2, { before: 0, entries: [entry(2, 'new')], committed: 1 }))
    expect(three.servers[1]?.raft.log).toHaveLength(1)
    expect(three.servers[1]?.data.words).toEqual(['new'])
  })

  it('takes no line of an older term for committed, and serves no read before it knows what is', () => {
    const three = new Group(3)
    three.give(1, 2, append(2, { before: 0, entries: [entry(2, 'a')], committed: 0 }))
    three.runOut(1)
    three.give(1, 0, { op: 'pre-voted', term: 3, granted: true })
    three.give(1, 0, { op: 'voted', term: 3, granted: true })
    const { raft } = three.servers[1] as Replica<Data, Body, string>
    expect(raft).toMatchObject({ term: 3, mode: { role: 'leading' }, committed: 0 })
    const read = three.ask(1, { op: 'count' })
    // A majority has line 1, but a leader of term 4 that has not could still win (figure 8 of the paper).
    three.give(1, 0, { op: 'appended', term: 3, number: 9, matches: true, index: 1 })
    expect(three.servers[1]).toMatchObject({ leads: 0, data: { words: [], elections: 0 } })
    three.give(1, 0, { op: 'appended', term: 3, number: 9, matches: true, index: 2 })
    expect(three.servers[1]).toMatchObject({ leads: 3, data: { words: ['a'], elections: 1 } })
    expect(three.answers.get(read)).toBeUndefined()
    three.nowMs += 500
    three.take(1, { kind: 'tick' })
    three.give(1, 0, { op: 'appended', term: 3, number: 99, matches: true, index: 2 })
    expect(three.answers.get(read)).toEqual(ok(1))
  })

  it('sends again only once what several answers ask for', () => {
    const three = new Group(3)
    three.pass(0, reach(2))
    for (const word of ['a', 'b', 'c']) three.add(0, word)
    // The first one is lost, so that none of the others fits.
    three.posts = three.posts.filter(({ to }) => to === 2).slice(1)
    for (let n = 0; n < 4; n++) three.deliver(0)
    const entries = three.posts.flatMap(({ body }) => (body.op === 'append' ? body.entries : []))
    expect(entries).toHaveLength(3)
  })

  it('loses nothing, agrees on everything and recovers, whatever is lost, late, cut off or dies', () => {
    const step = fc.oneof(
      { weight: 14, arbitrary: fc.record({ kind: fc.constant('deliver'), at: fc.nat(30) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('lose'), at: fc.nat(8) }) },
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('tick'), at: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('impatient'), at: fc.nat(4) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('add'), at: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('count'), at: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash'), at: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('restart'), at: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('flood'), at: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('apart'), at: fc.nat(4) }) },
    )
    let committed = 0
    let terms = 0
    let counted = 0
    let crashesOfLeaders = 0
    fc.assert(
      fc.property(
        fc.constantFrom(2, 3, 5),
        fc.nat(),
        fc.array(step, { minLength: 100, maxLength: 600, size: 'max' }),
        (size, seed, steps) => {
          const group = new Group(size, seed)
          const added: { readonly request: unknown; readonly word: string }[] = []
          const reads: { readonly request: unknown; readonly atLeast: number }[] = []
          const acknowledged = (): number =>
            added.filter(({ request }) => group.answers.has(request)).length
          for (const { kind, at } of steps) {
            const index = at % size
            const server = group.servers[index] as Replica<Data, Body, string>
            if (kind === 'deliver') group.deliver(at % Math.max(1, group.posts.length))
            else if (kind === 'lose') group.posts.splice(at, 1)
            else if (kind === 'flood') for (let n = 0; n < 30; n++) group.deliver(0)
            else if (kind === 'apart') group.pass(3_000, reach(index))
            else if (kind === 'tick') group.tick(index)
            else if (kind === 'impatient') group.runOut(index)
            else if (kind === 'restart') {
              if (!server.up) group.take(index, { kind: 'restart' })
            } else if (kind === 'crash') {
              if (server.leads > 0) crashesOfLeaders++
              group.take(index, { kind: 'crash' })
            } else if (!server.up) continue
            else if (kind === 'add') {
              const word = `word ${added.length}`
              added.push({ request: group.add(index, word), word })
            } else {
              reads.push({ atLeast: acknowledged(), request: group.ask(index, { op: 'count' }) })
            }
          }
          for (let index = 0; index < size; index++) {
            if (group.servers[index]?.up === false) group.take(index, { kind: 'restart' })
          }
          group.pass(20_000)
          const last = group.add((group.leader() + 1) % size, 'last')
          group.settle()
          expect(group.answers.get(last)).toMatchObject({ ok: true })
          for (const { data } of group.servers) expect(data.words).toEqual(group.agreed)
          const kept = added.filter(({ request }) => group.answers.has(request))
          expect(group.agreed).toEqual(expect.arrayContaining(kept.map(({ word }) => word)))
          for (const { request, atLeast } of reads) {
            const reply = group.answers.get(request)
            if (reply?.ok !== true) continue
            counted++
            expect(reply.value).toBeGreaterThanOrEqual(atLeast)
          }
          committed += group.agreed.length
          terms = Math.max(terms, group.leaders.size)
        },
      ),
      { numRuns: 300, seed: 1 },
    )
    // Otherwise the property was never put to the test.
    expect(committed).toBeGreaterThan(1_000)
    expect(counted).toBeGreaterThan(1_000)
    expect(crashesOfLeaders).toBeGreaterThan(100)
    expect(terms).toBeGreaterThan(4)
  })
})
