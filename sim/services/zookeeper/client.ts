/** The client library: one session over changing connections, kept alive in the background (ClientCnxn.java). */

import {
  CONNECTION_RESET,
  monotonic,
  ok,
  receive,
  refused,
  sleep,
  stop,
} from '../../kernel/index.ts'
import type { Mailbox, Process, Reply, Task } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import type { Answer, Ask, Push, Stat, WatchEvent } from './protocol.ts'
import { EVENTS } from './protocol.ts'
import type { Created } from './tree.ts'
import { newWatchers } from './watchers.ts'

/** What the client library believes of its session. Cut off, it stays `connecting` for ever. */
type SessionState = 'connecting' | 'connected' | 'expired' | 'closed'

/** One session, as an application uses it. */
interface ZooKeeperSession {
  readonly state: SessionState
  /** 0 until the first connection. */
  readonly id: number
  /** What the server made of the timeout that was asked for. */
  readonly timeoutMs: number
  /**
   * Creates a node. Like every call: waits while the library is trying to connect; `CONNECTIONLOSS` if
   * that failed (nothing happened), `timeout` if the connection broke under it (it may have happened),
   * `SESSIONEXPIRED` after the end of the session.
   */
  create(
    path: string,
    options?: {
      readonly ephemeral?: boolean
      readonly sequential?: boolean
      readonly data?: string
    },
  ): Process<Reply<Created>>
  /** Deletes a node that has no children; a version of -1 matches any. */
  delete(path: string, version?: number): Process<Reply<void>>
  setData(path: string, data: string, version?: number): Process<Reply<Stat>>
  /** Looks for a node; the watcher is told when it comes, goes or changes. */
  exists(path: string, watcher?: Mailbox<WatchEvent>): Process<Reply<Stat | undefined>>
  getData(
    path: string,
    watcher?: Mailbox<WatchEvent>,
  ): Process<Reply<{ readonly data: string; readonly stat: Stat }>>
  /** Names of the children, in no useful order. */
  getChildren(path: string, watcher?: Mailbox<WatchEvent>): Process<Reply<readonly string[]>>
  /** Brings the connected server up to where the leader is now. */
  sync(): Process<Reply<void>>
  /** Ends the session; its ephemeral nodes go at once, if a server hears of it. */
  close(): Process<Reply<void>>
  /**
   * Ends the session on this side alone, as if a server had called it expired (Testable.injectSessionExpiration).
   * The servers find out by their own timeout.
   */
  injectExpiration(): Process
}

/** Makes sessions. */
export interface ZooKeeperClient {
  /** A mailbox for watch events. */
  watcher(): Mailbox<WatchEvent>
  /** Returns at once, as `new ZooKeeper(…)` does; `watcher` is the default watcher. */
  connect(options: {
    readonly sessionTimeoutMs: number
    readonly watcher?: Mailbox<WatchEvent>
  }): Process<ZooKeeperSession>
}

/** One connection of a session. */
interface Wire {
  readonly port: Port
  readonly inbox: Mailbox<Push | 'broken'>
  xid: number
  /** Number of the last watch event that came. */
  pushes: number
  /** Number of the last request that was answered. */
  answered: number
  heardAtMs: number
  broken: boolean
}

/** The longest wait before a reconnect (ClientCnxn.startConnect). */
const RECONNECT_WAIT_MS = 1_000
/** MAX_SEND_PING_INTERVAL. */
const PING_EVERY_MS_MAX = 10_000

// Sent after half of the read timeout, a second early where that is long enough (ClientCnxn.SendThread.run).
const pingEveryMs = (readTimeoutMs: number): number =>
  Math.min(
    PING_EVERY_MS_MAX,
    Math.max(readTimeoutMs / 2 - 1_000, Math.min(readTimeoutMs / 2, 1_000)),
  )

const newSession = (
  ports: readonly Port[],
  environment: StubEnvironment,
  sessionTimeoutMs: number,
  defaultWatcher: Mailbox<WatchEvent> | undefined,
): { readonly session: ZooKeeperSession; run(): Process; started(task: Task): void } => {
  const watchers = newWatchers(defaultWatcher)
  let state: SessionState = 'connecting'
  let id = 0
  let timeoutMs = sessionTimeoutMs
  let lastZxid = 0
  let wire: Wire | undefined
  let closing = false
  let task: Task | undefined
  /** The connection that the attempt to connect goes over. */
  let attempt: Port | undefined
  // Calls that wait for the attempt to connect that is going on.
  let waiters: Mailbox<true>[] = []

  const readTimeoutMs = (): number => Math.floor((timeoutMs * 2) / 3)

  const wakeWaiters = (): void => {
    const woken = waiters
    waiters = []
    for (const waiter of woken) waiter.put(true)
  }

  const breakWire = (broken: Wire): void => {
    if (broken.broken) return
    broken.broken = true
    broken.inbox.put('broken')
  }

  const take = (from: Wire, letter: Push | 'broken'): void => {
    if (letter === 'broken' || from.broken) return
    // Lost, or ahead of the answer that set the watch: nothing of the kind gets through a TCP connection.
    if (letter.number !== from.pushes + 1 || letter.after > from.answered) {
      breakWire(from)
      return
    }
    from.pushes = letter.number
    watchers.dispatch(letter.type, letter.path)
  }

  /** The answer, if it came in order on a living connection, behind all watch events that were sent before it. */
  const accept = (from: Wire, xid: number, reply: Reply<Answer>): Answer | undefined => {
    if (!reply.ok) {
      breakWire(from)
      return undefined
    }
    const { value: answer } = reply
    // What was sent later stays for later: whoever asked has yet to register its watcher.
    while (from.pushes < answer.pushes && !from.broken) {
      const letter = from.inbox.take()
      if (letter === undefined) break
      take(from, letter)
    }
    if (answer.pushes > from.pushes) breakWire(from)
    if (from.broken || from !== wire) return undefined
    if (answer.zxid > lastZxid) lastZxid = answer.zxid
    if (xid > from.answered) from.answered = xid
    return answer
  }

  function* ask<Value>(what: Ask): Process<Reply<Value>> {
    if (state === 'connecting' || wire?.broken === true) {
      const waiter = environment.mailbox<true>()
      waiters.push(waiter)
      yield* receive(waiter)
    }
    if (state === 'expired' || state === 'closed') return refused('SESSIONEXPIRED')
    const over = wire
    if (over === undefined || over.broken) return refused('CONNECTIONLOSS')
    const nowMs = yield* monotonic()
    const leftMs = Math.max(0, over.heardAtMs + readTimeoutMs() - nowMs)
    const xid = ++over.xid
    const reply = yield* over.port.call<Answer>({ ...what, xid }, leftMs)
    const answer = accept(over, xid, reply)
    if (answer === undefined) {
      if (reply.ok) return CONNECTION_RESET
      return reply.why === 'refused' ? refused('CONNECTIONLOSS') : reply
    }
    return answer.code === undefined ? ok(answer.value as Value) : refused(answer.code)
  }

  function* line(of: Wire): Process {
    yield* of.port.call({ op: 'line', xid: ++of.xid }, Infinity)
    breakWire(of)
  }

  function* ping(of: Wire): Process {
    const xid = ++of.xid
    const reply = yield* of.port.call<Answer>({ op: 'ping', xid }, readTimeoutMs())
    if (accept(of, 0, reply) !== undefined) of.heardAtMs = yield* monotonic()
  }

  /** Returns when the connection is of no use any more. */
  function* listen(on: Wire): Process {
    const everyMs = pingEveryMs(readTimeoutMs())
    let pingAtMs = on.heardAtMs + everyMs
    while (!on.broken) {
      const nowMs = yield* monotonic()
      const silentAtMs = on.heardAtMs + readTimeoutMs()
      if (nowMs >= silentAtMs) return
      if (nowMs >= pingAtMs) {
        pingAtMs = nowMs + everyMs
        yield* environment.spawn('zookeeper ping', ping(on))
      }
      const waitMs = Math.max(1, Math.min(pingAtMs, silentAtMs) - nowMs)
      const letter = yield* receive(on.inbox, waitMs)
      if (letter !== undefined) take(on, letter)
    }
  }

  function* run(): Process {
    let host = environment.pick('zookeeper-host', ports.length)
    let attempts = 0
    for (;;) {
      if (attempts++ > 0) yield* sleep(environment.pick('zookeeper-reconnect', RECONNECT_WAIT_MS))
      const port = (ports[host++ % ports.length] as Port).connect()
      attempt = port
      const reply = yield* port.call<Answer>(
        { op: 'connect', xid: 0, session: id, timeoutMs, lastZxid, watches: watchers.paths() },
        timeoutMs / ports.length,
      )
      attempt = undefined
      if (!reply.ok) {
        yield* port.disconnect()
        wakeWaiters()
        continue
      }
      const attached = reply.value.value as { readonly session: number; readonly timeoutMs: number }
      if (attached.session === 0) {
        state = 'expired'
        watchers.announce('Expired')
        wakeWaiters()
        return
      }
      id = attached.session
      timeoutMs = attached.timeoutMs
      if (reply.value.zxid > lastZxid) lastZxid = reply.value.zxid
      const heardAtMs = yield* monotonic()
      const inbox = port.channel<Push | 'broken'>(EVENTS)
      const current: Wire = {
        port,
        inbox,
        xid: 0,
        pushes: 0,
        answered: 0,
        heardAtMs,
        broken: false,
      }
      wire = current
      state = 'connected'
      watchers.announce('SyncConnected')
      wakeWaiters()
      const lineTask = yield* environment.spawn('zookeeper line', line(current))
      yield* listen(current)
      current.broken = true
      wire = undefined
      state = 'connecting'
      yield* stop(lineTask)
      yield* port.disconnect()
      if (closing) {
        wakeWaiters()
        return
      }
      watchers.announce('Disconnected')
    }
  }

  const session: ZooKeeperSession = {
    get state() {
      return state
    },
    get id() {
      return id
    },
    get timeoutMs() {
      return timeoutMs
    },
    create: (path, { ephemeral = false, sequential = false, data = '' } = {}) =>
      ask<Created>({ op: 'create', path, data, ephemeral, sequential }),
    delete: (path, version = -1) => ask<void>({ op: 'delete', path, version }),
    setData: (path, data, version = -1) => ask<Stat>({ op: 'setData', path, data, version }),
    *exists(path, watcher) {
      const watch = watcher !== undefined
      const reply = yield* ask<Stat | undefined>({ op: 'exists', path, watch })
      if (reply.ok && watcher !== undefined) {
        watchers.add(reply.value === undefined ? 'exist' : 'data', path, watcher)
      }
      return reply
    },
    *getData(path, watcher) {
      const watch = watcher !== undefined
      const reply = yield* ask<{ data: string; stat: Stat }>({ op: 'getData', path, watch })
      if (reply.ok && watcher !== undefined) watchers.add('data', path, watcher)
      return reply
    },
    *getChildren(path, watcher) {
      const watch = watcher !== undefined
      const reply = yield* ask<readonly string[]>({ op: 'getChildren', path, watch })
      if (reply.ok && watcher !== undefined) watchers.add('child', path, watcher)
      return reply
    },
    sync: () => ask<void>({ op: 'sync' }),
    *close() {
      if (state === 'expired' || state === 'closed') return refused('SESSIONEXPIRED')
      closing = true
      const reply = yield* ask<void>({ op: 'close' })
      const last = wire
      state = 'closed'
      wire = undefined
      if (task !== undefined) yield* stop(task)
      if (last !== undefined) yield* last.port.disconnect()
      wakeWaiters()
      return reply
    },
    *injectExpiration() {
      if (state === 'expired' || state === 'closed') return
      const last = wire?.port ?? attempt
      if (wire !== undefined) wire.broken = true
      state = 'expired'
      wire = undefined
      if (task !== undefined) yield* stop(task)
      if (last !== undefined) yield* last.disconnect()
      watchers.announce('Expired')
      wakeWaiters()
    },
  }
  return {
    session,
    run,
    started(background) {
      task = background
    },
  }
}

/** The typed client of an ensemble. */
export const newZooKeeperClient = (
  ports: readonly Port[],
  environment: StubEnvironment,
): ZooKeeperClient => ({
  watcher: () => environment.mailbox<WatchEvent>(),

  *connect({ sessionTimeoutMs, watcher }) {
    const made = newSession(ports, environment, sessionTimeoutMs, watcher)
    made.started(yield* environment.spawn('zookeeper session', made.run()))
    return made.session
  },
})
