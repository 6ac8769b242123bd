/** The memcached service: items in memory with an expiry in whole seconds, evicted when room is needed. */

import { ok, refused } from '../../kernel/reply.ts'
import type { Reply } from '../../kernel/reply.ts'
import type { Origin } from '../../kernel/trace.ts'
import { defineService } from '../service.ts'
import type { Input, Outbox, RequestInput } from '../service.ts'
import { memcachedClients } from './client.ts'
import type { MemcachedClients, MemcachedRequest, Stored } from './client.ts'

/** Options of a group of memcached servers. */
export interface MemcachedOptions {
  /** For how many items there is room (`-m` divided by the size of an item); 0 for more than ever come. */
  readonly itemsMax: number
  /** How many items per second others store in the same cache: what pushes a lock out that nobody looks at. */
  readonly otherStoresPerSecond: number
}

/** One item. */
interface Item {
  readonly value: string
  readonly unique: number
  /** The second of the server's own timer in which it is over; Infinity for never. */
  readonly expiresInSecond: number
  /** When it last went to the head of the queue at whose tail items are evicted. */
  readonly usedAtMs: number
  /** Who stored it; kept for the judges. */
  readonly origin: Origin
}

/** One server: its options, and what it holds in memory. */
export interface MemcachedState {
  readonly options: MemcachedOptions
  nowMs: number
  /** The least recently used first. */
  readonly items: Map<string, Item>
  /** The last "cas unique" that was given out. */
  unique: number
  lostInCrash: boolean
}

/** What a judge sees of one server. */
export interface MemcachedView {
  item(key: string): Item | undefined
}

const STORED = ok<Stored>('STORED')
const NOT_STORED = ok<Stored>('NOT_STORED')
const EXISTS = ok<Stored>('EXISTS')
const NOT_FOUND = ok<Stored>('NOT_FOUND')
const DELETED = ok(true)
const NOTHING_DELETED = ok(false)
const MISS = ok(null)
const NO_UNIX_TIMES = refused('SERVER_ERROR exptime as Unix time is not modelled')

const SECOND_MS = 1_000
/** memcached.h, REALTIME_MAXDELTA: whatever is longer than 30 days is a Unix time. */
const EXPTIME_MAX_SECONDS = 60 * 60 * 24 * 30
/** memcached.h, ITEM_UPDATE_INTERVAL: an item goes back to the head of the queue once a minute at most. */
const BUMP_EVERY_MS = 60_000

/** The timer ticks once a second, and between two ticks it stands still (memcached.c, clock_handler). */
const secondOf = (ms: number): number => Math.floor(ms / SECOND_MS)

/** When others will have filled all the room behind an item. */
const evictedAtMs = ({ options }: MemcachedState, item: Item): number =>
  options.itemsMax === 0 || options.otherStoresPerSecond === 0
    ? Infinity
    : item.usedAtMs + (options.itemsMax / options.otherStoresPerSecond) * SECOND_MS

const removeWhere = (state: MemcachedState, isOver: (item: Item) => boolean): boolean => {
  let removed = false
  for (const [key, item] of state.items) {
    if (!isOver(item)) continue
    state.items.delete(key)
    removed = true
  }
  return removed
}

/** Drops what time has ended: an item is over as soon as the timer shows its second (items.c, do_item_get). */
const expire = (state: MemcachedState, out: Outbox): void => {
  if (state.items.size === 0) return
  const second = secondOf(state.nowMs)
  if (removeWhere(state, ({ expiresInSecond }) => expiresInSecond <= second)) out.changed('expired')
  if (removeWhere(state, (item) => evictedAtMs(state, item) <= state.nowMs)) out.changed('lost')
}

const store = (
  state: MemcachedState,
  key: string,
  value: string,
  exptimeSeconds: number,
  origin: Origin,
  out: Outbox,
): Reply<Stored> => {
  if (exptimeSeconds > EXPTIME_MAX_SECONDS) return NO_UNIX_TIMES
  const { items, options, nowMs } = state
  const had = items.delete(key)
  if (exptimeSeconds >= 0) {
    const expiresInSecond = exptimeSeconds === 0 ? Infinity : secondOf(nowMs) + exptimeSeconds
    state.unique++
    items.set(key, { value, unique: state.unique, expiresInSecond, usedAtMs: nowMs, origin })
    if (options.itemsMax > 0 && items.size > options.itemsMax) {
      const [oldest] = items.keys()
      if (oldest !== undefined) items.delete(oldest)
    }
  }
  if (had || exptimeSeconds >= 0) out.changed('request', origin)
  return STORED
}

/** Whoever finds an item sends it to the head of the queue; so does an `add` that comes to nothing. */
const bump = (state: MemcachedState, key: string, item: Item): void => {
  if (state.nowMs - item.usedAtMs < BUMP_EVERY_MS) return
  state.items.delete(key)
  state.items.set(key, { ...item, usedAtMs: state.nowMs })
}

const answer = (
  state: MemcachedState,
  { body, origin }: RequestInput<MemcachedRequest>,
  out: Outbox,
): Reply<unknown> => {
  const { key } = body
  const item = state.items.get(key)
  switch (body.op) {
    case 'set':
      return store(state, key, body.value, body.exptimeSeconds, origin, out)
    case 'add':
      if (item === undefined) return store(state, key, body.value, body.exptimeSeconds, origin, out)
      bump(state, key, item)
      return NOT_STORED
    case 'cas':
      if (item === undefined) return NOT_FOUND
      if (item.unique !== body.unique) return EXISTS
      return store(state, key, body.value, body.exptimeSeconds, origin, out)
    case 'get':
    case 'gets':
      if (item === undefined) return MISS
      bump(state, key, item)
      return ok(body.op === 'get' ? item.value : { value: item.value, unique: item.unique })
    case 'delete':
      if (item === undefined) return NOTHING_DELETED
      state.items.delete(key)
      out.changed('request', origin)
      return DELETED
  }
}

const step = (
  state: MemcachedState,
  input: Input<MemcachedRequest>,
  nowMs: number,
  out: Outbox,
): void => {
  state.nowMs = nowMs
  switch (input.kind) {
    case 'crash':
      state.lostInCrash = state.items.size > 0
      state.items.clear()
      // The counter is the process's own (items.c, get_cas_id), so that numbers are given out again.
      state.unique = 0
      return
    case 'restart':
      if (state.lostInCrash) out.changed('lost')
      return
    default:
      expire(state, out)
      if (input.kind === 'request') out.reply(input, answer(state, input, out))
  }
}

const wakeAtMs = (state: MemcachedState): number => {
  let wakeMs = Infinity
  for (const item of state.items.values()) {
    wakeMs = Math.min(wakeMs, item.expiresInSecond * SECOND_MS, evictedAtMs(state, item))
  }
  return wakeMs
}

/**
 * memcached 1.6 with its classic single queue of recently used items (`-o no_lru_crawler,no_modern`). Everything is in
 * memory, and nothing is copied to another server; which server has a key is the clients' affair. Expiry goes by a timer
 * that is driven by the monotonic clock and ticks once a second, so that an item with `exptime` n is
 * over after n − 1 to n seconds.
 *
 * Not modelled: exptime as Unix time, slab classes, `touch`, `incr`, `append`, `flush_all`.
 */
export const memcached = defineService<
  MemcachedState,
  MemcachedRequest,
  never,
  MemcachedOptions,
  MemcachedClients,
  MemcachedView
>({
  name: 'memcached',
  summary:
    'memcached servers that know nothing of each other; items expire by whole seconds and are evicted',
  sources: [
    'memcached doc/protocol.txt: storage commands, "cas", "Expiration times"',
    'memcached.c clock_handler and realtime, items.c do_item_get and do_item_update',
  ],
  nodeName: 'memcached',
  clock: 'monotonic',
  options: { itemsMax: 0, otherStoresPerSecond: 0 },
  optionWords: {},
  create: ({ options }) => ({
    options,
    nowMs: 0,
    items: new Map(),
    unique: 0,
    lostInCrash: false,
  }),
  step,
  wakeAtMs,
  client: memcachedClients,
  view: (state) => ({ item: (key) => state.items.get(key) }),
})
