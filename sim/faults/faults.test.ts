/** Each fault begins, is told in words, and ends. */

import { describe, expect, it } from 'vitest'
import { clock, mark, monotonic, sleep } from '../kernel/index.ts'
import { smallWorld, wordOf } from '../world/small-world.ts'
import type { SmallWorldOptions } from '../world/small-world.ts'
import { armFaults, faults } from './index.ts'
import type { AnyFaultPlan } from './index.ts'

const TIMEOUT = 'timeout: timeout'

/** A world in which these faults are armed. */
const struck = (plans: readonly AnyFaultPlan[], options: SmallWorldOptions = {}) => {
  const small = smallWorld(options)
  const injection = armFaults(
    small.world,
    plans,
    ({ kind }) => faults[kind as AnyFaultPlan['kind']],
  )
  const told = (): readonly string[] =>
    small.facts.flatMap((fact) =>
      fact.kind === 'fault-began' || fact.kind === 'fault-ended'
        ? [`${fact.kind} at ${fact.atMs} on ${fact.node}: ${fact.text}`]
        : [],
    )
  return { ...small, injection, told }
}

/** Calls the server every 100 ms and notes how each call went. */
const beating = (plans: readonly AnyFaultPlan[], options: SmallWorldOptions = {}, count = 6) => {
  const small = struck(plans, options)
  const said: unknown[] = []
  small.start(function* ({ first }) {
    for (let beat = 0; beat < count; beat++) {
      said.push(wordOf(yield* first.call({ op: 'echo', value: beat }, 50)))
      yield* sleep(beat * 100 + 100 - small.world.kernel.nowMs)
    }
  })
  small.run()
  return { ...small, said }
}

describe('pause', () => {
  it('keeps a node still for a while, its clocks running on', () => {
    const small = struck([{ kind: 'pause', node: 'client-1', at: 50, forMs: 300 }])
    const read: number[] = []
    small.start(function* () {
      yield* sleep(100)
      read.push(small.world.kernel.nowMs, yield* clock(), yield* monotonic())
    })
    small.run()
    expect(read).toEqual([350, 350, 350])
    expect(small.told()).toEqual([
      'fault-began at 50 on client-1: client-1 stands still for 300 ms',
      'fault-ended at 350 on client-1: client-1 stands still for 300 ms',
    ])
    expect(small.kinds()).toEqual(['fault-began', 'paused', 'resumed', 'fault-ended'])
  })
})

describe('suspend', () => {
  it('stops the monotonic clock as well', () => {
    const small = struck([{ kind: 'suspend', node: 'client-1', at: 50, forMs: 300 }])
    const read: number[] = []
    small.start(function* () {
      yield* sleep(100)
      read.push(small.world.kernel.nowMs, yield* clock(), yield* monotonic())
    })
    small.run()
    expect(read).toEqual([400, 400, 100])
    expect(small.told()[0]).toBe(
      'fault-began at 50 on client-1: the machine of client-1 is suspended for 300 ms',
    )
    expect(small.facts).toContainEqual({
      atMs: 50,
      node: 'client-1',
      kind: 'paused',
      clocksStop: true,
    })
  })
})

describe('crash', () => {
  it('is over when the node restarts', () => {
    const { said, heard, told } = beating([{ kind: 'crash', node: 'server', at: 150, forMs: 100 }])
    expect(said).toEqual([0, 1, 'refused: connection refused', 3, 4, 5])
    expect(heard()).toContain('restart at 250')
    expect(told()).toEqual([
      'fault-began at 150 on server: server crashes and is back after 100 ms',
      'fault-ended at 250 on server: server crashes and is back after 100 ms',
    ])
  })

  it('without an end is for good, and silent if the power goes', () => {
    const { said, told } = beating([{ kind: 'crash', node: 'server', at: 350, silent: true }])
    expect(said).toEqual([0, 1, 2, 3, TIMEOUT, TIMEOUT])
    expect(told()).toEqual(['fault-began at 350 on server: server loses power'])
  })

  it('of a node that is down already does not land, and its end brings nobody back', () => {
    const { said, injection, told } = beating([
      { kind: 'crash', node: 'server', at: 50 },
      { kind: 'crash', node: 'server', at: 150, forMs: 100 },
    ])
    expect([...injection.landed]).toEqual([0])
    expect(said.slice(3)).toEqual(Array.from({ length: 3 }, () => 'refused: connection refused'))
    expect(told()).toHaveLength(1)
  })
})

describe('partition', () => {
  it('cuts both ways between all groups, and heals', () => {
    const { said, told } = beating([
      { kind: 'partition', groups: [['client-1'], ['server']], at: 150, forMs: 200 },
    ])
    expect(said).toEqual([0, 1, TIMEOUT, TIMEOUT, 4, 5])
    expect(told()[0]).toBe('fault-began at 150 on client-1: client-1 | server cut for 200 ms')
  })

  it('one way loses only what the first group sends', () => {
    const groups = [['client-1'], ['server']]
    const towards = beating([{ kind: 'partition', groups, oneWay: true, at: 150 }])
    expect(towards.said).toEqual([0, 1, TIMEOUT, TIMEOUT, TIMEOUT, TIMEOUT])
    expect(towards.heard()).toHaveLength(2)
    const from = beating([
      { kind: 'partition', groups: groups.toReversed(), oneWay: true, at: 150 },
    ])
    expect(from.said).toEqual(towards.said)
    expect(from.heard()).toHaveLength(6)
    expect(from.told()).toEqual(['fault-began at 150 on server: server cannot reach client-1 cut'])
  })

  it('that holds lets everything through late', () => {
    const { said, heard } = beating([
      { kind: 'partition', groups: [['client-1'], ['server']], hold: true, at: 150, forMs: 200 },
    ])
    expect(said).toEqual([0, 1, TIMEOUT, TIMEOUT, 4, 5])
    expect(heard()).toHaveLength(6)
    expect(heard().slice(2, 4)).toEqual(['echo 2 of client-1 at 351', 'echo 3 of client-1 at 351'])
  })

  it('leaves alone who is named nowhere', () => {
    const small = struck([{ kind: 'partition', groups: [['client-1'], ['server']], at: 0 }], {
      clients: 2,
    })
    const said: unknown[] = []
    for (const node of small.clients) {
      small.start(function* ({ first }) {
        said.push([node.name, wordOf(yield* first.call({ op: 'echo', value: 'x' }, 50))])
      }, node)
    }
    small.run()
    expect(said).toEqual([
      ['client-2', 'x'],
      ['client-1', TIMEOUT],
    ])
  })
})

describe('message', () => {
  const towards = { kind: 'message', from: 'client-1', to: 'server' } as const

  it('strikes the n-th message after its moment, one if nothing is said', () => {
    const { said, told } = beating([{ ...towards, action: 'lose', at: 150, nth: 2 }])
    expect(said).toEqual([0, 1, 2, TIMEOUT, 4, 5])
    expect(told()).toEqual(['fault-began at 300 on client-1: message client-1 → server lost'])
  })

  it('strikes as many as it is told to, or all until its end', () => {
    expect(beating([{ ...towards, action: 'lose', at: 150, count: 2 }]).said).toEqual([
      0,
      1,
      TIMEOUT,
      TIMEOUT,
      4,
      5,
    ])
    expect(beating([{ ...towards, action: 'lose', at: 150, forMs: 300 }]).said).toEqual([
      0,
      1,
      TIMEOUT,
      TIMEOUT,
      TIMEOUT,
      5,
    ])
  })

  it('loses a reply: applied, and nobody knows', () => {
    const { said, heard } = beating([
      { kind: 'message', from: 'server', to: 'client-1', action: 'lose', at: 150 },
    ])
    expect(said).toEqual([0, 1, TIMEOUT, 3, 4, 5])
    expect(heard()).toHaveLength(6)
  })

  it('delays, doubles and reorders', () => {
    const late = beating([{ ...towards, action: 'delay', byMs: 250, at: 150 }])
    expect(late.heard()[4]).toBe('echo 2 of client-1 at 450')
    expect(late.told()[0]).toContain('message client-1 → server late by 250 ms')
    const doubled = beating([{ ...towards, action: 'duplicate', byMs: 20, at: 150 }])
    expect(doubled.heard().slice(2, 4)).toEqual([
      'echo 2 of client-1 at 201',
      'echo 2 of client-1 at 221',
    ])
    const reordered = beating([{ ...towards, action: 'reorder', at: 150 }])
    expect(reordered.heard()[2]).toBe('echo 2 of client-1 at 205')
  })

  it('looks at the operation, and does not land if none came', () => {
    const { said, injection, told } = beating([
      { ...towards, operation: 'refuse', action: 'lose', at: 0 },
    ])
    expect([said, injection.landed.size, told()]).toEqual([[0, 1, 2, 3, 4, 5], 0, []])
    expect(injection.overAtMs()).toBe(0)
  })
})

describe('clock', () => {
  const readings = (plan: AnyFaultPlan): readonly (readonly [number, number])[] => {
    const small = struck([plan])
    const read: [number, number][] = []
    for (const atMs of [100, 200, 300, 400]) {
      small.at(atMs, () =>
        read.push([small.world.wallMs(small.client), small.world.monotonicMs(small.client)]),
      )
    }
    small.run()
    return read
  }
  const at150 = { kind: 'clock', node: 'client-1', at: 150 } as const

  it('jumps, for good or for a while', () => {
    expect(readings({ ...at150, jumpMs: 1_000 }).map(([wallMs]) => wallMs)).toEqual([
      100, 1_200, 1_300, 1_400,
    ])
    expect(readings({ ...at150, jumpMs: -50, forMs: 100 }).map(([wallMs]) => wallMs)).toEqual([
      100, 150, 300, 400,
    ])
    expect(readings({ ...at150, jumpMs: 1_000 }).map(([, monotonicMs]) => monotonicMs)).toEqual([
      100, 200, 300, 400,
    ])
  })

  it('drifts: both clocks, until its end', () => {
    expect(readings({ ...at150, driftPpm: 1_000_000, forMs: 100 })).toEqual(
      [100, 250, 400, 500].map((ms) => [ms, ms]),
    )
  })

  it('is slewed: the wall clock only', () => {
    expect(readings({ ...at150, slewPpm: 1_000_000, forMs: 100 })).toEqual([
      [100, 100],
      [250, 200],
      [400, 300],
      [500, 400],
    ])
  })

  it('returns to the drift that it had before', () => {
    const small = struck([{ ...at150, slewPpm: 0, forMs: 100 }], {
      clocks: { 'client-1': { driftPpm: 1_000_000 } },
    })
    const read: number[] = []
    for (const atMs of [150, 250, 260])
      small.at(atMs, () => read.push(small.world.wallMs(small.client)))
    small.run()
    expect(read).toEqual([300, 400, 420])
  })

  it('says in words what happens', () => {
    const text = (rest: Record<string, number>): string =>
      faults.clock.text({ ...at150, ...rest } as AnyFaultPlan)
    expect([
      text({ jumpMs: 5 }),
      text({ jumpMs: -5 }),
      text({ driftPpm: 9 }),
      text({ slewPpm: 9 }),
    ]).toEqual([
      'the wall clock of client-1 is set ahead by 5 ms',
      'the wall clock of client-1 is set back by 5 ms',
      'the clocks of client-1 drift by 9 ppm',
      'the wall clock of client-1 is slewed at 9 ppm',
    ])
  })
})

describe('failover', () => {
  it('promotes a replica and demotes the others', () => {
    const { heard, run, told } = struck([{ kind: 'failover', to: 'server-2', at: 10 }], {
      servers: 3,
    })
    run()
    expect([0, 1, 2].map((index) => heard(index))).toEqual([
      ['demote at 10'],
      ['promote at 10'],
      ['demote at 10'],
    ])
    expect(told()).toEqual(['fault-began at 10 on server-2: server-2 is promoted'])
  })

  it('does not land on a replica that is down, or on what is no server', () => {
    const { run, injection } = struck(
      [
        { kind: 'crash', node: 'server-2', at: 5 },
        { kind: 'failover', to: 'server-2', at: 10 },
        { kind: 'failover', to: 'client-1', at: 10 },
      ],
      { servers: 2 },
    )
    run()
    expect([...injection.landed]).toEqual([0])
  })
})

describe('the moment of a fault', () => {
  const pause = (at: AnyFaultPlan['at']): AnyFaultPlan => ({
    kind: 'pause',
    node: 'client-1',
    at,
    forMs: 1_000,
  })
  /** Grants at 10, 20, 30 … and says when the fault began, and when the process went on behind each grant. */
  const granting = (plan: AnyFaultPlan) => {
    const small = struck([plan])
    const wentOn: number[] = []
    small.start(function* () {
      for (let index = 0; index < 4; index++) {
        yield* sleep(10)
        yield* mark({ kind: 'granted', hold: `client-1#${index}` })
        wentOn.push(small.world.kernel.nowMs)
      }
    })
    small.run()
    const began = small.facts.find(({ kind }) => kind === 'fault-began')
    return { ...small, beganMs: began?.atMs, wentOn }
  }

  it('is a time', () => {
    expect(granting(pause(25)).beganMs).toBe(25)
  })

  it('is a fact, before the process can take another step', () => {
    const { beganMs, wentOn } = granting(pause({ node: 'client-1', event: 'granted', nth: 2 }))
    expect([beganMs, wentOn]).toEqual([20, [10, 1_020, 1_030, 1_040]])
  })

  it('is the first such fact if nothing is said, or a while after it', () => {
    expect(granting(pause({ node: 'client-1', event: 'granted' })).beganMs).toBe(10)
    expect(
      granting(pause({ node: 'client-1', event: 'granted', nth: 3, afterMs: 4.5 })).beganMs,
    ).toBe(34.5)
  })

  it('is a step, or a while after it', () => {
    // Step 2 is the one behind the first sleep, step 3 the one behind the first grant.
    expect(granting(pause({ node: 'client-1', step: 2 })).beganMs).toBe(10)
    expect(granting(pause({ node: 'client-1', step: 2 })).wentOn[0]).toBe(1_010)
    expect(granting(pause({ node: 'client-1', step: 5, afterMs: 3 })).beganMs).toBe(23)
  })

  it('may be about another node than the one that is struck', () => {
    const plan = {
      kind: 'crash',
      node: 'server',
      at: { node: 'client-1', event: 'granted' },
      silent: true,
    } as const
    const { heard, beganMs } = granting(plan)
    expect([heard(), beganMs]).toEqual([['crash at 10'], 10])
  })

  it('that never comes leaves the fault without effect', () => {
    for (const at of [
      { node: 'client-1', event: 'granted', nth: 9 },
      { node: 'client-1', event: 'released' },
      { node: 'client-1', step: 99 },
    ] as const) {
      const { injection, kinds } = granting(pause(at))
      expect([injection.landed.size, injection.overAtMs()]).toEqual([0, 0])
      expect(kinds()).toEqual(['granted', 'granted', 'granted', 'granted'])
    }
  })

  it('can be shared by several faults, which strike in the order of the plan', () => {
    const at = { node: 'client-1', event: 'granted' } as const
    const { facts } = (() => {
      const small = struck([
        { kind: 'clock', node: 'client-1', at, jumpMs: 5 },
        { kind: 'pause', node: 'client-1', at, forMs: 5 },
      ])
      small.start(function* () {
        yield* mark({ kind: 'granted', hold: 'client-1#1' })
      })
      small.run()
      return small
    })()
    expect(facts.map(({ kind }) => kind)).toEqual([
      'granted',
      'fault-began',
      'clock-changed',
      'fault-began',
      'paused',
      'resumed',
      'fault-ended',
    ])
  })
})

describe('the end of all faults', () => {
  it('is yet to come while one is active, then the end of the last', () => {
    const { injection, run, at } = struck([
      { kind: 'pause', node: 'client-1', at: 10, forMs: 100 },
      { kind: 'pause', node: 'server', at: 20, forMs: 30 },
    ])
    const seen: number[] = []
    for (const atMs of [5, 15, 80, 120]) at(atMs, () => seen.push(injection.overAtMs()))
    run()
    expect(seen).toEqual([0, Infinity, Infinity, 110])
  })

  it('is the beginning of a fault that has no end', () => {
    const { injection, run } = struck([{ kind: 'crash', node: 'server', at: 40 }])
    run()
    expect(injection.overAtMs()).toBe(40)
  })
})
