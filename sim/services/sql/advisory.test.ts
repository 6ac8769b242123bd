/** Tests of advisory locks and of the pooler in front of the server, as transcripts. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { database } from './small-database.ts'
import type { Statement } from './statements.ts'

type Someone = ReturnType<typeof database>['a']

const lock = (key = 'k', scope: 'session' | 'transaction' = 'session'): Statement => ({
  kind: 'advisory lock',
  key,
  scope,
  ifLocked: 'wait',
})
const tryLock = (key = 'k'): Statement => ({
  kind: 'advisory lock',
  key,
  scope: 'session',
  ifLocked: 'nowait',
})
const unlock = (key = 'k'): Statement => ({ kind: 'advisory unlock', key })
const get = (key = 'k', timeoutMs = -1): Statement => ({ kind: 'get lock', key, timeoutMs })
const release = (key = 'k'): Statement => ({ kind: 'release lock', key })

const says = (who: Someone, body: Statement): unknown => who.ask(body)()

describe('pg_advisory_lock', () => {
  const names = (view: ReturnType<typeof database>['view']) => [
    view.advisoryHolders('k').map(({ client }) => client),
    view.advisoryQueue('k').map(({ client }) => client),
  ]

  it('lets those who wait in one after another, and shows who they are', () => {
    const { a, b, c, view } = database('postgres')
    expect(says(a, lock())).toBe('ok')
    const second = b.ask(lock())
    const third = c.ask(lock())
    expect(names(view)).toEqual([['a'], ['a', 'b', 'c']])
    expect(says(a, unlock())).toBe(true)
    expect([second(), third()]).toEqual(['ok', undefined])
    expect(names(view)).toEqual([['b'], ['b', 'c']])
  })

  it('stacks: as many unlocks as locks', () => {
    const { a, b } = database('postgres')
    a.ask(lock())
    a.ask(lock())
    expect([says(a, unlock()), says(b, tryLock())]).toEqual([true, false])
    expect([says(a, unlock()), says(a, unlock())]).toEqual([true, false])
    expect(says(b, tryLock())).toBe(true)
  })

  it('is not released by somebody else', () => {
    const { a, b } = database('postgres')
    a.ask(lock())
    expect([says(b, unlock()), says(b, tryLock())]).toEqual([false, false])
  })

  it('survives ROLLBACK and COMMIT, and ends with the session', () => {
    const { a, b } = database('postgres')
    a.begin()
    a.ask(lock())
    a.rollback()
    const waits = b.ask(lock())
    expect(waits()).toBeUndefined()
    a.dies()
    expect(waits()).toBe('ok')
  })

  it('ends with the transaction in its other form, which no unlock touches', () => {
    const { a, b } = database('postgres')
    a.begin()
    a.ask(lock('k', 'transaction'))
    expect([says(a, unlock()), says(b, tryLock())]).toEqual([false, false])
    a.commit()
    expect(says(b, tryLock())).toBe(true)
  })

  it('stays if it is held in both forms and the transaction ends', () => {
    const { a, b } = database('postgres')
    a.begin()
    a.ask(lock())
    a.ask(lock('k', 'transaction'))
    expect([says(a, unlock()), says(b, tryLock())]).toEqual([true, false])
    a.ask(lock())
    a.commit()
    expect(says(b, tryLock())).toBe(false)
    a.ask(unlock())
    expect(says(b, tryLock())).toBe(true)
  })

  it('that closes a circle of waits fails after a second; locks of the session stay', () => {
    const { a, b, at } = database('postgres')
    a.ask(lock('x'))
    b.ask(lock('y'))
    const first = a.ask(lock('y'))
    at(10)
    const second = b.ask(lock('x'))
    at(1_000)
    expect([first(), second()]).toEqual(['40P01', undefined])
    a.ask(unlock('x'))
    expect(second()).toBe('ok')
  })

  it('closes a circle with a row lock too', () => {
    const { a, b, at } = database('postgres')
    a.insert('r')
    a.begin()
    a.lock('r')
    b.ask(lock())
    const first = a.ask(lock())
    at(10)
    const second = b.lock('r')
    at(1_000)
    expect([first(), second()]).toEqual(['40P01', ['r-']])
  })
})

describe('GET_LOCK', () => {
  it('is 1 for who gets it, 0 for who waited in vain; RELEASE_LOCK is 1, 0 or NULL', () => {
    const { a, b, at } = database('innodb')
    expect(says(a, get())).toBe(1)
    expect(says(b, get('k', 0))).toBe(0)
    const waits = b.ask(get('k', 10_000))
    at(9_999)
    expect(waits()).toBeUndefined()
    at(10_000)
    expect(waits()).toBe(0)
    expect([says(b, release()), says(a, release()), says(a, release())]).toEqual([0, 1, 'ok'])
  })

  it('is not released by COMMIT or ROLLBACK, but by the end of the session', () => {
    const { a, b } = database('innodb')
    a.begin()
    a.ask(get())
    a.rollback()
    expect(says(b, get('k', 0))).toBe(0)
    a.dies()
    expect(says(b, get('k', 0))).toBe(1)
  })

  it('since 5.7 keeps others of the session and counts', () => {
    const { a, b } = database('innodb')
    a.ask(get('k'))
    a.ask(get('k'))
    a.ask(get('l'))
    a.ask(release('k'))
    expect([says(b, get('k', 0)), says(b, get('l', 0))]).toEqual([0, 0])
  })

  it('before 5.7 releases the others of the session and does not count', () => {
    const { a, b } = database('innodb', { userLocks: 'one' })
    a.ask(get('k'))
    a.ask(get('l'))
    expect([says(b, get('k', 0)), says(b, get('l', 0))]).toEqual([1, 0])
    a.ask(get('l'))
    a.ask(release('l'))
    expect(says(b, get('l', 0))).toBe(1)
  })

  it('finds a deadlock at once, which rolls nothing back; a circle through a row it does not see', () => {
    const { a, b } = database('innodb')
    a.ask(get('x'))
    b.ask(get('y'))
    const first = a.ask(get('y'))
    expect([says(b, get('x')), first()]).toEqual(['3058', undefined])
    b.ask(release('y'))
    expect(first()).toBe(1)

    const mixed = database('innodb')
    mixed.a.insert('r')
    mixed.a.begin()
    mixed.a.lock('r')
    mixed.b.ask(get('k'))
    const named = mixed.a.ask(get('k'))
    const row = mixed.b.lock('r')
    expect([named(), row()]).toEqual([undefined, undefined])
    mixed.at(50_000)
    expect([named(), row()]).toEqual([undefined, '1205'])
  })

  it('refuses a name of more than 64 characters since 5.7', () => {
    expect(says(database('innodb').a, get('k'.repeat(65)))).toBe('3057')
    expect(says(database('innodb', { userLocks: 'one' }).a, get('k'.repeat(65)))).toBe(1)
  })
})

it('advisory locks do not survive a crash', () => {
  const { a, b, step } = database('postgres')
  a.ask(lock())
  step({ kind: 'crash' })
  step({ kind: 'restart' })
  expect(says(b, tryLock())).toBe(true)
})

describe('a pooler in transaction mode', () => {
  const pooled = { pooler: 'transaction', poolerBackends: 2 } as const

  it('leaves a session’s lock with the backend, where another client finds it open', () => {
    const { a, b, view } = database('postgres', pooled)
    expect(says(a, lock())).toBe('ok')
    expect(says(b, tryLock())).toBe(true)
    expect(view.advisoryHolders('k').map(({ client }) => client)).toEqual(['a', 'b'])
  })

  it('cannot unlock from another backend, and the lock stays until the backend is closed', () => {
    const { a, b, c, at } = database('postgres', { ...pooled, poolerBackends: 3 })
    a.ask(lock())
    b.begin()
    b.select()
    expect(says(a, unlock())).toBe(false)
    const waits = c.ask(lock())
    expect(waits()).toBeUndefined()
    b.commit()
    at(599_999)
    expect(waits()).toBeUndefined()
    at(600_000)
    expect(waits()).toBe('ok')
  })

  it('keeps one backend for the length of a transaction', () => {
    const { a, b } = database('postgres', pooled)
    a.begin()
    a.ask(lock('k', 'transaction'))
    expect(says(b, tryLock())).toBe(false)
    a.commit()
    expect(says(b, tryLock())).toBe(true)
  })

  it('lets clients wait for a backend, and disconnects them when that takes too long', () => {
    const { a, b, c, at, closed } = database('postgres', pooled)
    a.begin()
    b.begin()
    const waits = c.ask(tryLock())
    at(119_999)
    expect([waits(), closed]).toEqual([undefined, []])
    at(120_000)
    expect([waits(), closed]).toEqual(['08P01', ['c']])
    a.commit()
    expect(says(b, tryLock())).toBe(true)
  })

  it('gives the backend of a finished transaction to who waits for one', () => {
    const { a, b, c } = database('postgres', pooled)
    a.begin()
    b.begin()
    const waits = c.ask(tryLock())
    a.commit()
    expect(waits()).toBe(true)
  })

  it('closes the backend of a client that dies in a transaction', () => {
    const { a, b, state } = database('postgres', pooled)
    a.begin()
    a.ask(lock())
    a.dies()
    expect([says(b, tryLock()), state.sessions.size]).toEqual([true, 1])
  })
})

describe('a pooler in session mode', () => {
  it('keeps the backend for the client, and cleans it for the next', () => {
    const { a, b, state } = database('postgres', { pooler: 'session', poolerBackends: 2 })
    a.ask(lock())
    expect(says(b, tryLock())).toBe(false)
    a.dies()
    expect([says(b, tryLock()), state.sessions.size]).toEqual([true, 2])
  })
})

describe.each(['none', 'session', 'transaction'] as const)(
  'an idle connection with pooler %s',
  (pooler) => {
    it('is closed when its time is up', () => {
      const { a, b, at, closed } = database('postgres', {
        idleConnectionTimeoutMs: 350_000,
        pooler,
      })
      a.ask(lock())
      at(349_999)
      expect(closed).toEqual([])
      at(350_000)
      expect(closed).toEqual(['a'])
      // With transaction pooling the lock was never the connection's.
      expect([says(b, tryLock()), says(a, unlock())]).toEqual([true, '25P03'])
    })
  },
)

describe('the property of a named lock', () => {
  const step = fc.record({
    who: fc.nat(3),
    what: fc.constantFrom(
      'begin',
      'commit',
      'rollback',
      'lock',
      'lock in transaction',
      'try',
      'unlock',
      'dies',
    ),
    key: fc.constantFrom('x', 'y'),
    afterMs: fc.constantFrom(0, 0, 700, 60_000),
  })
  const statements = (what: string, key: string): Statement => {
    if (what === 'lock') return lock(key)
    if (what === 'lock in transaction') return lock(key, 'transaction')
    if (what === 'try') return tryLock(key)
    return what === 'unlock' ? unlock(key) : { kind: what as 'begin' | 'commit' | 'rollback' }
  }

  it.each(['none', 'session', 'transaction'] as const)(
    'never has two sessions in it, and leaves nothing behind when all are gone, with pooler %s',
    (pooler) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), fc.nat(2), (steps, spare) => {
          const world = database('postgres', { pooler, poolerBackends: 2 + spare })
          const people = [world.a, world.b, world.c, world.d]
          let lives = 0
          let nowMs = 0
          for (const { who, what, key, afterMs } of steps) {
            nowMs += afterMs
            world.at(nowMs)
            const person = people[who] as Someone
            if (what === 'dies') {
              person.dies()
              people[who] = world.session(`life-${lives++}`)
            } else person.ask(statements(what, key))
            for (const table of world.state.tables.values()) {
              for (const locks of table.locks.values()) expect(locks.length).toBe(1)
            }
          }
          for (const person of people) person.dies()
          // Whatever stays with a backend goes when the pooler closes it.
          world.at(nowMs + 1_000_000)
          for (const table of world.state.tables.values()) {
            expect([table.waits.length, table.locks.size]).toEqual([0, 0])
          }
          expect([world.state.sessions.size, world.state.pool?.clients.size ?? 0]).toEqual([0, 0])
          const late = world.session('late')
          expect([says(late, tryLock('x')), says(late, tryLock('y'))]).toEqual([true, true])
        }),
        { numRuns: 500 },
      )
    },
  )
})
