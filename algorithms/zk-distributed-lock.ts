/** The Java class `DistributedLock` of the article, method by method, with a switch at each of its defects. */

import { monotonic, note, post, receive, sleep, spawn } from '#sim'
import type { Process, Reply } from '#sim'
import { byText } from './zk-holders.ts'
import type { Connecting, Session, Watcher } from './zk-sessions.ts'

/** Which method of java.util.concurrent.locks.Lock the application calls. */
type LockCall = 'lock' | 'tryLock' | 'tryLock(time)'

/** The switches. What each means stands at the parameters of the lock. */
export interface Switches {
  readonly sessionTimeoutMs: number
  readonly call: LockCall
  readonly waitMs: number
  readonly honoursUnit: boolean
  readonly awaitResult: 'ignored' | 'returned' | 'obeyed'
  readonly judgeAgain: boolean
  readonly eventsAsGrants: boolean
  readonly latchFirst: boolean
  readonly toleratesRoot: boolean
  readonly tellsLoss: boolean
}

/** One `DistributedLock`: its fields, shared with the thread that its events come on. */
export interface DistributedLock {
  readonly name: string
  readonly zk: Session
  /** The object itself, as a watcher. */
  readonly self: Watcher
  readonly newLatch: () => Watcher
  readonly switches: Switches
  /** What went wrong in the constructor; `lock()` throws it, whenever it is called. */
  exception: string | undefined
  latch: Watcher | undefined
  waitNode: string
  myZnode: string
  czxid: number
  holds: boolean
}

/** The directory of all locks. */
export const ROOT = '/locks'
const SPLIT = '_lock_'
/** What a thread may lose to another one between two lines of code. */
const BETWEEN_LINES_MS = 0.125

/** The nodes that the code takes for those of a lock: `node.split("_lock_")[0].equals(lockName)`. */
const isOf = (name: string) => (node: string) => node.split(SPLIT)[0] === name

/** The nodes that really are a lock's, whatever the code makes of their names. */
export const belongsTo = (name: string) => (node: string) => node.startsWith(name + SPLIT)

/** An exception leaves the method; session and node stay behind, and the session is kept alive for ever. */
function* thrown(where: string, reply: Reply<unknown>): Process<undefined> {
  yield* note(`LockException: ${where}: ${reply.ok ? '' : reply.code}`)
  return undefined
}

/**
 * `process()`: counts down whatever the event is, those of the session as well, and only if there is a latch.
 * Mended, only at the end of the node that is waited for.
 */
function* process(me: Connecting, object: DistributedLock): Process {
  const { eventsAsGrants, tellsLoss } = object.switches
  for (;;) {
    const event = yield* receive(object.self)
    if (event === undefined) continue
    if (tellsLoss && object.holds && event.state !== 'SyncConnected') yield* me.lost(event.state)
    const awaited = event.type === 'NodeDeleted' && event.path === `${ROOT}/${object.waitNode}`
    if (object.latch !== undefined && (eventsAsGrants || awaited)) yield* post(object.latch, event)
  }
}

/** `new DistributedLock(config, lockName)`: does not wait for the connection, and keeps what goes wrong for later. */
export function* construct(
  me: Connecting,
  name: string,
  switches: Switches,
): Process<DistributedLock> {
  const { sessionTimeoutMs, toleratesRoot } = switches
  const newLatch = (): Watcher => me.services.zookeeper.watcher()
  const self = newLatch()
  const zk = yield* me.services.zookeeper.connect({ sessionTimeoutMs, watcher: self })
  const object: DistributedLock = {
    name,
    zk,
    self,
    newLatch,
    switches,
    exception: undefined,
    latch: undefined,
    waitNode: '',
    myZnode: '',
    czxid: 0,
    holds: false,
  }
  yield* spawn('event thread', process(me, object))
  const root = yield* zk.exists(ROOT)
  if (!root.ok) object.exception = root.code
  else if (root.value === undefined) {
    // Looks, then creates: of two first users one gets NODEEXISTS, and an object that never works.
    const made = yield* zk.create(ROOT)
    if (!made.ok && !(toleratesRoot && made.code === 'NODEEXISTS')) object.exception = made.code
  }
  return object
}

/** The node before ours, '' if ours is the lowest, undefined for an exception. */
function* lookAround({ zk, name, myZnode }: DistributedLock): Process<string | undefined> {
  const children = yield* zk.getChildren(ROOT)
  if (!children.ok) return yield* thrown('getChildren', children)
  const nodes = children.value.filter(isOf(name)).sort(byText)
  const position = nodes.indexOf(myZnode.slice(ROOT.length + 1))
  if (position >= 0) return nodes[position - 1] ?? ''
  yield* note('IndexOutOfBoundsException: own node is not among the children')
  return undefined
}

/** `tryLock()`: true, false, or undefined for an exception. */
function* tryLock(object: DistributedLock): Process<boolean | undefined> {
  const { zk, name } = object
  const options = { ephemeral: true, sequential: true }
  const created = yield* zk.create(`${ROOT}/${name}${SPLIT}`, options)
  // The node may exist; nobody looks for it, and it has no name to find it by.
  if (!created.ok) return yield* thrown('create', created)
  object.myZnode = created.value.path
  object.czxid = created.value.czxid
  const before = yield* lookAround(object)
  if (before === undefined) return undefined
  object.waitNode = before
  return before === ''
}

/** `waitForLock(lower, waitTime)`: false only where the answer of `latch.await` is looked at. */
function* waitForLock(object: DistributedLock, forMs: number): Process<boolean | undefined> {
  const { zk, newLatch, self } = object
  const { latchFirst, awaitResult, judgeAgain } = object.switches
  let untilMs = (yield* monotonic()) + forMs
  for (;;) {
    let latch = latchFirst ? (object.latch = newLatch()) : undefined
    const stat = yield* zk.exists(`${ROOT}/${object.waitNode}`, self)
    if (!stat.ok) return yield* thrown('exists', stat)
    if (stat.value !== undefined) {
      if (latch === undefined) {
        // The event thread may run between the two lines, and finds no latch yet.
        yield* sleep(BETWEEN_LINES_MS)
        latch = object.latch = newLatch()
      }
      const event = yield* receive(latch, Math.max(0, untilMs - (yield* monotonic())))
      object.latch = undefined
      if (event === undefined && awaitResult !== 'ignored') return false
    }
    // As published, no look at who is the lowest now; not even where the predecessor was gone already.
    if (!judgeAgain) return true
    const before = yield* lookAround(object)
    if (before === undefined) return undefined
    if (before === '') return true
    object.waitNode = before
    // Who does not look at the clock's answer begins a wait anew.
    if (awaitResult === 'ignored') untilMs = (yield* monotonic()) + forMs
  }
}

/** What the application calls: whether it has the lock then, undefined for an exception. */
export function* take(object: DistributedLock): Process<boolean | undefined> {
  const { call, sessionTimeoutMs, waitMs, honoursUnit, awaitResult } = object.switches
  if (call === 'lock' && object.exception !== undefined) {
    yield* note(`LockException: constructor: ${object.exception}`)
    return undefined
  }
  const first = yield* tryLock(object)
  if (first !== false || call === 'tryLock') return first
  if (call === 'tryLock(time)') {
    return yield* waitForLock(object, honoursUnit ? waitMs : waitMs / 1_000)
  }
  for (;;) {
    const waited = yield* waitForLock(object, sessionTimeoutMs)
    if (waited !== false || awaitResult !== 'obeyed') return waited === undefined ? waited : true
  }
}
