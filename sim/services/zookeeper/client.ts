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
import type { Watchers } from './watchers.ts'

/** What the client library believes of its session. Cut off, it stays `connecting` for ever. */
type SessionState = 'connecting' | 'connected' | 'expired' | 'closed'

/** What kind of node to create, and what to put into it. */
interface CreateOptions {
  readonly ephemeral?: boolean
  readonly sequential?: boolean
  readonly data?: string
}

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
  create(path: string, options?: CreateOptions): Process<Reply<Created>>
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

const newWire = (port: Port, heardAtMs: number): Wire => ({
  port,
  inbox: port.channel<Push | 'broken'>(EVENTS),
  xid: 0,
  pushes: 0,
  answered: 0,
  heardAtMs,
  broken: false,
})

const breakWire = (wire: Wire): void => {
  if (wire.broken) return
  wire.broken = true
  wire.inbox.put('broken')
}

function* line(of: Wire): Process {
  yield* of.port.call({ op: 'line', xid: ++of.xid }, Infinity)
  breakWire(of)
}

/** A session, and the thread of the library that keeps it (ClientCnxn). */
class ClientSession implements ZooKeeperSession {
  state: SessionState = 'connecting'
  id = 0
  timeoutMs: number
  private readonly ports: readonly Port[]
  private readonly environment: StubEnvironment
  private readonly watchers: Watchers
  private lastZxid = 0
  private wire: Wire | undefined
  private closing = false
  private task: Task | undefined
  /** The connection that the attempt to connect goes over. */
  private attempt: Port | undefined
  /** Calls that wait for the attempt to connect that is going on. */
  private waiters: Mailbox<true>[] = []

  constructor(
    ports: readonly Port[],
    environment: StubEnvironment,
    sessionTimeoutMs: number,
    defaultWatcher: Mailbox<WatchEvent> | undefined,
  ) {
    this.ports = ports
    this.environment = environment
    this.timeoutMs = sessionTimeoutMs
    this.watchers = newWatchers(defaultWatcher)
  }

  /** Begins to connect, in the background. */
  *start(): Process {
    this.task = yield* this.environment.spawn('zookeeper session', this.run())
  }

  create(
    path: string,
    { ephemeral = false, sequential = false, data = '' }: CreateOptions = {},
  ): Process<Reply<Created>> {
    return this.ask<Created>({ op: 'create', path, data, ephemeral, sequential })
  }

  delete(path: string, version = -1): Process<Reply<void>> {
    return this.ask<void>({ op: 'delete', path, version })
  }

  setData(path: string, data: string, version = -1): Process<Reply<Stat>> {
    return this.ask<Stat>({ op: 'setData', path, data, version })
  }

  *exists(path: string, watcher?: Mailbox<WatchEvent>): Process<Reply<Stat | undefined>> {
    const watch = watcher !== undefined
    const reply = yield* this.ask<Stat | undefined>({ op: 'exists', path, watch })
    if (reply.ok && watcher !== undefined) {
      this.watchers.add(reply.value === undefined ? 'exist' : 'data', path, watcher)
    }
    return reply
  }

  *getData(
    path: string,
    watcher?: Mailbox<WatchEvent>,
  ): Process<Reply<{ readonly data: string; readonly stat: Stat }>> {
    const watch = watcher !== undefined
    const reply = yield* this.ask<{ data: string; stat: Stat }>({ op: 'getData', path, watch })
    if (reply.ok && watcher !== undefined) this.watchers.add('data', path, watcher)
    return reply
  }

  *getChildren(path: string, watcher?: Mailbox<WatchEvent>): Process<Reply<readonly string[]>> {
    const watch = watcher !== undefined
    const reply = yield* this.ask<readonly string[]>({ op: 'getChildren', path, watch })
    if (reply.ok && watcher !== undefined) this.watchers.add('child', path, watcher)
    return reply
  }

  sync(): Process<Reply<void>> {
    return this.ask<void>({ op: 'sync' })
  }

  *close(): Process<Reply<void>> {
    if (this.isOver()) return refused('SESSIONEXPIRED')
    this.closing = true
    const reply = yield* this.ask<void>({ op: 'close' })
    const last = this.wire
    this.state = 'closed'
    this.wire = undefined
    if (this.task !== undefined) yield* stop(this.task)
    if (last !== undefined) yield* last.port.disconnect()
    this.wakeWaiters()
    return reply
  }

  *injectExpiration(): Process {
    if (this.isOver()) return
    const last = this.wire?.port ?? this.attempt
    if (this.wire !== undefined) this.wire.broken = true
    this.state = 'expired'
    this.wire = undefined
    if (this.task !== undefined) yield* stop(this.task)
    if (last !== undefined) yield* last.disconnect()
    this.watchers.announce('Expired')
    this.wakeWaiters()
  }

  private isOver(): boolean {
    return this.state === 'expired' || this.state === 'closed'
  }

  private readTimeoutMs(): number {
    return Math.floor((this.timeoutMs * 2) / 3)
  }

  private wakeWaiters(): void {
    const woken = this.waiters
    this.waiters = []
    for (const waiter of woken) waiter.put(true)
  }

  private take(from: Wire, letter: Push | 'broken'): void {
    if (letter === 'broken' || from.broken) return
    // Lost, or ahead of the answer that set the watch: nothing of the kind gets through a TCP connection.
    if (letter.number !== from.pushes + 1 || letter.after > from.answered) {
      breakWire(from)
      return
    }
    from.pushes = letter.number
    this.watchers.dispatch(letter.type, letter.path)
  }

  /** The answer, if it came in order on a living connection, behind all watch events that were sent before it. */
  private accept(from: Wire, xid: number, reply: Reply<Answer>): Answer | undefined {
    if (!reply.ok) {
      breakWire(from)
      return undefined
    }
    const { value: answer } = reply
    // What was sent later stays for later: whoever asked has yet to register its watcher.
    while (from.pushes < answer.pushes && !from.broken) {
      const letter = from.inbox.take()
      if (letter === undefined) break
      this.take(from, letter)
    }
    if (answer.pushes > from.pushes) breakWire(from)
    if (from.broken || from !== this.wire) return undefined
    if (answer.zxid > this.lastZxid) this.lastZxid = answer.zxid
    if (xid > from.answered) from.answered = xid
    return answer
  }

  private *ask<Value>(what: Ask): Process<Reply<Value>> {
    if (this.state === 'connecting' || this.wire?.broken === true) {
      const waiter = this.environment.mailbox<true>()
      this.waiters.push(waiter)
      yield* receive(waiter)
    }
    if (this.isOver()) return refused('SESSIONEXPIRED')
    const over = this.wire
    if (over === undefined || over.broken) return refused('CONNECTIONLOSS')
    const nowMs = yield* monotonic()
    const leftMs = Math.max(0, over.heardAtMs + this.readTimeoutMs() - nowMs)
    const xid = ++over.xid
    const reply = yield* over.port.call<Answer>({ ...what, xid }, leftMs)
    const answer = this.accept(over, xid, reply)
    if (answer === undefined) {
      if (reply.ok) return CONNECTION_RESET
      return reply.why === 'refused' ? refused('CONNECTIONLOSS') : reply
    }
    return answer.code === undefined ? ok(answer.value as Value) : refused(answer.code)
  }

  private *ping(of: Wire): Process {
    const xid = ++of.xid
    const reply = yield* of.port.call<Answer>({ op: 'ping', xid }, this.readTimeoutMs())
    if (this.accept(of, 0, reply) !== undefined) of.heardAtMs = yield* monotonic()
  }

  /** Returns when the connection is of no use any more. */
  private *listen(on: Wire): Process {
    const everyMs = pingEveryMs(this.readTimeoutMs())
    let pingAtMs = on.heardAtMs + everyMs
    while (!on.broken) {
      const nowMs = yield* monotonic()
      const silentAtMs = on.heardAtMs + this.readTimeoutMs()
      if (nowMs >= silentAtMs) return
      if (nowMs >= pingAtMs) {
        pingAtMs = nowMs + everyMs
        yield* this.environment.spawn('zookeeper ping', this.ping(on))
      }
      const waitMs = Math.max(1, Math.min(pingAtMs, silentAtMs) - nowMs)
      const letter = yield* receive(on.inbox, waitMs)
      if (letter !== undefined) this.take(on, letter)
    }
  }

  private *run(): Process {
    const { ports, environment, watchers } = this
    let host = environment.pick('zookeeper-host', ports.length)
    let attempts = 0
    for (;;) {
      if (attempts++ > 0) yield* sleep(environment.pick('zookeeper-reconnect', RECONNECT_WAIT_MS))
      const port = (ports[host++ % ports.length] as Port).connect()
      this.attempt = port
      const { id: session, timeoutMs, lastZxid } = this
      const reply = yield* port.call<Answer>(
        { op: 'connect', xid: 0, session, timeoutMs, lastZxid, watches: watchers.paths() },
        timeoutMs / ports.length,
      )
      this.attempt = undefined
      if (!reply.ok) {
        yield* port.disconnect()
        this.wakeWaiters()
        continue
      }
      const attached = reply.value.value as { readonly session: number; readonly timeoutMs: number }
      if (attached.session === 0) {
        this.state = 'expired'
        watchers.announce('Expired')
        this.wakeWaiters()
        return
      }
      this.id = attached.session
      this.timeoutMs = attached.timeoutMs
      if (reply.value.zxid > this.lastZxid) this.lastZxid = reply.value.zxid
      const current = newWire(port, yield* monotonic())
      this.wire = current
      this.state = 'connected'
      watchers.announce('SyncConnected')
      this.wakeWaiters()
      const lineTask = yield* environment.spawn('zookeeper line', line(current))
      yield* this.listen(current)
      current.broken = true
      this.wire = undefined
      this.state = 'connecting'
      yield* stop(lineTask)
      yield* port.disconnect()
      if (this.closing) {
        this.wakeWaiters()
        return
      }
      watchers.announce('Disconnected')
    }
  }
}

/** The typed client of an ensemble. */
export const newZooKeeperClient = (
  ports: readonly Port[],
  environment: StubEnvironment,
): ZooKeeperClient => ({
  watcher: () => environment.mailbox<WatchEvent>(),
  connect: ({ sessionTimeoutMs, watcher }) =>
    opened(new ClientSession(ports, environment, sessionTimeoutMs, watcher)),
})

function* opened(session: ClientSession): Process<ZooKeeperSession> {
  yield* session.start()
  return session
}
