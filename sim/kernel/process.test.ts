/** What each effect gives back, when, and what it does to those who wait. */

import { describe, expect, it } from 'vitest'
import { smallWorld, valueOf } from '../world/small-world.ts'
import {
  all,
  clock,
  Effect,
  mark,
  monotonic,
  note,
  post,
  race,
  receive,
  sleep,
  spawn,
  stop,
} from './effect.ts'
import type { Process } from './effect.ts'
import { Mailbox } from './mailbox.ts'
import type { Task } from './process.ts'

function* answerAfter<Answer>(ms: number, answer: Answer): Process<Answer> {
  yield* sleep(ms)
  return answer
}

describe('sleep', () => {
  it('ends after its duration, in eighths of a millisecond', () => {
    const { start, run, world } = smallWorld()
    const woke: number[] = []
    start(function* () {
      for (const ms of [5, 0, 0.3, 2.125]) {
        yield* sleep(ms)
        woke.push(world.kernel.nowMs)
      }
    })
    expect(run()).toBe('idle')
    expect(woke).toEqual([5, 5, 5.25, 7.375])
  })

  it('is measured on the node’s own clock: a fast one wakes it early in true time', () => {
    const { start, run, world } = smallWorld({ clocks: { 'client-1': { driftPpm: 1_000_000 } } })
    start(function* () {
      yield* sleep(100)
      expect(yield* monotonic()).toBe(100)
    })
    run()
    expect(world.kernel.nowMs).toBe(50)
  })

  it('for ever is no event: the world goes idle', () => {
    const { start, run, world } = smallWorld()
    start(function* () {
      yield* sleep(Infinity)
    })
    expect(run()).toBe('idle')
    expect(world.kernel.nowMs).toBe(0)
  })
})

describe('clock and monotonic', () => {
  it('read the node’s own clocks, which differ from true time and from each other', () => {
    const { start, run } = smallWorld({
      clocks: { 'client-1': { offsetMs: 500, driftPpm: 100_000 } },
    })
    const read: number[] = []
    start(function* () {
      yield* sleep(110)
      read.push(yield* clock(), yield* monotonic())
    })
    run()
    expect(read).toEqual([610, 110])
  })

  it('give the old value when a pause falls between the reading and its use', () => {
    const { start, run, world, at, client } = smallWorld()
    const seen: (readonly [number, number])[] = []
    start(function* () {
      const readMs = yield* clock()
      seen.push([readMs, world.kernel.nowMs])
    })
    // Step 1 asks for the clock, step 2 gets the answer.
    world.when({ node: 'client-1', step: 2 }, () => {
      world.pause(client, false)
      at(world.kernel.nowMs + 700, () => world.resume(client, false))
    })
    run()
    expect(seen).toEqual([[0, 700]])
  })
})

describe('all', () => {
  it('asks at once, waits for the last and answers in the order of the parts', () => {
    const { start, run, world } = smallWorld()
    const got: unknown[] = []
    start(function* ({ first }) {
      const [reply, word, , nowMs] = yield* all([
        first.call({ op: 'echo', value: 'a' }),
        answerAfter(9, 'b'),
        sleep(4),
        clock(),
      ])
      got.push(valueOf(reply), word, nowMs, world.kernel.nowMs)
    })
    run()
    expect(got).toEqual(['a', 'b', 0, 9])
  })

  it('of nothing is nothing, at once', () => {
    const { start, run, world } = smallWorld()
    const got: unknown[] = []
    start(function* () {
      got.push(yield* all([]), world.kernel.nowMs)
    })
    run()
    expect(got).toEqual([[], 0])
  })
})

describe('race', () => {
  it('answers with the first part and says which it was', () => {
    const { start, run, world } = smallWorld()
    const got: unknown[] = []
    start(function* () {
      got.push(yield* race([answerAfter(9, 'slow'), answerAfter(3, 'fast')]), world.kernel.nowMs)
    })
    run()
    expect(got).toEqual([{ index: 1, answer: 'fast' }, 3])
  })

  it('goes to the part named first when both are ready at one instant', () => {
    const { start, run } = smallWorld()
    const got: number[] = []
    start(function* () {
      got.push((yield* race([sleep(3), sleep(3)])).index)
    })
    run()
    expect(got).toEqual([0])
  })

  it('abandons the losers: a process takes no further step, a request has its effect all the same', () => {
    const { start, run, heard, world } = smallWorld()
    const steps: string[] = []
    function* loser(): Process {
      steps.push('began')
      yield* sleep(5)
      steps.push('went on')
    }
    start(function* ({ first }) {
      yield* race([sleep(0.5), loser(), first.call({ op: 'echo', value: 'x' })])
      yield* sleep(100)
    })
    run()
    expect(steps).toEqual(['began'])
    expect(heard()).toEqual(['echo x of client-1 at 1'])
    expect(world.kernel.nowMs).toBe(100.5)
  })

  it('abandons what a loser waited for as well, however deep', () => {
    const { start, run } = smallWorld()
    const steps: string[] = []
    function* leaf(): Process {
      yield* sleep(5)
      steps.push('leaf went on')
    }
    function* branch(): Process {
      yield* all([leaf(), leaf()])
    }
    start(function* () {
      yield* race([sleep(1), branch()])
      yield* sleep(100)
    })
    run()
    expect(steps).toEqual([])
  })

  it('leaves a letter to the next reader when the one who waited for it lost', () => {
    const { start, run, world } = smallWorld()
    const mailbox = new Mailbox<string>(world.kernel)
    const got: unknown[] = []
    start(function* () {
      yield* race([receive(mailbox), sleep(1)])
      yield* post(mailbox, 'late')
      got.push(yield* receive(mailbox, 10))
    })
    run()
    expect(got).toEqual(['late'])
  })
})

describe('spawn and stop', () => {
  it('runs a child beside its parent and ends it where it stands', () => {
    const { start, run, world } = smallWorld()
    const beats: number[] = []
    const tasks: Task[] = []
    function* heart(): Process {
      try {
        for (;;) {
          yield* sleep(10)
          beats.push(world.kernel.nowMs)
        }
      } finally {
        beats.push(-1)
      }
    }
    start(function* () {
      const task = yield* spawn('heart', heart())
      tasks.push(task)
      yield* sleep(35)
      expect(task.ended).toBe(false)
      yield* stop(task)
      expect(task.ended).toBe(true)
      yield* stop(task)
      yield* sleep(100)
    })
    run()
    // A killed process gets no last words: `finally` does not run.
    expect(beats).toEqual([10, 20, 30])
    expect(tasks.map(({ name }) => name)).toEqual(['heart'])
  })

  it('ends the parts that a stopped child waits for', () => {
    const { start, run } = smallWorld()
    const steps: string[] = []
    function* part(): Process {
      yield* sleep(5)
      steps.push('part went on')
    }
    function* child(): Process {
      yield* all([part(), part()])
    }
    start(function* () {
      const task = yield* spawn('child', child())
      yield* sleep(1)
      yield* stop(task)
      yield* sleep(50)
    })
    run()
    expect(steps).toEqual([])
  })

  it('lets a child outlive its parent, but not a crash of the node', () => {
    const { start, run, world, at, client } = smallWorld()
    const beats: number[] = []
    function* heart(): Process {
      for (;;) {
        yield* sleep(10)
        beats.push(world.kernel.nowMs)
      }
    }
    start(function* () {
      yield* spawn('heart', heart())
    })
    at(25, () => world.crash(client, false))
    run()
    expect(beats).toEqual([10, 20])
  })

  it('says that a child which returned has ended', () => {
    const { start, run } = smallWorld()
    const ended: boolean[] = []
    start(function* () {
      const task = yield* spawn('short', answerAfter(1, 'x'))
      ended.push(task.ended)
      yield* sleep(2)
      ended.push(task.ended)
    })
    run()
    expect(ended).toEqual([false, true])
  })

  it('can stop itself', () => {
    const { start, run } = smallWorld()
    const steps: string[] = []
    start(function* () {
      const box: Task[] = []
      function* child(): Process {
        yield* sleep(1)
        yield* stop(box[0] as Task)
        steps.push('went on')
      }
      box.push(yield* spawn('child', child()))
    })
    run()
    expect(steps).toEqual([])
  })
})

describe('receive and post', () => {
  it('hands letters over in order, at the instant at which they come', () => {
    const { start, run, world } = smallWorld()
    const mailbox = new Mailbox<number>(world.kernel)
    const got: unknown[] = []
    start(function* () {
      for (let count = 0; count < 3; count++)
        got.push([yield* receive(mailbox), world.kernel.nowMs])
    })
    start(function* () {
      yield* sleep(7)
      yield* post(mailbox, 1)
      yield* post(mailbox, 2)
      yield* sleep(1)
      yield* post(mailbox, 3)
    })
    run()
    expect(got).toEqual([
      [1, 7],
      [2, 7],
      [3, 8],
    ])
  })

  it('says undefined when the time is up, and keeps a later letter for the next receiver', () => {
    const { start, run, world } = smallWorld()
    const mailbox = new Mailbox<string>(world.kernel)
    const got: unknown[] = []
    start(function* () {
      got.push(yield* receive(mailbox, 5), world.kernel.nowMs)
      yield* sleep(10)
      got.push(mailbox.waiting, yield* receive(mailbox, 5), world.kernel.nowMs)
    })
    start(function* () {
      yield* sleep(6)
      yield* post(mailbox, 'late')
    })
    run()
    expect(got).toEqual([undefined, 5, 1, 'late', 15])
  })

  it('does not let the timeout of a letter that came disturb the next wait', () => {
    const { start, run, world } = smallWorld()
    const mailbox = new Mailbox<string>(world.kernel)
    const got: unknown[] = []
    start(function* () {
      got.push(yield* receive(mailbox, 5))
      yield* sleep(50)
      got.push(world.kernel.nowMs)
    })
    start(function* () {
      yield* sleep(2)
      yield* post(mailbox, 'in time')
    })
    run()
    expect(got).toEqual(['in time', 52])
  })

  it('counts its timeout on the node’s own clock', () => {
    const { start, run, world } = smallWorld({ clocks: { 'client-1': { driftPpm: -500_000 } } })
    const mailbox = new Mailbox<string>(world.kernel)
    start(function* () {
      yield* receive(mailbox, 5)
    })
    run()
    expect(world.kernel.nowMs).toBe(10)
  })

  it('can look without waiting, throw away, and take falsy letters', () => {
    const { start, run, world } = smallWorld()
    const mailbox = new Mailbox<number | string>(world.kernel)
    const got: unknown[] = []
    start(function* () {
      for (const letter of [0, '', 1]) yield* post(mailbox, letter)
      got.push(mailbox.take(), yield* receive(mailbox, 5), mailbox.waiting)
      mailbox.clear()
      got.push(mailbox.waiting, mailbox.take())
    })
    run()
    expect(got).toEqual([0, '', 1, 0, undefined])
  })
})

describe('mark and note', () => {
  it('state facts with place and true time, at once and in order', () => {
    const { start, run, facts } = smallWorld()
    start(function* () {
      yield* sleep(2)
      yield* mark({ kind: 'acquiring', hold: 'client-1#1' })
      yield* note('so far so good')
    })
    run()
    expect(facts).toEqual([
      { atMs: 2, node: 'client-1', kind: 'acquiring', hold: 'client-1#1' },
      { atMs: 2, node: 'client-1', kind: 'note', text: 'so far so good' },
    ])
  })

  it('change on whose behalf later requests and children act', () => {
    const { start, run, lines } = smallWorld({ record: true })
    const origins: unknown[] = []
    start(function* ({ first }) {
      const origin = { client: 'client-1', hold: 'client-1#1', activity: 'acquiring' } as const
      yield* mark({ kind: 'acquiring', hold: 'client-1#1' }, origin)
      yield* first.call({ op: 'echo', value: 1 })
      origins.push(origin)
    })
    run()
    expect(origins).toHaveLength(1)
    expect(lines.map(({ kind }) => kind)).toEqual([
      'acquiring',
      'request-sent',
      'request-arrived',
      'reply-sent',
      'reply-arrived',
    ])
  })
})

describe('what needs no waiting', () => {
  it('hides no error of a watcher from the world, whatever the process catches', () => {
    const { start, run, world } = smallWorld()
    const caught: unknown[] = []
    start(function* () {
      try {
        yield* note('watched')
      } catch (error) {
        caught.push(error)
      }
    })
    world.when({ node: 'client-1', event: 'note' }, () => {
      throw new RangeError('a watcher failed')
    })
    expect(run).toThrow('a watcher failed')
    expect(caught).toEqual([])
  })

  it('ends with the process when a fault kills it just then', () => {
    const { start, run, world, client } = smallWorld()
    const after: string[] = []
    start(function* () {
      yield* note('last words')
      after.push('went on')
    })
    world.when({ node: 'client-1', event: 'note' }, () => world.crash(client, false))
    expect(run()).toBe('idle')
    expect(after).toEqual([])
  })

  it('is answered although a watcher ran another simulation in the middle of it', () => {
    const { start, run, world } = smallWorld()
    const read: number[] = []
    const readClock = function* (): Process {
      yield* note('now')
      read.push(yield* clock())
    }
    start(function* () {
      yield* sleep(5)
      yield* readClock()
    })
    world.when({ node: 'client-1', event: 'note' }, () => {
      const other = smallWorld()
      other.start(readClock)
      other.run()
    })
    run()
    expect(read).toEqual([0, 5])
  })

  it('is yielded like any effect where no simulation runs', () => {
    const asked = (function* () {
      return yield* clock()
    })()
    expect(asked.next().value).toBeInstanceOf(Effect)
    expect(asked.next(7)).toMatchObject({ done: true, value: 7 })
  })
})

describe('steps', () => {
  it('count every resumption of every process of a node', () => {
    const { start, run, clients, client } = smallWorld({ clients: 2 })
    start(function* () {
      yield* sleep(1) // step 1 asks, step 2 goes on
      yield* clock() // step 3 goes on and ends
    })
    run()
    expect(clients.map(({ steps }) => steps)).toEqual([3, 0])
    expect(client.runners.length).toBe(0)
  })

  it('are counted while a fault that is aimed at one of them falls before it', () => {
    const { start, run, world, at, client } = smallWorld()
    const before: number[] = []
    const resumed: number[] = []
    start(function* () {
      for (let count = 0; count < 4; count++) {
        yield* sleep(10)
        resumed.push(world.kernel.nowMs)
      }
    })
    for (const step of [3, 2]) {
      world.when({ node: 'client-1', step }, () => {
        before.push(step)
        world.pause(client, false)
        at(world.kernel.nowMs + 100, () => world.resume(client, false))
      })
    }
    run()
    expect(before).toEqual([2, 3])
    expect(resumed).toEqual([110, 220, 230, 240])
  })
})

describe('the loop', () => {
  it('ends at the horizon, and an event that falls on it still happens', () => {
    const { start, run, world } = smallWorld()
    const woke: number[] = []
    start(function* () {
      for (;;) {
        yield* sleep(10)
        woke.push(world.kernel.nowMs)
      }
    })
    expect(run(30)).toBe('horizon')
    expect([woke, world.kernel.nowMs]).toEqual([[10, 20, 30], 30])
  })

  it('ends with its budget of events', () => {
    const { start, run, world } = smallWorld()
    start(function* () {
      for (;;) yield* sleep(10)
    })
    expect(run(1e9, 5)).toBe('event-budget')
    expect(world.kernel.nowMs).toBe(50)
  })

  it('ends after the event in which it is halted', () => {
    const { start, run, world } = smallWorld()
    start(function* () {
      yield* sleep(10)
      world.kernel.halt()
      yield* sleep(10)
    })
    expect(run()).toBe('halted')
    expect(world.kernel.nowMs).toBe(10)
  })
})
