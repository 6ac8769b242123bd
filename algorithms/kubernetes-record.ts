/** A Lease object of the Kubernetes API as an elector sees it: read, and updated only if nobody did so meanwhile. */

// client-go tools/leaderelection/leaderelection.go, resourcelock/leaselock.go. The API server keeps objects in etcd:
// their resourceVersion is the key's ModRevision, and an update is a transaction that compares it.

import { clock, monotonic } from '#sim'
import type { EtcdClient, Process } from '#sim'

/** The election record (resourcelock.LeaderElectionRecord). */
export interface LeaseRecord {
  /** Empty: given back. */
  readonly holderIdentity: string
  readonly leaseDurationMs: number
  /** Times by the writer's wall clock. Nobody computes with them. */
  readonly acquireTimeMs: number
  readonly renewTimeMs: number
  readonly leaderTransitions: number
}

/** What an elector is set to. */
export interface ElectorConfig {
  readonly leaseDurationMs: number
  /** Whether an observer waits as long as the record says, or as long as its own configuration does. */
  readonly observerUses: 'record' | 'own'
}

/** One candidate, with what it has seen of the object last. */
export interface Elector {
  readonly key: string
  readonly identity: string
  observed: LeaseRecord
  observedText: string
  /** By the local monotonic clock. */
  observedAtMs: number
  /** ModRevision of the object that it would update. */
  version: number
}

const NOBODY: LeaseRecord = {
  holderIdentity: '',
  leaseDurationMs: 0,
  acquireTimeMs: 0,
  renewTimeMs: 0,
  leaderTransitions: 0,
}

/** Where the object is. */
export const keyOfLease = (lock: string): string => `/registry/leases/${lock}`

/** A candidate that has seen nothing yet. */
export const newElector = (lock: string, identity: string): Elector => ({
  key: keyOfLease(lock),
  identity,
  observed: NOBODY,
  observedText: '',
  observedAtMs: 0,
  version: 0,
})

/** Reads the object's text. */
export const readRecord = (text: string): LeaseRecord => JSON.parse(text) as LeaseRecord

/** Whether the record that was seen last is one's own. */
const isLeader = ({ observed, identity }: Elector): boolean => observed.holderIdentity === identity

function* observe(elector: Elector, record: LeaseRecord): Process {
  elector.observed = record
  elector.observedAtMs = yield* monotonic()
}

/** Gets the object: its text, `absent`, or undefined for an error. */
function* fetch(api: EtcdClient, elector: Elector): Process<string | undefined> {
  const found = yield* api.get({ key: elector.key })
  if (!found.ok) return undefined
  const [object] = found.value.kvs
  elector.version = object?.modRevision ?? 0
  return object?.value ?? ''
}

/** Creates (version 0) or updates the object; a conflict (409) and an answer that does not come are both a no. */
function* write(
  api: EtcdClient,
  elector: Elector,
  record: LeaseRecord,
): Process<'written' | 'conflict' | 'unknown'> {
  const { key, version } = elector
  const written = yield* api.txn({
    compare: [{ key, target: 'modRevision', is: '=', to: version }],
    success: [{ op: 'put', key, value: JSON.stringify(record), lease: 0 }],
    failure: [],
  })
  if (!written.ok) return written.why === 'refused' ? 'conflict' : 'unknown'
  if (!written.value.succeeded) return 'conflict'
  elector.version = written.value.revision
  yield* observe(elector, record)
  return 'written'
}

/** Takes or renews the lease, if it can be had now (tryAcquireOrRenew). */
export function* tryAcquireOrRenew(
  api: EtcdClient,
  elector: Elector,
  { leaseDurationMs, observerUses }: ElectorConfig,
): Process<boolean> {
  const nowMs = yield* monotonic()
  const wallMs = yield* clock()
  const isValid = (): boolean => {
    const { observed, observedAtMs } = elector
    const forMs = observerUses === 'record' ? observed.leaseDurationMs : leaseDurationMs
    return observedAtMs + forMs > nowMs
  }
  const recordWith = (acquireTimeMs: number, leaderTransitions: number): LeaseRecord => ({
    holderIdentity: elector.identity,
    leaseDurationMs,
    acquireTimeMs,
    renewTimeMs: wallMs,
    leaderTransitions,
  })

  // A leader takes what it saw last for the current version, and mostly it is.
  if (isLeader(elector) && isValid()) {
    const { acquireTimeMs, leaderTransitions } = elector.observed
    const renewed = yield* write(api, elector, recordWith(acquireTimeMs, leaderTransitions))
    if (renewed === 'written') return true
  }

  const text = yield* fetch(api, elector)
  if (text === undefined) return false
  if (text === '') return (yield* write(api, elector, recordWith(wallMs, 0))) === 'written'
  const found = readRecord(text)
  if (text !== elector.observedText) {
    yield* observe(elector, found)
    elector.observedText = text
  }
  if (found.holderIdentity !== '' && isValid() && !isLeader(elector)) return false

  const record = isLeader(elector)
    ? recordWith(found.acquireTimeMs, found.leaderTransitions)
    : recordWith(wallMs, found.leaderTransitions + 1)
  return (yield* write(api, elector, record)) === 'written'
}

/**
 * Gives the lease back, for others to take at once. As published it gets the newest version of the object, and looks
 * at its own memory only to know whose it is. `looks`: it looks at the object as well.
 */
export function* giveBack(
  api: EtcdClient,
  elector: Elector,
  looks: boolean,
): Process<'ok' | 'not-held' | 'unknown'> {
  const text = yield* fetch(api, elector)
  if (text === undefined || text === '') return 'unknown'
  const found = readRecord(text)
  if (looks) yield* observe(elector, found)
  if (!isLeader(elector)) return 'not-held'
  const wallMs = yield* clock()
  const written = yield* write(api, elector, {
    holderIdentity: '',
    leaseDurationMs: 1_000,
    acquireTimeMs: wallMs,
    renewTimeMs: wallMs,
    leaderTransitions: found.leaderTransitions,
  })
  return written === 'written' ? 'ok' : written === 'conflict' ? 'not-held' : 'unknown'
}
