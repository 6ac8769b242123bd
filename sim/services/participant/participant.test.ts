/** Participants: what they answer, what they keep through a crash, and what they do when nobody tells them. */

import { describe, expect, it } from 'vitest'

import type { CommitFact, Reply, StoreFact } from '../../kernel/index.ts'
import type { Connection, Outbox } from '../service.ts'
import { participant } from './participant.ts'
import type { ParticipantPeer, ParticipantRequest, Stage } from './requests.ts'
import type { ParticipantOptions } from './state.ts'

const connection: Connection = { client: 'client-1', number: 0 }

/** A group whose messages arrive at once, unless somebody is down. */
const startGroup = (size: number, given: Partial<ParticipantOptions> = {}) => {
  const options = { ...participant.options, ...given }
  const facts: string[] = []
  const letters: { from: number; to: number; body: ParticipantPeer }[] = []
  const down = new Set<number>()
  let nowMs = 0
  let replies: Reply<unknown>[] = []
  const states = Array.from({ length: size }, (_, index) =>
    participant.create({
      index,
      size,
      options,
      choice: { stream: () => ({ pick: () => 0 }) },
    }),
  )
  const wordOf = (fact: StoreFact | CommitFact): string => {
    switch (fact.kind) {
      case 'voted':
        return `votes ${fact.vote}${fact.locked ? ' and locks' : ''}`
      case 'decided':
        return `${fact.decision}, ${fact.cause}`
      default:
        return fact.kind
    }
  }
  const never = (): never => {
    throw new Error('a participant does not do this')
  }
  const outOf = (index: number): Outbox => ({
    reply: (_request, reply) => replies.push(reply),
    fact: (fact) => facts.push(`p${index + 1} ${wordOf(fact)}`),
    peer: (to, body) => letters.push({ from: index, to, body: body as ParticipantPeer }),
    push: never,
    close: never,
    changed: never,
  })
  const step = (index: number, input: Parameters<typeof participant.step>[1]): void => {
    participant.step(states[index] as never, input, nowMs, outOf(index))
    for (let letter = letters.shift(); letter !== undefined; letter = letters.shift()) {
      const { from, to, body } = letter
      if (down.has(to)) continue
      participant.step(states[to] as never, { kind: 'peer', from, body }, nowMs, outOf(to))
    }
  }
  return {
    facts,
    /** What one participant answers, in a word; `waits` if it does not. */
    ask(index: number, op: ParticipantRequest['op'], value = 'T', row = 'row'): string {
      replies = []
      const body = (
        op === 'prepare' || op === 'can-commit' ? { op, value, row } : { op, value }
      ) as ParticipantRequest
      const origin = { client: 'client-1', hold: value, activity: 'holding' } as const
      step(index - 1, { kind: 'request', connection, body, origin })
      const [reply] = replies
      return reply === undefined ? 'waits' : reply.ok ? String(reply.value) : reply.code
    },
    /** Replies that came of the last input. */
    answers: () => replies.map((reply) => (reply.ok ? (reply.value as Stage) : reply.code)),
    crash(index: number): void {
      down.add(index - 1)
      step(index - 1, { kind: 'crash' })
    },
    restart(index: number): void {
      down.delete(index - 1)
      step(index - 1, { kind: 'restart' })
    },
    /** Lets time pass; whoever wants a tick meanwhile gets it. */
    pass(ms: number): void {
      const untilMs = nowMs + ms
      for (;;) {
        const due = states
          .map((state, index) => ({ index, atMs: participant.wakeAtMs(state) }))
          .filter(({ index, atMs }) => !down.has(index) && atMs <= untilMs)
          .sort((one, other) => one.atMs - other.atMs)[0]
        if (due === undefined) break
        nowMs = Math.max(nowMs, due.atMs)
        step(due.index, { kind: 'tick' })
      }
      nowMs = untilMs
    },
    stages: (value = 'T') => states.map((state) => participant.view(state).stageOf(value)),
    lockedBy: (index: number) =>
      participant.view(states[index - 1] as never).lockedBy('row') ?? 'nobody',
  }
}

describe('a participant', () => {
  it('votes yes, keeps its row locked, and does as it is told', () => {
    const { ask, facts, lockedBy } = startGroup(1)
    expect(ask(1, 'status')).toBe('initial')
    expect(ask(1, 'prepare')).toBe('voted')
    expect(lockedBy(1)).toBe('T')
    expect(ask(1, 'commit')).toBe('committed')
    expect(lockedBy(1)).toBe('nobody')
    expect(facts).toEqual(['p1 votes yes and locks', 'p1 commit, coordinator'])
  })

  it('answers the same question the same way twice, and does nothing twice', () => {
    const { ask, facts } = startGroup(1)
    const script = ['prepare', 'prepare', 'pre-commit', 'pre-commit', 'commit', 'commit'] as const
    expect(script.map((op) => ask(1, op))).toEqual([
      'voted',
      'voted',
      'pre-committed',
      'pre-committed',
      'committed',
      'committed',
    ])
    expect(facts).toHaveLength(3)
    expect(ask(1, 'prepare')).toBe('committed')
  })

  it('goes back on no decision', () => {
    const { ask } = startGroup(1)
    ask(1, 'prepare')
    ask(1, 'commit')
    expect(ask(1, 'abort')).toBe('committed')
    ask(1, 'prepare', 'U')
    ask(1, 'abort', 'U')
    expect(ask(1, 'commit', 'U')).toBe('aborted')
    expect(ask(1, 'pre-commit', 'U')).toBe('aborted')
  })

  it('votes no on a locked row, or lets the transaction wait for it', () => {
    const refusing = startGroup(1)
    refusing.ask(1, 'prepare', 'T')
    expect(refusing.ask(1, 'prepare', 'U')).toBe('aborted')
    expect(refusing.facts.slice(1)).toEqual(['p1 votes no', 'p1 abort, votes'])

    const patient = startGroup(1, { whenLocked: 'wait' })
    patient.ask(1, 'prepare', 'T')
    expect(patient.ask(1, 'prepare', 'U')).toBe('waits')
    expect(patient.ask(1, 'prepare', 'V')).toBe('waits')
    expect(patient.ask(1, 'prepare', 'W', 'another row')).toBe('voted')
    patient.ask(1, 'commit', 'T')
    expect(patient.answers()).toEqual(['voted', 'committed'])
    expect(patient.lockedBy(1)).toBe('U')
    // Whoever gives up in the queue is answered, and stands in nobody's way.
    patient.ask(1, 'abort', 'V')
    expect(patient.answers()).toEqual(['aborted', 'aborted'])
    patient.ask(1, 'abort', 'U')
    expect(patient.lockedBy(1)).toBe('nobody')
  })

  it('commits nothing that it was never asked about, and votes no on what was aborted before', () => {
    const { ask } = startGroup(1)
    expect(ask(1, 'commit')).toBe('unknown transaction')
    expect(ask(1, 'pre-commit')).toBe('unknown transaction')
    expect(ask(1, 'abort')).toBe('aborted')
    expect(ask(1, 'prepare')).toBe('aborted')
  })

  it('votes no where it cannot do it: the last ones always, each now and then', () => {
    const { ask } = startGroup(3, { votesNo: 1 })
    expect([1, 2, 3].map((index) => ask(index, 'prepare'))).toEqual(['voted', 'voted', 'aborted'])
    expect(startGroup(1, { votesNoOneIn: 2 }).ask(1, 'prepare')).toBe('aborted')
  })

  it('keeps its vote and its lock through a crash, and forgets who waited', () => {
    const { ask, crash, restart, lockedBy } = startGroup(1, { whenLocked: 'wait' })
    ask(1, 'prepare', 'T')
    ask(1, 'prepare', 'U')
    crash(1)
    restart(1)
    expect(lockedBy(1)).toBe('T')
    expect(ask(1, 'commit', 'T')).toBe('committed')
    expect(lockedBy(1)).toBe('nobody')
    expect(ask(1, 'prepare', 'U')).toBe('voted')
  })

  it('that only estimates locks nothing before the pre-commit, and may find the row taken then', () => {
    const { ask, lockedBy, facts } = startGroup(1, { executesAt: 'pre-commit' })
    expect(ask(1, 'can-commit', 'T')).toBe('voted')
    expect(ask(1, 'can-commit', 'U')).toBe('voted')
    expect(lockedBy(1)).toBe('nobody')
    expect(ask(1, 'pre-commit', 'T')).toBe('pre-committed')
    expect(ask(1, 'can-commit', 'V')).toBe('aborted')
    expect(ask(1, 'pre-commit', 'U')).toBe('aborted')
    expect(ask(1, 'commit', 'T')).toBe('committed')
    expect(facts[0]).toBe('p1 votes yes')
  })
})

describe('a participant in doubt whose patience ends', () => {
  it.each([
    ['wait', 'voted', 'pre-committed'],
    ['abort', 'aborted', 'aborted'],
    ['commit', 'committed', 'committed'],
    ['by-stage', 'aborted', 'committed'],
  ] as const)(
    'and that is to %s is then %s, or %s after the pre-commit',
    (onTimeout, early, late) => {
      const { ask, pass, stages } = startGroup(1, { onTimeout, timeoutMs: 100 })
      ask(1, 'can-commit', 'T')
      ask(1, 'can-commit', 'U', 'another row')
      pass(60)
      ask(1, 'pre-commit', 'U')
      pass(50)
      expect([stages('T'), stages('U')]).toEqual([[early], ['pre-committed']])
      pass(100)
      expect([stages('T'), stages('U')]).toEqual([[early], [late]])
    },
  )

  it('asks the others, and learns of their decision', () => {
    const { ask, pass, stages, facts } = startGroup(3, { onTimeout: 'ask' })
    for (const index of [1, 2, 3]) ask(index, 'prepare')
    ask(2, 'commit')
    pass(100)
    expect(stages()).toEqual(['committed', 'committed', 'committed'])
    expect(facts.slice(3)).toEqual(['p2 commit, coordinator', 'p1 commit, peer', 'p3 commit, peer'])
  })

  it('aborts where one of the others has not voted, which then cannot vote yes any more', () => {
    const { ask, pass, stages } = startGroup(2, { onTimeout: 'ask' })
    ask(1, 'prepare')
    pass(100)
    expect(stages()).toEqual(['aborted', 'aborted'])
    expect(ask(2, 'prepare')).toBe('aborted')
  })

  it('is blocked where everybody is in doubt, and asks ever more rarely', () => {
    const { ask, pass, stages } = startGroup(2, { onTimeout: 'ask' })
    for (const index of [1, 2]) ask(index, 'prepare')
    pass(100_000)
    expect(stages()).toEqual(['voted', 'voted'])
    ask(1, 'abort')
    pass(200_000)
    expect(stages()).toEqual(['aborted', 'aborted'])
  })
})

describe('participants that choose a new coordinator', () => {
  const group = (size = 3) => {
    const started = startGroup(size, { onTimeout: 'terminate' })
    for (let index = 1; index <= size; index++) started.ask(index, 'can-commit')
    return started
  }

  it('abort where nobody has pre-committed', () => {
    const { pass, stages } = group()
    pass(100)
    expect(stages()).toEqual(['aborted', 'aborted', 'aborted'])
  })

  it('pre-commit all and then commit where one has', () => {
    const { ask, pass, stages, facts } = group()
    ask(3, 'pre-commit')
    pass(100)
    expect(stages()).toEqual(['committed', 'committed', 'committed'])
    expect(facts.slice(4)).toEqual([
      'p1 pre-committed',
      'p2 pre-committed',
      'p1 commit, peer',
      'p2 commit, peer',
      'p3 commit, peer',
    ])
  })

  it('follow whoever has decided', () => {
    const { ask, pass, stages } = group()
    for (const index of [1, 2, 3]) ask(index, 'pre-commit')
    ask(2, 'abort')
    pass(100)
    expect(stages()).toEqual(['aborted', 'aborted', 'aborted'])
  })

  it('take who does not answer for dead, and the next for the coordinator', () => {
    const { ask, crash, pass, stages } = group()
    ask(1, 'pre-commit')
    crash(1)
    pass(1_000)
    // Nobody who lives has pre-committed, and whoever is dead has not committed.
    expect(stages()).toEqual(['pre-committed', 'aborted', 'aborted'])
  })

  it('do not count on who came back from a crash; that one asks what they decided', () => {
    const { ask, crash, restart, pass, stages } = group()
    ask(1, 'pre-commit')
    crash(1)
    pass(1_000)
    restart(1)
    pass(100)
    expect(stages()).toEqual(['aborted', 'aborted', 'aborted'])
  })

  it('of whom one has not even been asked abort', () => {
    const { ask, pass, stages } = startGroup(2, { onTimeout: 'terminate' })
    ask(2, 'can-commit')
    pass(200)
    expect(stages()).toEqual(['aborted', 'aborted'])
  })
})
