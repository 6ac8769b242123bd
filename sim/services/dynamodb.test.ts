/** DynamoDB on a table: conditions, updates, lagging reads, and what the SDK makes of a lost answer. */

import { describe, expect, it } from 'vitest'
import { TIMEOUT } from '../kernel/reply.ts'
import type { Reply } from '../kernel/index.ts'
import { CONDITION_FAILED, dynamodb } from './dynamodb.ts'
import type { DynamoDbRequest, DynamoDbTable } from './dynamodb.ts'
import type { Outbox, Port, StubEnvironment } from './service.ts'

const start = (replicaLagMs = 1_000) => {
  const state = dynamodb.create({
    index: 0,
    size: 1,
    options: { replicaLagMs },
    choice: { stream: () => ({ pick: () => 0 }) },
  })
  const replies: Reply<unknown>[] = []
  const causes: string[] = []
  const out: Outbox = {
    reply: (_request, reply) => replies.push(reply),
    changed: (cause) => causes.push(cause),
    push: () => undefined,
    peer: () => undefined,
    close: () => undefined,
    fact: () => undefined,
  }
  return {
    causes,
    view: dynamodb.view(state),
    ask(body: DynamoDbRequest, client = 'client-1', nowMs = 0): unknown {
      const connection = { client, number: 0 }
      const origin = { client, hold: `${client}#1`, activity: 'acquiring' } as const
      dynamodb.step(state, { kind: 'request', connection, body, origin }, nowMs, out)
      const reply = replies.at(-1)
      return reply?.ok === true ? reply.value : reply?.code
    },
    crash() {
      dynamodb.step(state, { kind: 'crash' }, 0, out)
      dynamodb.step(state, { kind: 'restart' }, 0, out)
    },
  }
}

const put = (version: string, condition = {}): DynamoDbRequest => ({
  op: 'put',
  key: 'lock',
  item: { version },
  condition,
})
const get = (consistent = true): DynamoDbRequest => ({ op: 'get', key: 'lock', consistent })

describe('dynamodb', () => {
  it('puts an item under attribute_not_exists for one of two only', () => {
    const { ask } = start()
    expect(ask(put('a', { exists: false }), 'client-1')).toBeUndefined()
    expect(ask(put('b', { exists: false }), 'client-2')).toBe(CONDITION_FAILED)
    expect(ask(get())).toEqual({ version: 'a' })
  })

  it('refuses an update or a delete whose values are not there, and changes nothing', () => {
    const { ask, causes } = start()
    ask(put('a'))
    const condition = { exists: true, where: { version: 'b' } }
    expect(ask({ op: 'delete', key: 'lock', condition })).toBe(CONDITION_FAILED)
    expect(ask({ op: 'update', key: 'lock', set: { version: 'c' }, condition })).toBe(
      CONDITION_FAILED,
    )
    expect(ask({ op: 'delete', key: 'other', condition })).toBe(CONDITION_FAILED)
    expect(ask(get())).toEqual({ version: 'a' })
    expect(causes).toEqual(['request'])
  })

  it('meets IN with any of the values', () => {
    const { ask } = start()
    ask(put('a'))
    const condition = { where: { version: ['x', 'a'] } }
    expect(ask({ op: 'delete', key: 'lock', condition })).toBeUndefined()
    expect(ask(get())).toBeUndefined()
  })

  it('keeps the attributes that an update does not name, and whose item it was', () => {
    const { ask, view } = start()
    ask({ op: 'put', key: 'lock', item: { owner: 'one', version: 'a' }, condition: {} }, 'client-1')
    ask({ op: 'update', key: 'lock', set: { version: 'b' }, condition: {} }, 'client-2')
    expect(ask(get())).toEqual({ owner: 'one', version: 'b' })
    expect(view.item('lock')?.origin.client).toBe('client-1')
  })

  it('makes an item by an update without a condition', () => {
    const { ask } = start()
    ask({ op: 'update', key: 'lock', set: { version: 'a' }, condition: {} })
    expect(ask(get())).toEqual({ version: 'a' })
  })

  it('answers an eventually consistent read with what was true one lag ago', () => {
    const { ask } = start(100)
    ask(put('a'), 'client-1', 1_000)
    expect(ask(get(false), 'client-2', 1_050)).toBeUndefined()
    expect(ask(get(), 'client-2', 1_050)).toEqual({ version: 'a' })
    ask(put('b'), 'client-1', 1_080)
    expect(ask(get(false), 'client-2', 1_100)).toEqual({ version: 'a' })
    expect(ask(get(false), 'client-2', 1_180)).toEqual({ version: 'b' })
  })

  it('loses nothing in a crash', () => {
    const { ask, crash } = start()
    ask(put('a'))
    crash()
    expect(ask(get())).toEqual({ version: 'a' })
  })
})

describe('the SDK', () => {
  /** Runs a call of the table against answers given one by one; every wait is over at once. */
  const say = (answers: readonly Reply<unknown>[], attempts: number) => {
    let sent = 0
    const port = {
      call: () => ({
        *[Symbol.iterator]() {
          return answers[sent++]
        },
      }),
    } as unknown as Port
    const environment = { pick: () => 0 } as unknown as StubEnvironment
    const table: DynamoDbTable = dynamodb.client([port], environment).table(attempts, 1_000)
    const running = table.put('lock', {})
    let step = running.next()
    while (step.done !== true) step = running.next()
    return { reply: step.value, sent }
  }
  const failed: Reply<unknown> = {
    ok: false,
    why: 'refused',
    happened: 'no',
    code: CONDITION_FAILED,
  }
  const refusedConnection: Reply<unknown> = { ...failed, code: 'connection refused' }

  it('takes its own first attempt for somebody else’s when only the answer was lost', () => {
    expect(say([TIMEOUT, failed], 3)).toEqual({ reply: failed, sent: 2 })
  })

  it('says that it does not know if any attempt may have got through', () => {
    expect(say([TIMEOUT, refusedConnection], 2)).toEqual({ reply: TIMEOUT, sent: 2 })
    expect(say([refusedConnection, refusedConnection], 2).reply).toEqual(refusedConnection)
  })
})
