/** Traces written by hand, from which every checker shows that it can say yes and no. */

import type { FactEvent, RevokeCause } from '#sim'
import type { PromiseName } from '../checker.ts'
import { commitExamples } from './commits.ts'
import { at, finished, header } from './example.ts'
import type { Example } from './example.ts'

export { at, finished, header } from './example.ts'
export type { Example } from './example.ts'

/** The client that a hold belongs to: `client-1` of `client-1#2`. */
export const clientOf = (hold: string): string => hold.slice(0, hold.indexOf('#'))

/** A fact of a client about one of its holds. */
export const did = (
  atMs: number,
  hold: string,
  kind: 'acquiring' | 'denied' | 'releasing' | 'validity-ended' | 'write-unknown',
): FactEvent => at(atMs, clientOf(hold), { kind, hold })

/** `granted`, with a token if there is one. */
export const granted = (atMs: number, hold: string, token?: number): FactEvent =>
  at(
    atMs,
    clientOf(hold),
    token === undefined ? { kind: 'granted', hold } : { kind: 'granted', hold, token },
  )

/** `released`, which worked. */
export const released = (atMs: number, hold: string): FactEvent =>
  at(atMs, clientOf(hold), { kind: 'released', hold, outcome: 'ok' })

/** `lost`: the client was told. */
export const told = (atMs: number, hold: string): FactEvent =>
  at(atMs, clientOf(hold), { kind: 'lost', hold, why: 'session expired' })

/** A crash of any node. */
export const crashed = (atMs: number, node: string): FactEvent =>
  at(atMs, node, { kind: 'crashed', silent: true })

/** A server has the lock granted to this hold. */
export const serves = (atMs: number, hold: string, node = 'redis'): FactEvent =>
  at(atMs, node, { kind: 'service-granted', client: clientOf(hold), hold })

/** A server no longer has it granted; `byHold` names the hold whose release asked for it. */
export const drops = (
  atMs: number,
  hold: string,
  cause: RevokeCause,
  byHold?: string,
  node = 'redis',
): FactEvent => {
  const fact = { kind: 'service-revoked', client: clientOf(hold), hold, cause } as const
  if (byHold === undefined) return at(atMs, node, fact)
  const by = { client: clientOf(byHold), hold: byHold, activity: 'releasing' } as const
  return at(atMs, node, { ...fact, by })
}

/** The store answered a read. */
export const reads = (atMs: number, hold: string, value = 0): FactEvent =>
  at(atMs, 'store', { kind: 'store-read', client: clientOf(hold), hold, value })

/** The store applied a write. */
export const writes = (atMs: number, hold: string, value: number, before: number): FactEvent =>
  at(atMs, 'store', { kind: 'store-written', client: clientOf(hold), hold, value, before })

/** The client heard that its write was applied. */
export const acknowledged = (atMs: number, hold: string, value: number): FactEvent =>
  at(atMs, clientOf(hold), { kind: 'write-acknowledged', hold, value })

/** The store refused a stale write. */
export const refuses = (atMs: number, hold: string, token: number, highest: number): FactEvent =>
  at(atMs, 'store', {
    kind: 'store-refused',
    client: clientOf(hold),
    hold,
    operation: 'write',
    token,
    highest,
  })

const one = 'client-1#1'
const two = 'client-2#1'

/** Two clients compete, and each has its turn: every promise holds. */
export const goodRun: Example = {
  header,
  events: [
    did(0, one, 'acquiring'),
    did(1, two, 'acquiring'),
    serves(1, one),
    granted(2, one, 1),
    reads(3, one),
    writes(5, one, 1, 0),
    acknowledged(6, one, 1),
    did(7, one, 'releasing'),
    drops(8, one, 'request', one),
    serves(8, two),
    released(9, one),
    granted(9, two, 2),
    at(9, 'client-1', { kind: 'finished' }),
    reads(10, two, 1),
    writes(12, two, 2, 1),
    acknowledged(13, two, 2),
    did(14, two, 'releasing'),
    drops(15, two, 'request', two),
    released(16, two),
    at(16, 'client-2', { kind: 'finished' }),
  ],
  end: finished(16),
}

/** Kleppmann's first figure: a stop-the-world pause longer than the lease, then a stale write. */
export const pausedHolder: Example = {
  header: { ...header, faults: 1 },
  events: [
    did(0, one, 'acquiring'),
    serves(1, one),
    granted(2, one, 33),
    did(4, two, 'acquiring'),
    reads(1000, one),
    at(1003, 'client-1', { kind: 'paused', clocksStop: false }),
    drops(10_001, one, 'expired'),
    serves(11_001, two),
    granted(11_003, two, 34),
    reads(11_500, two),
    writes(12_000, two, 1, 0),
    acknowledged(12_001, two, 1),
    at(16_003, 'client-1', { kind: 'resumed' }),
    at(16_003, 'client-1', { kind: 'write-sent', hold: one, value: 1 }),
    writes(16_004, one, 1, 1),
    acknowledged(16_005, one, 1),
    did(16_005, one, 'releasing'),
    did(17_000, two, 'releasing'),
    drops(17_001, two, 'request', two),
    released(17_002, two),
  ],
  end: { ...finished(18_000), faultsOverAtMs: 16_003 },
}

/** A failover to a replica that was behind: both go by a grant that the servers gave. */
export const failover: Example = {
  header,
  events: [
    did(0, one, 'acquiring'),
    serves(1, one, 'redis-1'),
    granted(2, one, 1),
    did(3, two, 'acquiring'),
    drops(5000, one, 'lost', undefined, 'redis-2'),
    serves(5001, two, 'redis-2'),
    granted(5002, two, 1),
    did(6000, one, 'releasing'),
    did(6001, two, 'releasing'),
    drops(6002, two, 'request', one, 'redis-2'),
  ],
  end: finished(7000),
}

/** The holder died, and its grant stays at the servers for ever. */
export const deadHolder: Example = {
  header,
  events: [
    did(0, one, 'acquiring'),
    serves(1, one),
    granted(2, one),
    did(3, two, 'acquiring'),
    crashed(100, 'client-1'),
    did(150, two, 'denied'),
    did(200, 'client-2#2', 'acquiring'),
  ],
  end: { atMs: 60_000, why: 'horizon', faultsOverAtMs: 100 },
}

/** Nobody ever met: every verdict on it is vacuous. */
export const loneRun: Example = {
  header,
  events: [did(0, one, 'acquiring'), at(1, 'client-1', { kind: 'finished' })],
  end: finished(1),
}

/** One server of three is struck, and comes back after a minute and a half. */
const struck = (answersMs: number): Example => ({
  header: { ...header, servers: ['redis-1', 'redis-2', 'redis-3'], faults: 1 },
  events: [
    at(100, 'redis-1', { kind: 'fault-began', fault: 0, what: 'crash', text: 'redis-1 crashes' }),
    crashed(100, 'redis-1'),
    did(200, one, 'acquiring'),
    granted(answersMs, one),
    did(answersMs + 10, one, 'releasing'),
    released(answersMs + 11, one),
    at(90_100, 'redis-1', { kind: 'restarted' }),
    at(90_100, 'redis-1', {
      kind: 'fault-ended',
      fault: 0,
      what: 'crash',
      text: 'redis-1 crashes',
    }),
  ],
  end: { atMs: 100_000, why: 'finished', faultsOverAtMs: 90_100 },
})

/** A hold enters the queue of the lock. */
export const queued = (atMs: number, hold: string): FactEvent =>
  at(atMs, 'redis', { kind: 'queued', client: clientOf(hold), hold })

const three = 'client-3#1'

const inQueue = (...order: readonly string[]): Example => ({
  header: {
    ...header,
    clients: ['client-1', 'client-2', 'client-3'],
    doorway: 'its entry is there',
  },
  events: [
    ...[one, two, three].map((hold, index) => did(index, hold, 'acquiring')),
    ...[one, two, three].map((hold, index) => queued(10 + index, hold)),
    ...order.flatMap((hold, index) => [
      granted(100 * (index + 1), hold),
      did(100 * (index + 1) + 50, hold, 'releasing'),
    ]),
  ],
  end: finished(1_000),
})

/** client-2 asks every second, and is granted the lock at `lastMs`; client-1 has it all the time. */
const passedOver = (lastMs: number): Example => {
  const events: FactEvent[] = [did(0, two, 'acquiring')]
  for (let round = 1; round * 5_000 < lastMs; round++) {
    const hold = `client-1#${round}`
    events.push(
      did(round * 5_000 - 10, hold, 'acquiring'),
      granted(round * 5_000, hold),
      did(round * 5_000 + 2_000, two, 'denied'),
      did(round * 5_000 + 4_000, hold, 'releasing'),
    )
  }
  events.push(granted(lastMs, two))
  return { header, events, end: finished(lastMs + 1_000) }
}

/** client-1 takes the lock twice; what happens after it gave the inner grant back differs. */
const nested = (...after: readonly FactEvent[]): Example => ({
  header: { ...header, offersReentry: true },
  events: [
    did(0, one, 'acquiring'),
    serves(1, one),
    granted(2, one),
    at(10, 'client-1', { kind: 'reentering', hold: one }),
    at(11, 'client-1', { kind: 'reentered', hold: one }),
    at(12, 'client-1', { kind: 'leaving-inner', hold: one }),
    ...after,
  ],
  end: finished(100),
})

/** For each promise, a trace that keeps it and one that does not. */
export const examples: Readonly<
  Record<PromiseName, { readonly holds: Example; readonly breaks: Example }>
> = {
  'exclusion/service': { holds: pausedHolder, breaks: failover },
  'exclusion/belief': { holds: goodRun, breaks: pausedHolder },
  'exclusion/validity': {
    holds: {
      ...pausedHolder,
      events: pausedHolder.events.flatMap((event) =>
        event.atMs === 10_001 ? [did(9898, one, 'validity-ended'), event] : [event],
      ),
    },
    breaks: pausedHolder,
  },
  'exclusion/effect': { holds: goodRun, breaks: pausedHolder },
  fencing: { holds: goodRun, breaks: failover },
  'lost-update': { holds: goodRun, breaks: pausedHolder },
  'deadlock-freedom': { holds: goodRun, breaks: deadHolder },
  ownership: { holds: goodRun, breaks: failover },
  starvation: { holds: passedOver(25_000), breaks: passedOver(95_000) },
  fairness: { holds: inQueue(one, two, three), breaks: inQueue(one, three, two) },
  reentrancy: {
    holds: nested(did(20, one, 'releasing'), drops(21, one, 'request', one)),
    breaks: nested(drops(13, one, 'request', one), did(20, one, 'releasing')),
  },
  availability: { holds: struck(500), breaks: struck(90_200) },
  contention: { holds: goodRun, breaks: loneRun },
  ...commitExamples,
}
