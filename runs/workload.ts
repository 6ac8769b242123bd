/** The workload: what each client does with the lock. Acquire, read, work, write with the token, release, again. */

import { clock, mark, monotonic, sleep } from '#sim'
import type {
  Activity,
  Alarm,
  Fact,
  Node,
  Origin,
  Process,
  ServiceClients,
  Stream,
  World,
} from '#sim'
import type { AnyLock, Client, Fencing, Grant, Needs, Outsider } from '#algorithms'
import { checkedGrant, checkedOutcome } from './answers.ts'
import type { Plan } from './plan.ts'
import { generator } from './play.ts'

/** Name of the one lock that everybody wants. */
export const LOCK = 'lock'

/** One client through all lives of its process. */
export interface Member {
  readonly name: string
  readonly node: Node
  readonly startMs: number
  /** Rounds done so far; survives a restart, as a job queue would. */
  roundsDone: number
  /** Attempts so far, so that every hold has a name of its own. */
  attempts: number
  /** Unique values handed out so far, by all lives of its process. */
  tokens: number
  /** The hold that the client believes to have. */
  believes: string | undefined
  /** What it was told of its loss. */
  lostWhy: string | undefined
  readonly validity: { readonly wall: Alarm; readonly monotonic: Alarm }
  /** The hold whose validity the alarms are set for. */
  validityOf: string | undefined
}

/** What all clients share. */
export interface Cooperation {
  readonly world: World
  readonly plan: Plan
  readonly fencing: Fencing
  readonly algorithm: AnyLock
  readonly parameters: Readonly<Record<string, never>>
  readonly services: (node: Node) => unknown
  readonly store: (node: Node) => ServiceClients['store']
  /** The stream of this kind of a client. */
  readonly stream: (kind: string, client: string) => Stream
}

/** Nobody believes in a hold in a job. */
function* nothingIsLost(): Process {}

/** A job of the lock, for one life of its process. */
export function* jobLife(
  { algorithm, parameters, services }: Cooperation,
  name: string,
  node: Node,
  stream: Stream,
): Process {
  let tokens = 0
  const me: Outsider<Needs> = {
    name,
    lock: LOCK,
    services: services(node) as Client<Needs, unknown>['services'],
    token: () => `${name}.${++tokens}`,
    jitterMs: (maxMs) => stream.pick(Math.floor(maxMs) + 1),
    lost: nothingIsLost,
  }
  const job = algorithm.jobs?.find((one) => one.name === name)
  if (job !== undefined) yield* generator(`the job ${name}`, job.run(me, parameters))
}

/** The client learns that it has lost what it believes to hold. */
function* lose(member: Member, why: string): Process {
  const hold = member.believes
  if (hold === undefined) return
  member.believes = undefined
  member.lostWhy = why
  yield* mark({ kind: 'lost', hold, why })
}

/** The client as its algorithm sees it, for one life of its process. */
const clientOf = (shared: Cooperation, member: Member): Client<Needs, unknown> => {
  const { name, node } = member
  return {
    name,
    lock: LOCK,
    services: shared.services(node) as Client<Needs, unknown>['services'],
    session: undefined,
    token: () => `${name}.${++member.tokens}`,
    jitterMs: (maxMs) => shared.stream('jitter', name).pick(Math.floor(maxMs) + 1),
    lost: (why) => lose(member, why),
  }
}

/** One life of a client's process, from its start to its last round. */
export function* clientLife(shared: Cooperation, member: Member, first: boolean): Process {
  const { plan, algorithm, parameters } = shared
  const { thinkMs, retryMs } = plan.workload
  const { name } = member
  member.believes = undefined
  member.lostWhy = undefined
  const origin = (hold: string, activity: Activity): Origin => ({ client: name, hold, activity })

  if (first && member.startMs > 0) yield* sleep(member.startMs)
  const me: { -readonly [Field in keyof Client<Needs, unknown>]: Client<Needs, unknown>[Field] } =
    clientOf(shared, member)
  if (algorithm.open !== undefined) {
    me.session = yield* generator('open', algorithm.open(me, parameters))
  }
  const store = shared.store(member.node)

  while (member.roundsDone < plan.rounds) {
    const hold = `${name}#${++member.attempts}`
    member.lostWhy = undefined
    yield* mark({ kind: 'acquiring', hold }, origin(hold, 'acquiring'))
    const held = checkedGrant(yield* generator('acquire', algorithm.acquire(me, parameters)))
    if (held === undefined) {
      yield* mark({ kind: 'denied', hold })
      const retry = shared.stream('retry', name)
      yield* sleep(retryMs + (retryMs > 0 ? retry.pick(Math.floor(retryMs) + 1) : 0))
      continue
    }
    member.believes = hold
    watchValidity(shared.world, member, hold, held)
    yield* mark(grantedFact(hold, held), origin(hold, 'holding'))

    const changedSince = yield* useStore(member, store, hold, held, shared, () =>
      enterAgain(shared, me, hold),
    )

    member.believes = undefined
    member.validityOf = undefined
    yield* mark({ kind: 'releasing', hold }, origin(hold, 'releasing'))
    const outcome = checkedOutcome(
      yield* generator('release', algorithm.release(me, held, parameters)),
    )
    yield* mark({ kind: 'released', hold, outcome }, origin(hold, 'opening'))
    // Who lost a race for a compare-and-set has done nothing, and begins again.
    if (!changedSince) member.roundsDone++
    if (member.roundsDone < plan.rounds && thinkMs > 0) yield* sleep(thinkMs)
  }
  yield* mark({ kind: 'finished' })
}

const grantedFact = (hold: string, grant: Grant): Fact => {
  const { token, validUntilMs, validityClock = 'wall' } = grant
  if (validUntilMs === undefined) {
    return token === undefined ? { kind: 'granted', hold } : { kind: 'granted', hold, token }
  }
  return token === undefined
    ? { kind: 'granted', hold, validUntilMs, validityClock }
    : { kind: 'granted', hold, token, validUntilMs, validityClock }
}

const watchValidity = (world: World, member: Member, hold: string, held: Grant): void => {
  const { validUntilMs, validityClock = 'wall' } = held
  if (validUntilMs === undefined) return
  if (member.node[validityClock].read(world.kernel.nowMs) >= validUntilMs) {
    // The algorithm hands out a lease that is over already: it is not valid for a single instant.
    world.state(member.node, { kind: 'validity-ended', hold })
    return
  }
  member.validityOf = hold
  member.validity[validityClock].set(validUntilMs)
}

/** Takes the lock once more in the middle of the section, and releases that again: the outer hold must outlive it. */
function* enterAgain(
  { algorithm, parameters }: Cooperation,
  me: Client<Needs, unknown>,
  hold: string,
): Process {
  yield* mark({ kind: 'reentering', hold })
  const inner = checkedGrant(yield* generator('acquire', algorithm.acquire(me, parameters)))
  if (inner === undefined) {
    yield* mark({ kind: 'reentry-denied', hold })
    return
  }
  const { token } = inner
  yield* mark(
    token === undefined ? { kind: 'reentered', hold } : { kind: 'reentered', hold, token },
  )
  yield* mark({ kind: 'leaving-inner', hold })
  const outcome = checkedOutcome(
    yield* generator('release', algorithm.release(me, inner, parameters)),
  )
  yield* mark({ kind: 'left-inner', hold, outcome })
}

/**
 * The critical section: read the counter, work, write it back one higher. Whether the store refused the write
 * because somebody else had written since.
 */
function* useStore(
  member: Member,
  store: ServiceClients['store'],
  hold: string,
  held: Grant,
  { plan, fencing }: Cooperation,
  again: () => Process,
): Process<boolean> {
  const { storeTimeoutMs, careful, workMs, nested } = plan.workload
  const read = yield* store.read(held.token, storeTimeoutMs)
  if (!read.ok) {
    yield* mark({ kind: 'read-failed', hold, why: read.code })
    return false
  }
  yield* mark({ kind: 'read-returned', hold, value: read.value })
  if (nested) yield* again()
  if (workMs > 0) yield* sleep(workMs)

  if (careful) {
    const why = yield* whyNotWrite(member, held)
    if (why !== undefined) {
      yield* mark({ kind: 'write-skipped', hold, why })
      return false
    }
  }
  const value = read.value + 1
  yield* mark({ kind: 'write-sent', hold, value })
  const compares = fencing === 'compare'
  const written = compares
    ? yield* store.write(value, undefined, storeTimeoutMs, read.value)
    : yield* store.write(value, held.token, storeTimeoutMs)
  if (written.ok) yield* mark({ kind: 'write-acknowledged', hold, value })
  else if (written.why === 'refused')
    yield* mark({ kind: 'write-refused', hold, why: written.code })
  else yield* mark({ kind: 'write-unknown', hold })
  return compares && !written.ok && written.why === 'refused'
}

/** What a careful client looks at right before it writes. A pause can still fall behind the look. */
function* whyNotWrite(member: Member, held: Grant): Process<string | undefined> {
  if (held.validUntilMs !== undefined) {
    const nowMs = held.validityClock === 'monotonic' ? yield* monotonic() : yield* clock()
    if (nowMs >= held.validUntilMs)
      return `its lease ended at ${held.validUntilMs} ms of its own clock`
  }
  return member.lostWhy
}
