/** Tests of the relational server against what PostgreSQL 15 and MariaDB 10.11 were seen to do. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { randomChoice } from '../../kernel/index.ts'
import type { Origin } from '../../kernel/index.ts'
import type { Connection, Outbox } from '../service.ts'
import type { SqlOptions } from './memory.ts'
import { both, code, database, say } from './small-database.ts'
import type { Answer } from './small-database.ts'
import { sql } from './sql.ts'
import type { Flavour, Isolation, Statement } from './statements.ts'

describe.each(both)('inserting a unique key in %s', (flavour) => {
  it('refuses a key that is committed', () => {
    const { a, b } = database(flavour)
    expect(a.insert('x')()).toBe(1)
    expect(b.insert('x')()).toBe(code(flavour, '23505', 'ER_DUP_ENTRY'))
    expect(a.remove('x')()).toBe(1)
    expect(b.remove('x')()).toBe(0)
    expect(b.insert('x')()).toBe(1)
  })

  it('waits for an uncommitted insert and is refused when that commits', () => {
    const { a, b } = database(flavour)
    a.begin()
    a.insert('x')
    const answer = b.insert('x')
    expect(answer()).toBeUndefined()
    a.commit()
    expect(answer()).toBe(code(flavour, '23505', 'ER_DUP_ENTRY'))
  })

  it('goes on when the uncommitted insert is rolled back', () => {
    const { a, b, view } = database(flavour)
    a.begin()
    a.insert('x')
    const answer = b.insert('x')
    a.rollback()
    expect(answer()).toBe(1)
    expect(view.row('l', 'x')?.origin.client).toBe('b')
  })
})

describe('three inserters of one key, of which the first rolls back', () => {
  it('ends in a deadlock for one of the others in InnoDB, because both have the shared lock', () => {
    const { a, b, c, view } = database('innodb')
    a.begin()
    a.insert('x')
    const second = b.insert('x')
    const third = c.insert('x')
    a.rollback()
    expect([second(), third()]).toEqual([1, '1213'])
    expect(view.row('l', 'x')?.origin.client).toBe('b')
  })

  it('lets one insert and refuses the other in PostgreSQL', () => {
    const { a, b, c } = database('postgres')
    a.begin()
    a.insert('x')
    const second = b.insert('x')
    const third = c.insert('x')
    a.rollback()
    expect([second(), third()]).toEqual([1, '23505'])
  })
})

describe.each(both)('FOR UPDATE in %s', (flavour) => {
  const held = (options?: Partial<SqlOptions>) => {
    const world = database(flavour, options)
    world.a.insert('x')
    world.a.insert('y')
    world.a.begin()
    world.a.lock('x')
    return world
  }

  it('lets those who wait in one after another, in order of arrival', () => {
    const { a, b, c, d, view } = held()
    const waits = [b, c, d].map((each) => {
      each.begin()
      return each.lock('x')
    })
    expect(view.lockHolder('l', 'x')?.client).toBe('a')
    for (const [index, each] of [a, b, c].entries()) {
      each.commit()
      expect(waits.map((answer) => answer() !== undefined)).toEqual(
        [0, 1, 2].map((at) => at <= index),
      )
      expect(view.lockWaiters('l', 'x').map(({ client }) => client)).toEqual(
        ['c', 'd'].slice(index),
      )
    }
    expect(view.lockHolder('l', 'x')?.client).toBe('d')
    d.rollback()
    expect(view.lockHolder('l', 'x')).toBeUndefined()
  })

  it('fails at once with NOWAIT, finds nothing with SKIP LOCKED, and never stops a plain SELECT', () => {
    const { b } = held()
    expect(b.lock('x', 'nowait')()).toBe(code(flavour, '55P03', '1205'))
    expect(b.lock('x', 'skip locked')()).toEqual([])
    expect(b.lock('y', 'skip locked')()).toEqual(['y-'])
    expect(b.select('x')).toEqual(['x-'])
  })

  it('locks nothing beyond its own statement with autocommit on', () => {
    const { a, b } = held()
    a.commit()
    expect(a.lock('x')()).toEqual(['x-'])
    expect(b.lock('x')()).toEqual(['x-'])
  })

  it('looks again after waiting: a condition that no longer holds changes nothing', () => {
    const { a, b } = held()
    a.set('x', 'a')
    const answer = b.set('x', 'b', '-')
    expect(answer()).toBeUndefined()
    a.commit()
    expect(answer()).toBe(0)
    expect(b.select('x')).toEqual(['xa'])
  })

  it('is freed when the server sees that the holder is gone', () => {
    const { a, b } = held()
    const answer = b.lock('x')
    a.dies()
    expect(answer()).toEqual(['x-'])
  })

  it('keeps a dead client in the queue until it is granted, and frees it then', () => {
    const { a, b, c } = held()
    b.begin()
    b.lock('x')
    c.begin()
    const answer = c.lock('x')
    b.dies()
    expect(answer()).toBeUndefined()
    a.commit()
    expect(answer()).toEqual(['x-'])
  })

  it('does not survive a crash; committed rows do, uncommitted ones do not', () => {
    const { a, b, state, out, view } = held()
    a.insert('z')
    sql.step(state, { kind: 'crash' }, 0, out)
    sql.step(state, { kind: 'restart' }, 0, out)
    expect(b.lock('x')()).toEqual(['x-'])
    expect(view.row('l', 'z')).toBeUndefined()
    expect(a.commit()).toBe(code(flavour, '25P03', 'ECONNRESET'))
  })

  it('takes the lock and the connection from a transaction that is idle too long', () => {
    const { a, b, at, closed } = held({ idleInTransactionTimeoutMs: 300 })
    const answer = b.lock('x')
    at(299)
    expect(answer()).toBeUndefined()
    at(300)
    expect(answer()).toEqual(['x-'])
    expect(closed).toEqual(['a'])
    expect(a.commit()).toBe(code(flavour, '25P03', 'ECONNRESET'))
  })

  it('answers the statements of one connection in order, also those sent while one waits', () => {
    const { a, b } = held()
    b.begin()
    const first = b.lock('x')
    const second = b.ask({ kind: 'rollback' })
    expect(second()).toBeUndefined()
    a.commit()
    expect([first(), second()]).toEqual([['x-'], 'ok'])
  })
})

describe('a lock wait that takes too long', () => {
  it('fails after 50 s in InnoDB and rolls back the statement only', () => {
    const { a, b, at } = database('innodb')
    a.begin()
    a.insert('x')
    b.begin()
    b.insert('p')
    const answer = b.insert('x')
    at(49_999)
    expect(answer()).toBeUndefined()
    at(50_000)
    expect(answer()).toBe('1205')
    b.commit()
    expect(a.select('p')).toEqual(['p-'])
  })

  it('waits for ever in PostgreSQL unless lock_timeout is set, and then aborts the transaction', () => {
    const patient = database('postgres')
    patient.a.begin()
    patient.a.insert('x')
    const answer = patient.b.insert('x')
    patient.at(10_000_000)
    expect(answer()).toBeUndefined()

    const { a, b, at } = database('postgres', { lockWaitTimeoutMs: 1_500 })
    a.begin()
    a.insert('x')
    b.begin()
    b.insert('p')
    const limited = b.insert('x')
    at(1_500)
    expect(limited()).toBe('55P03')
    expect(b.select('p')).toBe('25P02')
    expect(b.commit()).toBe('25P02')
    expect(b.select('p')).toEqual([])
  })
})

describe('a deadlock of two rows', () => {
  const crossed = (flavour: Flavour) => {
    const world = database(flavour)
    const { a, b } = world
    a.insert('x')
    a.insert('y')
    a.begin()
    b.begin()
    a.lock('x')
    b.lock('y')
    return world
  }

  it('is found at once in InnoDB, which rolls back the one that closed the circle', () => {
    const { a, b } = crossed('innodb')
    const first = a.lock('y')
    const second = b.lock('x')
    expect([first(), second()]).toEqual([['y-'], '1213'])
  })

  it('is found after a second in PostgreSQL, by the first whose timer fires', () => {
    const { a, b, at } = crossed('postgres')
    const first = a.lock('y')
    at(100)
    const second = b.lock('x')
    at(999)
    expect([first(), second()]).toEqual([undefined, undefined])
    at(1_000)
    expect([first(), second()]).toEqual(['40P01', ['x-']])
  })
})

describe('FOR UPDATE of a row that is not there', () => {
  it('is given to two at once in InnoDB, and their inserts end in a deadlock', () => {
    const { a, b } = database('innodb')
    a.begin()
    b.begin()
    expect([a.lock('x')(), b.lock('x')()]).toEqual([[], []])
    const first = a.insert('x')
    expect(first()).toBeUndefined()
    expect(b.insert('x')()).toBe('1213')
    expect(first()).toBe(1)
  })

  it('stops the inserts of others into the gap in InnoDB, and only there', () => {
    const { a, b } = database('innodb')
    a.insert('m')
    a.begin()
    a.lock('x')
    expect(b.insert('c')()).toBe(1)
    expect(b.insert('z')()).toBeUndefined()
  })

  it.each([
    ['postgres', 'default'],
    ['innodb', 'read committed'],
  ] as const)('locks nothing in %s at %s', (flavour, isolation) => {
    const { a, b } = database(flavour, { isolation })
    a.begin()
    a.lock('x')
    expect(b.insert('x')()).toBe(1)
  })
})

describe('FOR UPDATE that cannot use the index', () => {
  const scanned = (flavour: Flavour, isolation: Isolation | 'default') => {
    const world = database(flavour, { indexed: false, isolation })
    world.a.insert('x')
    world.a.insert('y')
    world.a.begin()
    world.a.lock('x')
    return [world.b.lock('y')(), world.c.insert('z')()]
  }

  it('blocks other rows and every insert in InnoDB', () => {
    expect(scanned('innodb', 'default')).toEqual([undefined, undefined])
  })

  it('blocks nobody else in InnoDB at READ COMMITTED, nor in PostgreSQL', () => {
    expect(scanned('innodb', 'read committed')).toEqual([['y-'], 1])
    expect(scanned('postgres', 'default')).toEqual([['y-'], 1])
  })
})

describe('REPEATABLE READ', () => {
  it('shows the state of the first read in InnoDB, but the newest to a locking read', () => {
    const { a, b } = database('innodb')
    b.insert('x')
    a.begin()
    const seen = [a.select('x')]
    b.set('x', 'B')
    seen.push(a.select('x'), a.lock('x')(), a.select('x'))
    expect(seen).toEqual([['x-'], ['x-'], ['xB'], ['x-']])
  })

  it('fails in PostgreSQL if the row changed while it waited', () => {
    const { a, b } = database('postgres', { isolation: 'repeatable read' })
    a.insert('x')
    a.begin()
    a.set('x', 'A')
    b.begin()
    const answer = b.lock('x')
    a.commit()
    expect(answer()).toBe('40001')
  })
})

describe('the property of an exclusive lock', () => {
  const step = fc.record({
    who: fc.nat(3),
    what: fc.constantFrom('begin', 'commit', 'rollback', 'lock', 'set', 'insert', 'remove', 'dies'),
    key: fc.constantFrom('x', 'y'),
    afterMs: fc.constantFrom(0, 0, 700, 60_000),
  })

  it('never has two sessions on one row, and every waiter is answered once the holders end', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom(...both),
        fc.constantFrom<Isolation>('read committed', 'repeatable read'),
        fc.constantFrom<'fifo' | 'arbitrary'>('fifo', 'arbitrary'),
        fc.boolean(),
        (steps, flavour, isolation, grantOrder, indexed) => {
          const world = database(flavour, { isolation, grantOrder, indexed })
          const { state, at } = world
          world.a.insert('x')
          let lives = 0
          const people = [world.a, world.b, world.c, world.d]
          let nowMs = 0
          for (const { who, what, key, afterMs } of steps) {
            nowMs += afterMs
            at(nowMs)
            const person = people[who] as typeof world.a
            if (what === 'dies') {
              person.dies()
              people[who] = world.session(`life-${lives++}`)
            } else if (what === 'begin' || what === 'commit' || what === 'rollback') {
              person[what]()
            } else if (what === 'set') person.set(key, 'o')
            else person[what](key)
            for (const table of state.tables.values()) {
              for (const locks of table.locks.values()) {
                const exclusive = locks.some((lock) => lock.exclusive)
                expect(exclusive ? locks.length : 1).toBe(1)
              }
            }
          }
          // Whoever can speak ends its transaction; whoever waits does so when its turn comes.
          for (const person of people) person.ask({ kind: 'rollback' })
          at(nowMs + 10_000_000)
          for (const table of state.tables.values()) {
            expect([table.waits.length, table.locks.size, table.gaps.length]).toEqual([0, 0, 0])
            expect(table.pending.size).toBe(0)
          }
          const living = [...state.sessions.values()].filter(
            (session) => session.backlog.length > 0,
          )
          expect(living).toEqual([])
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('replication', () => {
  const group = () => {
    const queue: { to: number; from: number; body: unknown }[] = []
    const servers = [0, 1].map((index) => {
      const options = { ...sql.options, replication: 'asynchronous' } as const
      const state = sql.create({ index, size: 2, options, choice: randomChoice(1) })
      const last: Answer[] = []
      const out: Outbox = {
        reply: (_request, reply) => void last.push(say(reply)),
        push: () => undefined,
        peer: (to, body) => void queue.push({ to, from: index, body }),
        close: () => undefined,
        changed: () => undefined,
        fact: () => undefined,
      }
      const give = (input: Parameters<typeof sql.step>[1], nowMs = 0): void =>
        sql.step(state, input, nowMs, out)
      const ask = (body: Statement): Answer => {
        const connection: Connection = { client: 'a', number: 1 }
        const origin: Origin = { client: 'a', hold: 'a#1', activity: 'acquiring' }
        give({ kind: 'request', connection, body, origin })
        return last.at(-1)
      }
      return { give, ask, view: sql.view(state) }
    })
    const [first, second] = servers as [(typeof servers)[0], (typeof servers)[0]]
    const deliver = (): void => {
      for (let letter = queue.shift(); letter !== undefined; letter = queue.shift()) {
        const { to, from, body } = letter
        servers[to]?.give({ kind: 'peer', from, body: body as never })
      }
    }
    return { first, second, deliver, queue }
  }
  const insert = (key: string): Statement => ({ kind: 'insert', table: 'l', key, columns: {} })

  it('brings committed rows to the replica later, and the replica refuses writes', () => {
    const { first, second, deliver } = group()
    first.ask(insert('x'))
    expect(second.view.row('l', 'x')).toBeUndefined()
    deliver()
    expect(second.view.row('l', 'x')?.origin.client).toBe('a')
    expect(second.ask(insert('y'))).toBe('25006')
  })

  it('loses with a failover what had not arrived, and row locks always', () => {
    const { first, second, deliver, queue } = group()
    first.ask(insert('x'))
    deliver()
    first.ask(insert('y'))
    queue.length = 0
    first.ask({ kind: 'begin' })
    first.ask({ kind: 'select for update', table: 'l', key: 'x', ifLocked: 'wait' })
    second.give({ kind: 'promote' })
    first.give({ kind: 'demote', leader: 1 })
    deliver()
    expect(second.ask(insert('y'))).toBe(1)
    deliver()
    expect(
      second.ask({ kind: 'select for update', table: 'l', key: 'x', ifLocked: 'nowait' }),
    ).toEqual(['x'])
    expect(first.view.lockHolder('l', 'x')).toBeUndefined()
    expect(first.view.row('l', 'y')).toBeDefined()
  })

  it('fetches again what was lost on the way', () => {
    const { first, second, deliver, queue } = group()
    first.ask(insert('x'))
    queue.length = 0
    second.give({ kind: 'tick' }, 5_000)
    deliver()
    expect(second.view.row('l', 'x')).toBeDefined()
  })
})
