/** The part of Apache Curator that its locks stand on: a client that is retried, replaced and told of its state. */

import { clock, ok, receive, sleep, spawn } from '#sim'
import type { Process, Reply } from '#sim'
import type { Connecting, Session, Watcher } from './zk-sessions.ts'

/** What a ConnectionStateListener is told (ConnectionState.java). */
export type ConnectionState = 'SUSPENDED' | 'RECONNECTED' | 'LOST'

/** A client as the framework needs it. */
interface Curating extends Connecting {
  token(): string
  jitterMs(maxMs: number): number
}

/** A `CuratorFramework`. Its ZooKeeper is another one after each LOST. */
export interface Curator {
  readonly me: Curating
  zookeeper: Session
}

/** What a protected create made. The transaction is unknown where the node was found again by its GUID. */
export interface Protected {
  readonly path: string
  readonly czxid: number | undefined
}

// ExponentialBackoffRetry(1000, 3), as Curator's own examples have it.
const BASE_SLEEP_MS = 1_000
const RETRIES = 3

/** Whether the retry policy allows one more attempt; sleeps before it (ExponentialBackoffRetry.getSleepTimeMs). */
export function* mayRetry({ me }: Curator, attempt: number): Process<boolean> {
  if (attempt >= RETRIES) return false
  yield* sleep(BASE_SLEEP_MS * Math.max(1, me.jitterMs(2 ** (attempt + 1) - 1)))
  return true
}

/** RetryLoop.shouldRetry: the connection was lost, or the session was, for which there is a new one by then. */
const isRetriable = (reply: Reply<unknown>): boolean =>
  !reply.ok &&
  (reply.why === 'timeout' || reply.code === 'CONNECTIONLOSS' || reply.code === 'SESSIONEXPIRED')

/** Asks, under the retry policy (RetryLoop.callWithRetry). */
export function* retrying<Value>(
  curator: Curator,
  ask: (zookeeper: Session) => Process<Reply<Value>>,
): Process<Reply<Value>> {
  for (let attempt = 0; ; attempt++) {
    const reply = yield* ask(curator.zookeeper)
    if (!isRetriable(reply)) return reply
    if (!(yield* mayRetry(curator, attempt))) return reply
  }
}

/**
 * ConnectionStateManager: SUSPENDED at once when the connection is gone, LOST when the session is, which a client that
 * is cut off is never told: so the manager says it itself, after `lostAfterPercent` of the session's timeout, by the
 * wall clock (checkSessionExpiration).
 */
function* manageState(
  curator: Curator,
  events: Watcher,
  connect: () => Process<Session>,
  lostAfterPercent: number,
  listener: (state: ConnectionState) => Process,
): Process {
  let suspendedAtMs: number | undefined
  for (;;) {
    let waitMs = Infinity
    if (suspendedAtMs !== undefined && lostAfterPercent !== 0) {
      const lastsMs = (curator.zookeeper.timeoutMs * lostAfterPercent) / 100
      waitMs = suspendedAtMs + lastsMs - (yield* clock())
    }
    if (waitMs <= 0) {
      suspendedAtMs = yield* clock()
      yield* curator.zookeeper.injectExpiration()
    }
    const event = yield* receive(events, Math.max(1, waitMs))
    if (event?.type !== 'None') continue
    if (event.state === 'Disconnected') {
      suspendedAtMs = yield* clock()
      yield* listener('SUSPENDED')
    } else if (event.state === 'SyncConnected') {
      suspendedAtMs = undefined
      yield* listener('RECONNECTED')
    } else {
      suspendedAtMs = undefined
      curator.zookeeper = yield* connect()
      yield* listener('LOST')
    }
  }
}

/** `CuratorFrameworkFactory.newClient(…).start()` with one listener. */
export function* startCurator(
  me: Curating,
  sessionTimeoutMs: number,
  lostAfterPercent: number,
  listener: (state: ConnectionState) => Process,
): Process<Curator> {
  const watcher = me.services.zookeeper.watcher()
  const connect = (): Process<Session> =>
    me.services.zookeeper.connect({ sessionTimeoutMs, watcher })
  const curator: Curator = { me, zookeeper: yield* connect() }
  const manager = manageState(curator, watcher, connect, lostAfterPercent, listener)
  yield* spawn('connection state manager', manager)
  return curator
}

/** Deletes in the background until it is done, as long as the process lives (FailedDeleteManager). */
function* deleteInBackground(curator: Curator, path: string): Process {
  for (;;) {
    const deleted = yield* retrying(curator, (zookeeper) => zookeeper.delete(path))
    if (deleted.ok || deleted.code === 'NONODE') return
  }
}

function* deleteOnce(
  zookeeper: Session,
  deletion: { readonly path: string; mayBeGone: boolean },
): Process<Reply<void>> {
  const reply = yield* zookeeper.delete(deletion.path)
  if (!reply.ok && reply.why === 'timeout') deletion.mayBeGone = true
  return reply
}

/** `delete().guaranteed()`: what fails goes on in the background, while the caller has its exception. */
export function* deleteGuaranteed(
  curator: Curator,
  path: string,
): Process<'ok' | 'not-held' | 'unknown'> {
  const deletion = { path, mayBeGone: false }
  const deleted = yield* retrying(curator, (zookeeper) => deleteOnce(zookeeper, deletion))
  if (deleted.ok) return 'ok'
  if (deleted.code === 'NONODE') return deletion.mayBeGone ? 'ok' : 'not-held'
  yield* spawn('guaranteed delete', deleteInBackground(curator, path))
  return 'unknown'
}

/** FindAndDeleteProtectedNodeInBackground: of a create that was given up nobody knows whether it left a node. */
function* findAndDelete(curator: Curator, directory: string, prefix: string): Process {
  for (;;) {
    const listed = yield* retrying(curator, (zookeeper) => zookeeper.getChildren(directory))
    if (listed.ok) {
      const found = listed.value.find((name) => name.startsWith(prefix))
      if (found !== undefined) yield* deleteInBackground(curator, `${directory}/${found}`)
      return
    }
    if (listed.code === 'NONODE') return
  }
}

/** One protected create, through all its tries. */
interface Creating {
  readonly curator: Curator
  readonly directory: string
  readonly name: string
  /** What only this one has in its name. */
  readonly prefix: string
  readonly checksSession: boolean
  readonly syncsFirst: boolean
  /** The session of the last try. */
  session: Session | undefined
}

/** Looks whether an earlier try left a node. */
function* findProtected(
  creating: Creating,
  zookeeper: Session,
): Process<Reply<string | undefined>> {
  const { curator, directory, prefix, checksSession, syncsFirst } = creating
  if (syncsFirst) {
    const synced = yield* zookeeper.sync()
    if (!synced.ok) return synced
  }
  const listed = yield* zookeeper.getChildren(directory)
  if (!listed.ok) return listed.code === 'NONODE' ? ok(undefined) : listed
  const found = listed.value.find((child) => child.startsWith(prefix))
  if (!checksSession || creating.session === zookeeper) return ok(found)
  creating.session = zookeeper
  if (found !== undefined) {
    yield* spawn('guaranteed delete', deleteInBackground(curator, `${directory}/${found}`))
  }
  return ok(undefined)
}

function* createOnce(creating: Creating, zookeeper: Session): Process<Reply<Protected>> {
  const { directory, name, prefix } = creating
  if (creating.session === undefined) creating.session = zookeeper
  else {
    const found = yield* findProtected(creating, zookeeper)
    if (!found.ok) return found
    if (found.value !== undefined) {
      return ok({ path: `${directory}/${found.value}`, czxid: undefined })
    }
  }
  const create = () =>
    zookeeper.create(`${directory}/${prefix}${name}`, { ephemeral: true, sequential: true })
  const created = yield* create()
  if (created.ok || created.code !== 'NONODE') return created
  const parent = yield* zookeeper.create(directory)
  if (!parent.ok && parent.code !== 'NODEEXISTS') return parent
  return yield* create()
}

/**
 * `create().creatingParentContainersIfNeeded().withProtection().withMode(EPHEMERAL_SEQUENTIAL)`: the name has a GUID in
 * it, and a retry looks for that first (CreateBuilderImpl, ProtectedMode). A node of an earlier session is not
 * taken, but deleted (CURATOR-498), where `checksSession` says so. A server that has not heard of the node yet does
 * not show it (CURATOR-264), unless it is told to `sync` first.
 */
export function* createProtected(
  curator: Curator,
  directory: string,
  name: string,
  { checksSession, syncsFirst }: { readonly checksSession: boolean; readonly syncsFirst: boolean },
): Process<Reply<Protected>> {
  const prefix = `_c_${curator.me.token()}-`
  const creating: Creating = {
    curator,
    directory,
    name,
    prefix,
    checksSession,
    syncsFirst,
    session: undefined,
  }
  const made = yield* retrying(curator, (zookeeper) => createOnce(creating, zookeeper))
  if (!made.ok) yield* spawn('find and delete', findAndDelete(curator, directory, prefix))
  return made
}
