/** Classes that strike servers: `server-crash`, `server-loss`, `failover`. */

import { electsLeader, services } from '#sim'
import type { AnyFaultPlan, AnyService, Stream } from '#sim'
import type { PlanInput } from '../plan.ts'
import { defineFaultClass } from './fault-class.ts'
import type { ClassCast, ClassDraw } from './fault-class.ts'
import { among, anyLength, momentFor, msBetween } from './moments.ts'

/** Servers that write to their disk before they answer, where that is a matter of choice. */
const DURABLE: NonNullable<PlanInput['services']> = { redis: { persistence: 'always' } }

/** Well over a minute: by then a lock that cannot do without this server has been missed. */
const OUTAGE_MS = 90_000

const crashOf = (
  stream: Stream,
  cast: ClassCast,
  node: string,
  losesDisk: boolean,
): ClassDraw['faults'] => [
  {
    kind: 'crash',
    node,
    at: momentFor(stream, cast),
    forMs: stream.pick(3) === 0 ? OUTAGE_MS : anyLength(stream, cast),
    ...(stream.pick(3) === 0 ? { silent: true } : {}),
    ...(losesDisk ? { losesDisk } : {}),
  },
]

/** One server dies and comes back with its disk. */
export const serverCrash = defineFaultClass({
  name: 'server-crash',
  code: 'sc',
  kinds: ['crash'],
  summary:
    'a server crashes and comes back with all that it had on its disk, written before it answered',
  draw(stream, cast) {
    const { servers, groups } = cast.role
    if (servers.length === 0) return { skip: 'it has no servers' }
    const durable = Object.fromEntries(
      Object.entries(DURABLE).filter(([name]) => groups.some(({ service }) => service === name)),
    )
    return { faults: crashOf(stream, cast, among(stream, servers), false), services: durable }
  },
})

/** One server dies and comes back empty. */
export const serverLoss = defineFaultClass({
  name: 'server-loss',
  code: 'sl',
  kinds: ['crash'],
  summary: 'a server crashes and comes back empty: no persistence, or its disk is lost',
  draw(stream, cast) {
    const { servers } = cast.role
    if (servers.length === 0) return { skip: 'it has no servers' }
    return { faults: crashOf(stream, cast, among(stream, servers), true) }
  },
})

/** The leader dies, and another server takes over; a replica may be behind. */
export const failover = defineFaultClass({
  name: 'failover',
  code: 'fo',
  kinds: ['crash', 'failover', 'partition'],
  summary:
    'the leader dies and another server takes over, which may not have heard of the last grants',
  draw(stream, cast) {
    const { role, leaseMs } = cast
    const group = role.groups.find(({ nodes }) => nodes.length > 0)
    if (group === undefined) return { skip: 'it has no servers' }
    const { service, nodes } = group
    if (electsLeader(service) && nodes.length > 1) {
      const node = among(stream, nodes)
      return {
        faults: [
          { kind: 'crash', node, at: momentFor(stream, cast), forMs: anyLength(stream, cast) },
        ],
      }
    }
    const { nodeName, replicas } = services[service] as AnyService
    if (replicas === undefined) return { skip: 'its servers have no replicas' }
    const own = role.algorithm.services?.(role.parameters as never)[service]
    const replicates = Object.entries(replicas).every(([name, value]) => own?.[name] === value)
    if (!replicates && (nodes.length > 1 || role.algorithm.scales !== service)) {
      return { skip: 'its servers are independent, without replicas' }
    }
    const at = momentFor(stream, cast)
    const lag = stream.pick(2) === 0
    const size = Math.max(2, nodes.length)
    const leader = `${nodeName}-1`
    const replica = `${nodeName}-${2 + stream.pick(size - 1)}`
    const faults: AnyFaultPlan[] = [
      { kind: 'crash', node: leader, at, silent: true },
      { kind: 'failover', to: replica, at: laterThan(at, msBetween(stream, 1, leaseMs / 2)) },
    ]
    // A replica comes to be behind when the link to it is slow; without that it mostly is not.
    if (lag) {
      faults.unshift({
        kind: 'partition',
        groups: [[leader], [replica]],
        at: 0,
        forMs: leaseMs * 2,
      })
    }
    return {
      ...(nodes.length > 1 ? {} : { servers: size }),
      services: { [service]: replicas as Readonly<Record<string, string>> },
      faults,
    }
  },
})

type Moment = ReturnType<typeof momentFor>

const laterThan = (at: Moment, byMs: number): Moment =>
  typeof at === 'number' ? at + byMs : { ...at, afterMs: (at.afterMs ?? 0) + byMs }
