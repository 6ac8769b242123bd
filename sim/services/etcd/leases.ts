/** The leader's list of leases and when each runs out (lease/lessor.go). In memory, on the leader only. */

/** How often the leader looks for leases that have run out. */
const SCAN_EVERY_MS = 500
/** After which it proposes once more to revoke a lease that is still there (expiredLeaseRetryInterval). */
const RETRY_MS = 3_000

interface Running {
  readonly ttlMs: number
  expiresAtMs: number
  /** Not proposed for revocation before this instant. */
  dueMs: number
}

/** When leases run out. */
export interface Lessor {
  /** When the first scan was. */
  readonly sinceMs: number
  readonly running: Map<number, Running>
  /** No lease is due before this instant. */
  dueMs: number
}

/** The shortest TTL that a server grants: one and a half election timeouts, in whole seconds (server.go). */
export const minTtlMs = (electionTimeoutMs: number): number =>
  Math.ceil((1.5 * electionTimeoutMs) / 1_000) * 1_000

/** A lessor without leases. */
export const newLessor = (nowMs: number): Lessor => ({
  sinceMs: nowMs,
  running: new Map(),
  dueMs: Infinity,
})

/** Begins to count for a lease, with its full TTL before it. */
export const arm = (
  lessor: Lessor,
  id: number,
  ttlMs: number,
  extraMs: number,
  nowMs: number,
): void => {
  const expiresAtMs = nowMs + ttlMs + extraMs
  lessor.running.set(id, { ttlMs, expiresAtMs, dueMs: expiresAtMs })
  if (expiresAtMs < lessor.dueMs) lessor.dueMs = expiresAtMs
}

/** Ends counting for a lease that is revoked. */
export const disarm = ({ running }: Lessor, id: number): void => {
  running.delete(id)
}

/** What a keepalive does: the TTL again; `gone` if there is no such lease, `ending` if it waits to be revoked. */
export const renew = (
  { running }: Lessor,
  id: number,
  nowMs: number,
): number | 'gone' | 'ending' => {
  const lease = running.get(id)
  if (lease === undefined) return 'gone'
  if (nowMs >= lease.expiresAtMs) return 'ending'
  lease.expiresAtMs = nowMs + lease.ttlMs
  lease.dueMs = lease.expiresAtMs
  return lease.ttlMs
}

/** When the next scan will find something. */
export const nextScanMs = ({ dueMs, sinceMs }: Lessor): number =>
  dueMs === Infinity
    ? Infinity
    : sinceMs + Math.ceil((dueMs - sinceMs) / SCAN_EVERY_MS) * SCAN_EVERY_MS

/** The leases to be revoked now. */
export const scan = (lessor: Lessor, nowMs: number): readonly number[] => {
  const due: number[] = []
  lessor.dueMs = Infinity
  for (const [id, lease] of lessor.running) {
    if (lease.dueMs <= nowMs) {
      due.push(id)
      lease.dueMs = nowMs + RETRY_MS
    }
    if (lease.dueMs < lessor.dueMs) lessor.dueMs = lease.dueMs
  }
  return due
}
