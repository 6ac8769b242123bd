/** The keys of an etcd store with their revisions and leases: a pure state machine, the same on every server. */

// mvcc/kvstore_txn.go, etcdserver/txn, lease/lessor.go.

import type { Origin, Reply } from '../../kernel/index.ts'
import { ok, refused } from '../../kernel/index.ts'
import type {
  Command,
  Comparison,
  Event,
  KeyValue,
  Operation,
  Transaction,
  TxnAnswer,
  Wanted,
} from './protocol.ts'

/** A key as the store keeps it. */
export interface StoredKey {
  readonly kv: KeyValue
  /** On whose behalf the key came into being; undefined for the store's own. */
  readonly origin: Origin | undefined
  /** On whose behalf it was written last. */
  readonly writer: Origin | undefined
}

/** A lease as the log knows it. When it ends is the leader's business. */
interface StoredLease {
  readonly ttlMs: number
  readonly keys: Set<string>
}

/** The replicated state. */
export interface KeySpace {
  /** Grows by one with every transaction that changes something. A new store is at 1. */
  revision: number
  readonly keys: Map<string, StoredKey>
  readonly leases: Map<number, StoredLease>
  /** All changes, in order: what a watch that begins in the past is told. Never compacted. */
  readonly events: Event[]
}

/** An empty store. */
export const newKeySpace = (): KeySpace => ({
  revision: 1,
  keys: new Map(),
  leases: new Map(),
  events: [],
})

const LEASE_NOT_FOUND = refused('etcdserver: requested lease not found')
const LEASE_EXISTS = refused('etcdserver: lease already exists')
const NOTHING: readonly KeyValue[] = []

/** What a read finds, in the order of keys or, of those created first or last, just that one. */
export const rangeOf = (space: KeySpace, wanted: Wanted): readonly KeyValue[] => {
  const { key, prefix = false, only, maxCreateRevision = Infinity } = wanted
  if (!prefix) {
    const found = space.keys.get(key)
    return found === undefined || found.kv.createRevision > maxCreateRevision ? NOTHING : [found.kv]
  }
  const found: KeyValue[] = []
  let best: KeyValue | undefined
  for (const { kv } of space.keys.values()) {
    if (!kv.key.startsWith(key) || kv.createRevision > maxCreateRevision) continue
    if (only === undefined) found.push(kv)
    else if (
      best === undefined ||
      (only === 'first-created'
        ? kv.createRevision < best.createRevision
        : kv.createRevision > best.createRevision)
    ) {
      best = kv
    }
  }
  if (best !== undefined) return [best]
  return found.sort((one, other) => (one.key < other.key ? -1 : 1))
}

const holds = (space: KeySpace, { key, target, is, to }: Comparison): boolean => {
  const found = space.keys.get(key)
  // A key that is not there has revision and version 0, and no value.
  if (found === undefined && target === 'value') return false
  const value = found === undefined ? 0 : found.kv[target]
  switch (is) {
    case '=':
      return value === to
    case '!=':
      return value !== to
    case '<':
      return value < to
    case '>':
      return value > to
  }
}

/** One transaction on its way: everything that it changes gets the same revision. */
class Writing {
  private readonly space: KeySpace
  private readonly origin: Origin | undefined
  readonly revision: number
  changed = false

  constructor(space: KeySpace, origin: Origin | undefined) {
    this.space = space
    this.origin = origin
    this.revision = space.revision + 1
    this.changed = false
  }

  put(key: string, value: string, lease: number): void {
    const { keys, leases } = this.space
    const stored = keys.get(key)
    const before = stored?.kv
    if (before !== undefined && before.lease !== lease) leases.get(before.lease)?.keys.delete(key)
    leases.get(lease)?.keys.add(key)
    const kv = {
      key,
      value,
      createRevision: before?.createRevision ?? this.revision,
      modRevision: this.revision,
      version: (before?.version ?? 0) + 1,
      lease,
    }
    keys.set(key, {
      kv,
      origin: stored === undefined ? this.origin : stored.origin,
      writer: this.origin,
    })
    this.note('put', key)
  }

  delete(key: string): boolean {
    const { keys, leases } = this.space
    const before = keys.get(key)
    if (before === undefined) return false
    keys.delete(key)
    leases.get(before.kv.lease)?.keys.delete(key)
    this.note('delete', key)
    return true
  }

  end(): void {
    if (this.changed) this.space.revision = this.revision
  }

  private note(type: Event['type'], key: string): void {
    this.changed = true
    this.space.events.push({ type, revision: this.revision, key })
  }
}

const isWithoutLease = (space: KeySpace, operation: Operation): boolean =>
  operation.op === 'put' && operation.lease !== 0 && !space.leases.has(operation.lease)

const transact = (
  space: KeySpace,
  { compare, success, failure }: Transaction,
  origin: Origin | undefined,
): Reply<TxnAnswer> => {
  const succeeded = compare.every((comparison) => holds(space, comparison))
  const operations = succeeded ? success : failure
  if (operations.some((operation) => isWithoutLease(space, operation))) return LEASE_NOT_FOUND
  const writing = new Writing(space, origin)
  const responses = operations.map((operation) => {
    if (operation.op === 'range') return rangeOf(space, operation)
    if (operation.op === 'put') writing.put(operation.key, operation.value, operation.lease)
    else writing.delete(operation.key)
    return NOTHING
  })
  writing.end()
  return ok({ revision: space.revision, succeeded, responses })
}

/** Applies a command of the log. */
export const applyCommand = (
  space: KeySpace,
  command: Command,
  origin: Origin | undefined,
): Reply<unknown> => {
  switch (command.op) {
    case 'put': {
      if (isWithoutLease(space, command)) return LEASE_NOT_FOUND
      const writing = new Writing(space, origin)
      writing.put(command.key, command.value, command.lease)
      writing.end()
      return ok({ revision: space.revision })
    }
    case 'delete': {
      const writing = new Writing(space, origin)
      const deleted = writing.delete(command.key) ? 1 : 0
      writing.end()
      return ok({ revision: space.revision, deleted })
    }
    case 'txn':
      return transact(space, command, origin)
    case 'lease-grant': {
      const { id, ttlMs } = command
      if (space.leases.has(id)) return LEASE_EXISTS
      space.leases.set(id, { ttlMs, keys: new Set() })
      return ok({ id, ttlMs })
    }
    case 'lease-revoke': {
      const lease = space.leases.get(command.id)
      if (lease === undefined) return LEASE_NOT_FOUND
      space.leases.delete(command.id)
      const writing = new Writing(space, undefined)
      for (const key of [...lease.keys].sort()) writing.delete(key)
      writing.end()
      return ok({ id: command.id, ttlMs: 0 })
    }
  }
}
