/** One relational server without a world, for tests: sessions that speak to it and what it answers. */

import { randomChoice } from '../../kernel/index.ts'
import type { Origin, Reply } from '../../kernel/index.ts'
import type { Connection, Outbox, RequestInput } from '../service.ts'
import type { SqlOptions } from './memory.ts'
import { sql } from './sql.ts'
import type { Flavour, IfLocked, Isolation, Statement } from './statements.ts'

/** What a server said, short. */
export type Answer = string | number | boolean | readonly string[] | undefined

/** Puts a reply in short words. */
export const say = (reply: Reply<unknown>): Answer => {
  if (!reply.ok) return reply.code
  const { value } = reply
  if (typeof value === 'number' || typeof value === 'boolean') return value
  if (!Array.isArray(value)) return 'ok'
  return value.map(
    (row: { key: string; columns: object }) => row.key + Object.values(row.columns).join(),
  )
}

/** A server of its own. */
export const database = (flavour: Flavour, options: Partial<SqlOptions> = {}) => {
  let nowMs = 0
  const state = sql.create({
    index: 0,
    size: 1,
    options: { ...sql.options, flavour, ...options },
    choice: randomChoice(1),
    wallMs: () => nowMs + 1_000_000,
  })
  const answers = new Map<RequestInput<unknown>, Answer>()
  const closed: string[] = []
  const out: Outbox = {
    reply: (request, reply) => {
      if (answers.has(request)) throw new Error('answered twice')
      answers.set(request, say(reply))
    },
    push: () => undefined,
    peer: () => undefined,
    close: ({ client }) => void closed.push(client),
    changed: () => undefined,
    fact: () => undefined,
  }
  const at = (ms: number): void => {
    for (let wake = sql.wakeAtMs(state); wake <= ms; wake = sql.wakeAtMs(state)) {
      nowMs = wake
      sql.step(state, { kind: 'tick' }, nowMs, out)
    }
    nowMs = ms
  }
  const session = (client: string) => {
    const connection: Connection = { client, number: 1 }
    const origin: Origin = { client, hold: `${client}#1`, activity: 'acquiring' }
    /** Says it and gives a way to look at the answer, now or later; undefined while it waits. */
    const ask = (body: Statement): (() => Answer) => {
      const request = { kind: 'request', connection, body, origin } as const
      sql.step(state, request, nowMs, out)
      return () => answers.get(request)
    }
    return {
      ask,
      begin: (isolation?: Isolation) => ask({ kind: 'begin', isolation })(),
      commit: () => ask({ kind: 'commit' })(),
      rollback: () => ask({ kind: 'rollback' })(),
      insert: (key: string) => ask({ kind: 'insert', table: 'l', key, columns: { owner: '-' } }),
      remove: (key: string) => ask({ kind: 'delete', table: 'l', key }),
      set: (key: string, owner: string, from?: string) =>
        ask({
          kind: 'update',
          table: 'l',
          key,
          set: { owner },
          where: from === undefined ? undefined : { owner: from },
        }),
      select: (key?: string) => ask({ kind: 'select', table: 'l', key })(),
      lock: (key: string, ifLocked: IfLocked = 'wait') =>
        ask({ kind: 'select for update', table: 'l', key, ifLocked }),
      dies: () => sql.step(state, { kind: 'closed', connection }, nowMs, out),
    }
  }
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(session) as [S, S, S, S]
  type S = ReturnType<typeof session>
  const step = (input: Parameters<typeof sql.step>[1]): void => sql.step(state, input, nowMs, out)
  return { a, b, c, d, at, step, state, out, closed, session, view: sql.view(state), answers }
}

/** Both families. */
export const both: readonly Flavour[] = ['postgres', 'innodb']
/** What each family calls an error. */
export const code = (flavour: Flavour, postgres: string, innodb: string): string =>
  flavour === 'postgres' ? postgres : innodb
