/** What the ZooKeeper locks share: a session that tells of its end, and nodes removed until they are gone. */

import { receive, spawn } from '#sim'
import type { Process, Reply, ServiceClients } from '#sim'
import { duration } from './parameters.ts'

/** The client of an ensemble. */
type ZooKeeper = ServiceClients['zookeeper']
/** One session. */
export type Session = ReturnType<ZooKeeper['connect']> extends Process<infer Made> ? Made : never
/** A mailbox for watch events. */
export type Watcher = ReturnType<ZooKeeper['watcher']>

/** A client that needs ZooKeeper. */
export interface Connecting {
  readonly services: { readonly zookeeper: ZooKeeper }
  lost(why: string): Process
}

/** What a lock with one session a client keeps in it. */
export interface Connected {
  zookeeper: Session
}

/** The timeout that all of them ask for. */
export const sessionTimeout = duration(
  30_000,
  'asked of the servers, which keep it within 2 to 20 ticks',
)

interface SessionValues {
  readonly sessionTimeoutMs: number
  readonly stopOnDisconnect: boolean
}

/** Whether the session is known to be over. */
export const isOver = (reply: Reply<unknown>): boolean =>
  !reply.ok && reply.code === 'SESSIONEXPIRED'

function* listen(me: Connecting, watcher: Watcher, stopOnDisconnect: boolean): Process {
  for (;;) {
    const event = yield* receive(watcher)
    if (event?.type !== 'None') continue
    // Cut off, a client is never told that its session is over: to be sure, it must stop here.
    if (event.state === 'Disconnected' && stopOnDisconnect) yield* me.lost('disconnected')
    if (event.state === 'Expired') {
      yield* me.lost('session expired')
      return
    }
  }
}

/** Makes a session, and a listener that tells the application when it can no longer trust its lock. */
export function* connect(
  me: Connecting,
  sessionTimeoutMs: number,
  stopOnDisconnect: boolean,
): Process<Session> {
  const watcher = me.services.zookeeper.watcher()
  const session = yield* me.services.zookeeper.connect({ sessionTimeoutMs, watcher })
  yield* spawn('session listener', listen(me, watcher, stopOnDisconnect))
  return session
}

/** The session that there is, or a new one if it is over. */
export function* livingSession(
  me: Connecting & { readonly session: Connected },
  { sessionTimeoutMs, stopOnDisconnect }: SessionValues,
): Process<Session> {
  const { session } = me
  if (session.zookeeper.state === 'expired') {
    session.zookeeper = yield* connect(me, sessionTimeoutMs, stopOnDisconnect)
  }
  return session.zookeeper
}

/** Deletes a node, again and again until it is known to be gone. Only for a node whose name nobody else can have. */
export function* remove(session: Session, path: string): Process<'ok' | 'not-held'> {
  let mayBeGone = false
  for (;;) {
    const deleted = yield* session.delete(path)
    if (deleted.ok) return 'ok'
    if (deleted.code === 'NONODE') return mayBeGone ? 'ok' : 'not-held'
    if (isOver(deleted)) return 'not-held'
    if (deleted.why === 'timeout') mayBeGone = true
  }
}

/** Deletes all nodes with this prefix: a create without an answer may have made more than one. */
export function* removeAll(session: Session, directory: string, prefix: string): Process {
  for (;;) {
    const synced = yield* session.sync()
    const listed = synced.ok ? yield* session.getChildren(directory) : synced
    if (listed.ok) {
      for (const name of listed.value ?? []) {
        if (name.startsWith(prefix)) yield* remove(session, `${directory}/${name}`)
      }
      return
    }
    if (isOver(listed)) return
  }
}
