/** Checkers broken on purpose: for each there is a trace on which it and the right one disagree. */

import { describe, expect, it } from 'vitest'

import { FACT_KINDS } from '#sim'
import type { FactEvent, FactKind } from '#sim'
import type { Checker, PromiseName, RunHeader } from './checker.ts'
import { commitMutants } from './examples/commit-mutants.ts'
import { judgeEvents } from './examples/judge.ts'
import { newHistory } from './shared-history.ts'
import {
  acknowledged,
  at,
  clientOf,
  crashed,
  did,
  drops,
  examples,
  failover,
  goodRun,
  granted,
  pausedHolder,
  queued,
  reads,
  refuses,
  released,
  serves,
  told,
  writes,
} from './examples/traces.ts'
import { checkers } from './index.ts'

type Change = (event: FactEvent) => FactEvent | undefined
type Trace = readonly FactEvent[]

interface Mutant {
  readonly fault: string
  readonly change: Change
  /** The trace that tells them apart. */
  readonly trace: Trace
  readonly header?: Partial<RunHeader>
}

const one = 'client-1#1'
const two = 'client-2#1'
const asked = [did(0, one, 'acquiring'), did(0, two, 'acquiring')]

const blindTo =
  (...kinds: readonly FactKind[]): Change =>
  (event) =>
    kinds.includes(event.kind) ? undefined : event

/** Treats facts of one kind as if they were `releasing`. */
const endsAt =
  (kind: FactKind): Change =>
  (event) => {
    if (event.kind !== kind) return event
    const hold = 'hold' in event ? event.hold : `${event.node}#1`
    return at(event.atMs, clientOf(hold), { kind: 'releasing', hold })
  }

const handover = (how: FactEvent) => [...asked, granted(1, one, 1), how, granted(10, two, 2)]
const served = (...how: FactEvent[]) => [
  ...asked,
  serves(1, one),
  granted(2, one, 1),
  ...how,
  serves(10, two),
]
const paused = at(5, 'client-1', { kind: 'paused', clocksStop: false })
const fenced = { fencing: 'writes' } as const
const twoTokens = [granted(1, one, 33), granted(2, two, 34)]
const crashedHolder = [...asked, serves(1, one), granted(1, one), crashed(10, 'client-1')]
const late = granted(90_000, two)
const queueing = { doorway: 'its entry is there' } as const
const reentrant = { offersReentry: true } as const

const mutants: Readonly<Record<PromiseName, readonly Mutant[]>> = {
  'exclusion/service': [
    {
      fault: 'takes a loss of data for an end',
      change: (event) =>
        event.kind === 'service-revoked' ? { ...event, cause: 'expired' } : event,
      trace: failover.events,
    },
    { fault: 'misses revocations', change: blindTo('service-revoked'), trace: goodRun.events },
    {
      fault: 'misses the crash of the holder of a lost grant',
      change: blindTo('crashed'),
      trace: served(drops(5, one, 'lost'), crashed(6, 'client-1')),
    },
    {
      fault: 'takes the call of release for a revocation',
      change: (event) =>
        event.kind === 'releasing' ? drops(event.atMs, event.hold, 'request') : event,
      trace: served(did(5, one, 'releasing')),
    },
  ],
  'exclusion/belief': [
    {
      fault: 'misses crashes',
      change: blindTo('crashed'),
      trace: handover(crashed(5, 'client-1')),
    },
    { fault: 'misses the news of a loss', change: blindTo('lost'), trace: handover(told(5, one)) },
    {
      fault: 'waits for released',
      change: blindTo('releasing'),
      trace: handover(did(5, one, 'releasing')),
    },
    { fault: 'lets a pause end a belief', change: endsAt('paused'), trace: handover(paused) },
    {
      fault: 'cuts at validity',
      change: endsAt('validity-ended'),
      trace: handover(did(5, one, 'validity-ended')),
    },
  ],
  'exclusion/validity': [
    {
      fault: 'does not cut at validity',
      change: blindTo('validity-ended'),
      trace: handover(did(5, one, 'validity-ended')),
    },
    {
      fault: 'misses releases',
      change: blindTo('releasing'),
      trace: handover(did(5, one, 'releasing')),
    },
    {
      fault: 'believes the servers',
      change: endsAt('service-revoked'),
      trace: handover(drops(5, one, 'expired')),
    },
  ],
  'exclusion/effect': [
    { fault: 'ignores reads', change: blindTo('store-read'), trace: pausedHolder.events },
    { fault: 'ignores writes', change: blindTo('store-written'), trace: pausedHolder.events },
    {
      fault: 'takes refused writes for applied',
      change: (event) =>
        event.kind === 'store-refused' ? writes(event.atMs, event.hold, 1, 1) : event,
      trace: [...asked, reads(1, one), writes(2, two, 1, 0), refuses(3, one, 1, 2)],
    },
    {
      fault: 'takes all holds of a client for one',
      change: (event) =>
        'hold' in event ? ({ ...event, hold: `${clientOf(event.hold)}#1` } as FactEvent) : event,
      trace: [...asked, writes(1, one, 1, 0), writes(2, two, 2, 1), writes(3, 'client-1#2', 3, 2)],
    },
  ],
  fencing: [
    {
      fault: 'goes by who hears first',
      change: blindTo('service-granted'),
      trace: [serves(1, one), serves(2, two), granted(3, two, 34), granted(4, one, 33)],
    },
    {
      fault: 'accepts equal tokens',
      change: (event) =>
        event.kind === 'granted'
          ? { ...event, token: (event.token ?? 0) + event.atMs / 1e6 }
          : event,
      trace: failover.events,
    },
    {
      fault: 'does not look at writes',
      change: blindTo('store-written'),
      header: fenced,
      trace: [...twoTokens, writes(3, two, 1, 0), writes(4, one, 1, 1)],
    },
    {
      fault: 'counts reads at a store that checks writes only',
      change: (event) =>
        event.kind === 'store-read' ? writes(event.atMs, event.hold, 0, 0) : event,
      header: fenced,
      trace: [...twoTokens, reads(3, two), writes(4, one, 1, 0)],
    },
  ],
  'lost-update': [
    {
      fault: 'misses acknowledgements',
      change: blindTo('write-acknowledged'),
      trace: pausedHolder.events,
    },
    {
      fault: 'counts unknown writes as acknowledged',
      change: (event) =>
        event.kind === 'write-unknown' ? acknowledged(event.atMs, event.hold, 1) : event,
      trace: [
        writes(1, one, 1, 0),
        did(2, one, 'write-unknown'),
        writes(3, two, 1, 1),
        acknowledged(4, two, 1),
      ],
    },
    {
      fault: 'takes what was there before for what is there now',
      change: (event) =>
        event.kind === 'store-written' ? { ...event, value: event.before } : event,
      trace: goodRun.events,
    },
  ],
  'deadlock-freedom': [
    { fault: 'misses crashes', change: blindTo('crashed'), trace: crashedHolder },
    { fault: 'misses grants', change: blindTo('granted'), trace: [...asked, granted(1, one)] },
    {
      fault: 'lets a denied client give up',
      change: (event) =>
        event.kind === 'denied' ? at(event.atMs, event.node, { kind: 'finished' }) : event,
      trace: [...crashedHolder, did(11, two, 'denied'), late],
    },
    {
      fault: 'thinks a client that finished still asks',
      change: blindTo('finished'),
      trace: [...crashedHolder, did(11, two, 'denied'), at(12, 'client-2', { kind: 'finished' })],
    },
  ],
  ownership: [
    {
      fault: 'looks at the client, not at the hold',
      change: (event) =>
        event.kind === 'service-revoked' && event.by?.client === event.client
          ? { ...event, hold: event.by.hold }
          : event,
      trace: [...served(), drops(20, 'client-1#2', 'request', one), did(20, one, 'releasing')],
    },
    {
      fault: 'blames those who acquire',
      change: (event) =>
        event.kind === 'service-revoked' && event.by !== undefined
          ? { ...event, by: { ...event.by, activity: 'releasing' } }
          : event,
      trace: [
        serves(1, one),
        did(2, 'client-3#1', 'releasing'),
        at(3, 'redis', {
          kind: 'service-revoked',
          client: 'client-1',
          hold: one,
          cause: 'request',
          by: { client: 'client-2', hold: two, activity: 'acquiring' },
        }),
      ],
    },
    {
      fault: 'does not look at who asked',
      change: (event) =>
        event.kind === 'service-revoked' ? drops(event.atMs, event.hold, event.cause) : event,
      trace: [...served(), did(19, one, 'releasing'), drops(20, two, 'request', one)],
    },
  ],
  starvation: [
    {
      fault: 'misses that it was let in',
      change: blindTo('granted'),
      trace: examples.starvation.holds.events,
    },
    {
      fault: 'takes each denial for the end of the waiting',
      change: (event) =>
        event.kind === 'denied' ? at(event.atMs, event.node, { kind: 'finished' }) : event,
      trace: examples.starvation.breaks.events,
    },
    {
      fault: 'misses that the waiting client is dead',
      change: blindTo('crashed'),
      trace: [
        did(0, two, 'acquiring'),
        crashed(1, 'client-2'),
        ...examples.starvation.breaks.events.slice(1, -1),
      ],
    },
  ],
  fairness: [
    {
      fault: 'takes the order of asking for that of the queue',
      change: (event) =>
        event.kind === 'acquiring'
          ? queued(event.atMs, event.hold)
          : event.kind === 'queued'
            ? undefined
            : event,
      trace: [
        did(0, one, 'acquiring'),
        did(1, two, 'acquiring'),
        queued(5, two),
        queued(6, one),
        granted(7, two),
        granted(9, one),
      ],
      header: queueing,
    },
    {
      fault: 'misses that somebody left the queue',
      change: blindTo('unqueued'),
      trace: [
        queued(5, two),
        queued(6, one),
        queued(6, 'client-3#1'),
        at(7, 'redis', { kind: 'unqueued', client: 'client-2', hold: two }),
        granted(8, one),
      ],
      header: queueing,
    },
    {
      fault: 'goes on counting for the dead',
      change: blindTo('crashed'),
      trace: [
        queued(5, two),
        queued(6, one),
        queued(6, 'client-3#1'),
        crashed(7, 'client-2'),
        granted(8, one),
      ],
      header: queueing,
    },
    {
      fault: 'lets pass who never stood in the queue',
      change: (event) => (event.kind === 'granted' && event.hold === one ? undefined : event),
      trace: [queued(5, two), granted(6, one)],
      header: queueing,
    },
  ],
  reentrancy: [
    {
      fault: 'misses that the servers took it away',
      change: blindTo('service-revoked'),
      trace: examples.reentrancy.breaks.events,
      header: reentrant,
    },
    {
      fault: 'takes the end of the outer hold for that of the inner',
      change: blindTo('releasing'),
      trace: examples.reentrancy.holds.events,
      header: reentrant,
    },
    {
      fault: 'blames the lock for a failure under faults',
      change: blindTo('fault-began'),
      trace: [
        serves(1, one),
        granted(2, one),
        at(3, 'client-1', { kind: 'fault-began', fault: 0, what: 'partition', text: 'cut' }),
        at(10, 'client-1', { kind: 'reentering', hold: one }),
        at(11, 'client-1', { kind: 'reentry-denied', hold: one }),
      ],
      header: reentrant,
    },
    {
      fault: 'misses that the holder has died',
      change: blindTo('crashed'),
      trace: [serves(1, one), granted(2, one), crashed(3, 'client-1'), granted(9, 'client-1#2')],
      header: reentrant,
    },
  ],
  availability: [
    {
      fault: 'waits until the faults are over',
      change: (event) => (event.kind === 'fault-began' ? { ...event, atMs: 90_100 } : event),
      trace: examples.availability.breaks.events,
      header: { servers: ['redis-1'] },
    },
    {
      fault: 'takes a fault of a client for one of a server',
      change: (event) => (event.kind === 'fault-began' ? { ...event, node: 'redis-1' } : event),
      trace: [
        at(100, 'client-2', { kind: 'fault-began', fault: 0, what: 'pause', text: 'pause' }),
        ...examples.availability.holds.events,
      ],
      header: { servers: ['redis-1'] },
    },
    {
      fault: 'does not see who asks',
      change: blindTo('acquiring'),
      trace: examples.availability.holds.events,
      header: { servers: ['redis-1'] },
    },
    {
      fault: 'does not see that the lock was got',
      change: blindTo('granted'),
      trace: examples.availability.holds.events,
      header: { servers: ['redis-1'] },
    },
  ],
  contention: [
    {
      fault: 'misses that a turned-away client is gone',
      change: blindTo('denied'),
      trace: [did(0, one, 'acquiring'), did(1, one, 'denied'), did(2, two, 'acquiring')],
    },
    {
      fault: 'does not see the grant of a dead holder',
      change: blindTo('service-granted'),
      trace: [
        did(0, one, 'acquiring'),
        serves(1, one),
        crashed(2, 'client-1'),
        did(3, two, 'acquiring'),
      ],
    },
    {
      fault: 'misses that the lock was given back',
      change: blindTo('released'),
      trace: [did(0, one, 'acquiring'), released(2, one), did(3, two, 'acquiring')],
    },
    {
      fault: 'takes a client for its own rival',
      change: (event) => (event.kind === 'acquiring' ? { ...event, node: event.hold } : event),
      trace: [did(0, one, 'acquiring'), did(1, 'client-1#2', 'acquiring')],
    },
  ],
  ...commitMutants,
}

const broken = (checker: Checker, change: Change): Checker => ({
  ...checker,
  // It is shown everything, so that what it makes of it is all that its history has.
  sees: FACT_KINDS,
  start(header) {
    const history = newHistory()
    const judgement = checker.start(header, history)
    return {
      see(event) {
        const changed = change(event)
        if (changed === undefined) return
        history.see(changed)
        judgement.see(changed)
      },
      end: (end) => judgement.end(end),
    }
  },
})

describe.each(checkers.map((checker) => [checker.promise, checker] as const))(
  '%s',
  (name, checker) => {
    it('has at least three mutants', () => {
      expect(mutants[name].length).toBeGreaterThanOrEqual(3)
    })

    it.each(mutants[name].map((mutant) => [mutant.fault, mutant] as const))(
      'would be found out if it %s',
      (_fault, { change, trace, header }) => {
        const end = { atMs: 100_000 }
        const right = judgeEvents(checker, trace, header, end)
        const wrong = judgeEvents(broken(checker, change), trace, header, end)
        expect(wrong.verdict).not.toBe(right.verdict)
      },
    )
  },
)
