/** The protected store: fencing as the diagram has it, facts about every operation, durable register. */

import { describe, expect, it } from 'vitest'

import { TIMEOUT } from '../kernel/reply.ts'
import type { CommitFact, Effect, Reply, StoreFact } from '../kernel/index.ts'
import type { Connection, Outbox, Port, StubEnvironment } from './service.ts'
import { STALE_TOKEN, store, TOKEN_MISSING } from './store.ts'
import type { Fencing, StoreRequest } from './store.ts'

const connection: Connection = { client: 'client-1', number: 0 }

const startStore = (fencing: Fencing) => {
  const state = store.create({
    index: 0,
    size: 1,
    options: { fencing },
    choice: { stream: () => ({ pick: () => 0 }) },
  })
  const facts: (StoreFact | CommitFact)[] = []
  const replies: Reply<unknown>[] = []
  const never = () => {
    throw new Error('the store does not do this')
  }
  const out: Outbox = {
    reply: (_request, reply) => replies.push(reply),
    fact: (fact) => facts.push(fact),
    push: never,
    peer: never,
    close: never,
    changed: never,
  }
  const ask = (body: StoreRequest, hold = 'client-1#1') => {
    const client = hold.slice(0, hold.indexOf('#'))
    const origin = { client, hold, activity: 'holding' } as const
    store.step(state, { kind: 'request', connection, body, origin }, 0, out)
    return replies.at(-1)
  }
  return {
    ask,
    facts,
    replies,
    view: store.view(state),
    crash() {
      store.step(state, { kind: 'crash' }, 0, out)
      store.step(state, { kind: 'restart' }, 0, out)
    },
    closed: () => store.step(state, { kind: 'closed', connection }, 0, out),
  }
}

describe('store', () => {
  it('reads what was written last', () => {
    const { ask } = startStore('off')
    expect(ask({ op: 'read' })).toEqual({ ok: true, value: 0 })
    expect(ask({ op: 'write', value: 7 })).toEqual({ ok: true, value: true })
    expect(ask({ op: 'read' })).toEqual({ ok: true, value: 7 })
  })

  it('states a fact with the hold on whose behalf it acted, before it answers', () => {
    const { ask, facts } = startStore('off')
    ask({ op: 'read', token: 4 }, 'client-2#3')
    ask({ op: 'write', value: 1 }, 'client-1#1')
    expect(facts).toEqual([
      { kind: 'store-read', client: 'client-2', hold: 'client-2#3', token: 4, value: 0 },
      { kind: 'store-written', client: 'client-1', hold: 'client-1#1', value: 1, before: 0 },
    ])
  })

  it('does not look at tokens when fencing is off', () => {
    const { ask, view } = startStore('off')
    ask({ op: 'write', value: 1, token: 34 })
    expect(ask({ op: 'write', value: 2, token: 33 })).toEqual({ ok: true, value: true })
    expect(view).toMatchObject({ value: 2, highestToken: -1 })
  })

  it('rejects a write with token 33 after it has processed one with 34', () => {
    const { ask, facts, view } = startStore('writes')
    ask({ op: 'write', value: 1, token: 34 }, 'client-2#1')
    expect(ask({ op: 'write', value: 9, token: 33 }, 'client-1#1')).toEqual({
      ok: false,
      why: 'refused',
      happened: 'no',
      code: STALE_TOKEN,
    })
    expect(facts.at(-1)).toEqual({
      kind: 'store-refused',
      client: 'client-1',
      hold: 'client-1#1',
      operation: 'write',
      token: 33,
      highest: 34,
    })
    expect(view).toMatchObject({ value: 1, highestToken: 34 })
  })

  it('accepts a token again, and token 0 as the first', () => {
    const { ask, view } = startStore('writes')
    expect(ask({ op: 'write', value: 1, token: 0 })).toMatchObject({ ok: true })
    expect(ask({ op: 'write', value: 2, token: 0 })).toMatchObject({ ok: true })
    expect(view.value).toBe(2)
  })

  it('refuses a write without a token where tokens are checked', () => {
    for (const fencing of ['writes', 'all'] as const) {
      const { ask, facts } = startStore(fencing)
      expect(ask({ op: 'write', value: 1 })).toMatchObject({ ok: false, code: TOKEN_MISSING })
      expect(facts.at(-1)).not.toHaveProperty('token')
    }
  })

  it('lets the stale write in when the newer holder has only read and reads are not checked', () => {
    const { ask } = startStore('writes')
    ask({ op: 'read', token: 34 }, 'client-2#1')
    expect(ask({ op: 'write', value: 1, token: 33 }, 'client-1#1')).toMatchObject({ ok: true })
  })

  it('registers tokens at reads when all operations are checked', () => {
    const { ask, facts } = startStore('all')
    ask({ op: 'read', token: 34 }, 'client-2#1')
    expect(ask({ op: 'write', value: 1, token: 33 }, 'client-1#1')).toMatchObject({ ok: false })
    expect(ask({ op: 'read', token: 33 }, 'client-1#1')).toMatchObject({ code: STALE_TOKEN })
    expect(ask({ op: 'read' }, 'client-1#1')).toMatchObject({ code: TOKEN_MISSING })
    expect(facts.map((fact) => fact.kind)).toEqual([
      'store-read',
      'store-refused',
      'store-refused',
      'store-refused',
    ])
  })

  it('keeps value and highest token across a crash', () => {
    const { ask, crash, view } = startStore('writes')
    ask({ op: 'write', value: 5, token: 34 })
    crash()
    expect(view).toMatchObject({ value: 5, highestToken: 34 })
    expect(ask({ op: 'write', value: 6, token: 33 })).toMatchObject({ ok: false })
  })

  it('answers every request once and nothing else', () => {
    const { ask, closed, crash, replies } = startStore('all')
    ask({ op: 'read' })
    ask({ op: 'write', value: 1, token: 1 })
    closed()
    crash()
    expect(replies).toHaveLength(2)
  })

  it('offers a client that sends tokens only when it has them', () => {
    const bodies: unknown[] = []
    const port: Port = {
      server: 'store',
      call: <Value>(body: unknown, timeoutMs?: number) => {
        bodies.push([body, timeoutMs])
        return TIMEOUT as unknown as Effect<Reply<Value>>
      },
      connect: () => port,
      disconnect: () => {
        throw new Error('unused')
      },
      channel: () => {
        throw new Error('unused')
      },
    }
    const client = store.client([port], {} as StubEnvironment)
    client.read()
    client.read(3, 50)
    client.write(1)
    client.write(2, 4, 60)
    expect(bodies).toEqual([
      [{ op: 'read' }, undefined],
      [{ op: 'read', token: 3 }, 50],
      [{ op: 'write', value: 1 }, undefined],
      [{ op: 'write', value: 2, token: 4 }, 60],
    ])
  })
})
