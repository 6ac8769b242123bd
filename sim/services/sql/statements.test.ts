/** Tests of now(), comparisons, statements about many rows, numbered rows, and two primaries that copy each other. */

import { describe, expect, it } from 'vitest'

import { randomChoice } from '../../kernel/index.ts'
import type { Connection, Outbox } from '../service.ts'
import type { SqlOptions } from './memory.ts'
import { both, code, database, say } from './small-database.ts'
import type { Answer } from './small-database.ts'
import { sql } from './sql.ts'
import type { Statement } from './statements.ts'
import { column, greatest, is, now } from './values.ts'
import type { Settings, Where } from './values.ts'

const table = 'l'
const insert = (key: string, columns: Settings = {}): Statement => ({
  kind: 'insert',
  table,
  key,
  columns,
})
const append = (columns: Settings = {}): Statement => ({ kind: 'insert', table, columns })
const update = (set: Settings, where?: Where, key?: string): Statement => ({
  kind: 'update',
  table,
  key,
  set,
  where,
})
const remove = (where?: Where): Statement => ({ kind: 'delete', table, where })

describe.each(both)('now() in %s', (flavour) => {
  it('is the server’s wall clock, in values and in conditions', () => {
    const { a, at, view } = database(flavour)
    a.ask(insert('x', { until: now(500) }))
    expect(view.row(table, 'x')?.columns['until']).toBe(1_000_500)
    const free = { until: is('<=', now()) }
    at(499)
    expect(a.ask(update({ until: now(500) }, free, 'x'))()).toBe(0)
    at(500)
    expect(a.ask(update({ until: now(500) }, free, 'x'))()).toBe(1)
    expect(view.row(table, 'x')?.columns['until']).toBe(1_001_000)
  })

  it('is that of the transaction’s beginning in PostgreSQL, of the statement’s in MySQL', () => {
    const { a, at, view } = database(flavour)
    a.begin()
    at(100)
    a.ask(insert('x', { at: now() }))
    a.commit()
    expect(view.row(table, 'x')?.columns['at']).toBe(flavour === 'postgres' ? 1_000_000 : 1_000_100)
  })

  it('does not move while a statement waits', () => {
    const { a, b, at, view } = database(flavour)
    a.ask(insert('x', { at: 0 }))
    a.begin()
    a.lock('x')
    const answer = b.ask(update({ at: now() }, undefined, 'x'))
    at(100)
    a.commit()
    expect(answer()).toBe(1)
    expect(view.row(table, 'x')?.columns['at']).toBe(1_000_000)
  })
})

describe('conditions', () => {
  const row = { n: 5, s: 'b' }
  it.each<[string, Where, 0 | 1]>([
    ['equals', { n: 5, s: 'b' }, 1],
    ['equals, one of them not', { n: 5, s: 'c' }, 0],
    ['less', { n: is('<', 5) }, 0],
    ['at most', { n: is('<=', 5) }, 1],
    ['more', { n: is('>', 4) }, 1],
    ['at least', { n: is('>=', 6) }, 0],
    ['another', { s: is('!=', 'a') }, 1],
    ['one of two', [{ n: 9 }, { s: 'b' }], 1],
    ['none of two', [{ n: 9 }, { s: 'a' }], 0],
    ['NULL equals nothing', { other: is('!=', 1) }, 0],
    ['a column plus a number', { n: is('<', column('n', 1)) }, 1],
    ['the greatest', { n: greatest(1, 5, column('nothing')) }, 1],
  ])('%s', (_words, where, rows) => {
    const { a } = database('postgres')
    a.ask(insert('x', row))
    expect(a.ask(update({ n: 0 }, where, 'x'))()).toBe(rows)
  })
})

describe.each(both)('many rows in %s', (flavour) => {
  const filled = (options?: Partial<SqlOptions>) => {
    const world = database(flavour, options)
    for (const [key, n] of [
      ['x', 3],
      ['y', 1],
      ['z', 2],
    ] as const) {
      world.a.ask(insert(key, { n }))
    }
    return world
  }

  it('are selected by a condition, in order, with a limit', () => {
    const { a } = filled()
    const ask = (selection: object): Answer => a.ask({ kind: 'select', table, ...selection })()
    expect(ask({ orderBy: 'n' })).toEqual(['y1', 'z2', 'x3'])
    expect(ask({ where: { n: is('>', 1) }, orderBy: 'n', limit: 1 })).toEqual(['z2'])
  })

  it('are deleted and updated by a condition; the answer is how many', () => {
    const { a } = filled()
    expect(a.ask(update({ n: column('n', 10) }, { n: is('>=', 2) }))()).toBe(2)
    expect(a.ask(remove({ n: is('<', 13) }))()).toBe(2)
    expect(a.select()).toEqual(['x13'])
  })

  it('wait for a locked row and look again: one that was changed meanwhile stays', () => {
    const { a, b } = filled()
    b.begin()
    b.ask(update({ n: 9 }, undefined, 'y'))
    const answer = a.ask(remove({ n: is('<=', 2) }))
    expect(answer()).toBeUndefined()
    b.commit()
    expect(answer()).toBe(1)
    expect(a.select()).toEqual(['x3', 'y9'])
  })

  it('are locked one each by those that skip what is locked', () => {
    const { a, b } = filled({ isolation: 'read committed' })
    const next = { kind: 'select for update', ifLocked: 'skip locked', orderBy: 'n' } as const
    a.begin()
    b.begin()
    expect(a.ask({ ...next, table, limit: 1 })()).toEqual(['y1'])
    expect(b.ask({ ...next, table, limit: 1 })()).toEqual(['z2'])
  })

  it('leave no lock on what did not match, unless InnoDB scans at REPEATABLE READ', () => {
    const { a, b } = filled()
    a.begin()
    a.ask(update({ n: 5 }, { n: 1 }))
    expect(b.lock('x', 'nowait')()).toEqual(flavour === 'postgres' ? ['x3'] : '1205')
    const other = filled({ isolation: 'read committed' })
    other.a.begin()
    other.a.ask(update({ n: 5 }, { n: 1 }))
    expect(other.b.lock('x', 'nowait')()).toEqual(['x3'])
  })
})

describe.each(both)('rows that the table numbers in %s', (flavour) => {
  it('take their number at INSERT and are seen at COMMIT', () => {
    const { a, b } = database(flavour)
    a.begin()
    expect(a.ask(append())()).toBe(1)
    expect(b.ask(append())()).toBe(2)
    expect(b.select()).toEqual(['00000000022'])
    a.commit()
    expect(b.select()).toEqual(['00000000011', '00000000022'])
  })

  it('leave a gap where the transaction was rolled back', () => {
    const { a } = database(flavour)
    a.begin()
    a.ask(append())
    a.rollback()
    expect(a.ask(append())()).toBe(2)
  })
})

describe('a renewal', () => {
  it('leaves the row to whoever made it, for the judges', () => {
    const { a, b, view } = database('postgres')
    a.ask(insert('x', { n: 1 }))
    b.ask({ kind: 'update', table, key: 'x', set: { n: 2 }, keepsOrigin: true })
    expect(view.row(table, 'x')).toMatchObject({ columns: { n: 2 }, origin: { client: 'a' } })
    b.ask(update({ n: 3 }, undefined, 'x'))
    expect(view.row(table, 'x')?.origin.client).toBe('b')
  })
})

describe('two primaries that copy each other', () => {
  const pair = (options: Partial<SqlOptions> = {}) => {
    const queue: { to: number; from: number; body: unknown }[] = []
    let nowMs = 0
    const servers = [0, 1].map((index) => {
      const state = sql.create({
        index,
        size: 2,
        options: { ...sql.options, replication: 'two-way', ...options },
        choice: randomChoice(1),
        wallMs: () => nowMs,
      })
      const connections: Record<string, Connection> = {}
      let last: Answer
      const out: Outbox = {
        reply: (_request, reply) => void (last = say(reply)),
        push: () => undefined,
        peer: (to, body) => void queue.push({ to, from: index, body }),
        close: () => undefined,
        changed: () => undefined,
        fact: () => undefined,
      }
      const give = (input: Parameters<typeof sql.step>[1]): void =>
        sql.step(state, input, nowMs, out)
      const ask = (client: string, body: Statement): Answer => {
        const connection = connections[client] ?? { client, number: 1 }
        connections[client] = connection
        const origin = { client, hold: `${client}#1`, activity: 'acquiring' } as const
        last = undefined
        give({ kind: 'request', connection, body, origin })
        return last
      }
      const owner = (key: string) => sql.view(state).row(table, key)?.origin.client
      return { give, ask, owner, wakeAtMs: () => sql.wakeAtMs(state) }
    })
    const [one, two] = servers as [(typeof servers)[0], (typeof servers)[0]]
    const deliver = (): void => {
      for (let letter = queue.shift(); letter !== undefined; letter = queue.shift()) {
        const { to, from, body } = letter
        servers[to]?.give({ kind: 'peer', from, body: body as never })
      }
    }
    const at = (ms: number): void => {
      nowMs = ms
      for (const server of servers) server.give({ kind: 'tick' })
      deliver()
    }
    return { one, two, deliver, at, queue }
  }
  const erase: Statement = { kind: 'delete', table, key: 'x' }

  it('bring rows in both directions, once, after the lag', () => {
    const { one, two, at } = pair({ replicationLagMs: 200 })
    one.ask('a', insert('x'))
    two.ask('b', insert('y'))
    expect(one.wakeAtMs()).toBe(200)
    at(199)
    expect([two.owner('x'), one.owner('y')]).toEqual([undefined, undefined])
    at(200)
    expect([two.owner('x'), one.owner('y')]).toEqual(['a', 'b'])
  })

  it('both grant the same key before they have heard of each other, and then stop', () => {
    const { one, two, deliver } = pair()
    expect([one.ask('a', insert('x')), two.ask('b', insert('x'))]).toEqual([1, 1])
    deliver()
    expect([one.owner('x'), two.owner('x')]).toEqual(['a', 'b'])
    one.ask('a', insert('later'))
    deliver()
    expect(two.owner('later')).toBeUndefined()
  })

  it('let the later commit win where they are told to', () => {
    const { one, two, at } = pair({ onConflict: 'last-writer-wins', replicationLagMs: 100 })
    one.ask('a', insert('x'))
    at(50)
    two.ask('b', insert('x'))
    at(150)
    expect([one.owner('x'), two.owner('x')]).toEqual(['b', 'b'])
  })

  it('delete the row of the same key, whoever made it', () => {
    const { one, two, deliver, at } = pair({
      onConflict: 'last-writer-wins',
      replicationLagMs: 100,
    })
    one.ask('a', insert('x'))
    at(50)
    two.ask('b', insert('x'))
    at(60)
    one.ask('a', erase)
    at(160)
    deliver()
    // The copied insert comes after the deletion, which left nothing behind that could refuse it.
    expect([one.owner('x'), two.owner('x')]).toEqual(['b', undefined])
  })

  it('wait with a copied row for a local transaction that has its lock', () => {
    const { one, two, deliver } = pair()
    one.ask('a', insert('x'))
    deliver()
    two.ask('b', { kind: 'begin' })
    two.ask('b', { kind: 'select for update', table, key: 'x', ifLocked: 'wait' })
    one.ask('a', erase)
    deliver()
    expect(two.owner('x')).toBe('a')
    two.ask('b', { kind: 'commit' })
    expect(two.owner('x')).toBeUndefined()
  })

  it('fetch again what was lost on the way', () => {
    const { one, two, at, queue } = pair()
    one.ask('a', insert('x'))
    queue.length = 0
    at(5_000)
    expect(two.owner('x')).toBe('a')
  })

  it.each(both)('meet a deleted row that is not there as %s does', (flavour) => {
    const { one, two, deliver, queue } = pair({ flavour })
    one.ask('a', insert('x'))
    deliver()
    one.ask('a', erase)
    two.ask('b', erase)
    expect(queue.length).toBe(2)
    deliver()
    one.ask('a', insert('later'))
    deliver()
    expect(two.owner('later')).toBe(code(flavour, 'a', '') || undefined)
  })
})
