/** A watch of an etcd client: events in order and without gaps, over connections that break (client/v3/watch.go). */

import { receive, sleep, stop } from '../../kernel/index.ts'
import type { Mailbox, Process, Task } from '../../kernel/index.ts'
import type { Port, StubEnvironment } from '../service.ts'
import type { Endpoints } from './calls.ts'
import type { Event, Push } from './protocol.ts'
import { EVENTS } from './protocol.ts'

/** How often a silent connection is probed, and for how long (etcdctl --keepalive-time, --keepalive-timeout). */
export const PING_EVERY_MS = 2_000
export const PING_TIMEOUT_MS = 6_000
/** The longest wait before a broken stream is opened again (maxBackoff). */
const REOPEN_AFTER_MS = 100

/** What to watch. */
export interface Watched {
  readonly key: string
  readonly prefix?: boolean
  /** Nothing that happened from here on is missed. */
  readonly fromRevision: number
}

/** An open watch. */
export interface EtcdWatch {
  close(): Process
}

/** Pushes of one connection, or the end of it. */
type Wire = Mailbox<Push | 'broken'>

class Watch implements EtcdWatch {
  private readonly endpoints: Endpoints
  private readonly environment: StubEnvironment
  private readonly inbox: Mailbox<Event>
  private readonly key: string
  private readonly prefix: boolean
  private from: number
  private port: Port | undefined
  private stream: Task | undefined
  private task: Task | undefined

  constructor(
    endpoints: Endpoints,
    environment: StubEnvironment,
    { key, prefix = false, fromRevision }: Watched,
    inbox: Mailbox<Event>,
  ) {
    this.endpoints = endpoints
    this.environment = environment
    this.inbox = inbox
    this.key = key
    this.prefix = prefix
    this.from = fromRevision
  }

  /** Begins to watch, in the background. */
  *start(): Process {
    this.task = yield* this.environment.spawn('etcd watch', this.run())
  }

  *close(): Process {
    if (this.task !== undefined) yield* stop(this.task)
    if (this.stream !== undefined) yield* stop(this.stream)
    if (this.port !== undefined) yield* this.port.disconnect()
  }

  private *run(): Process {
    const { endpoints, environment } = this
    for (;;) {
      const endpoint = endpoints.next()
      const port = endpoint.connect()
      this.port = port
      const wire = port.channel<Push | 'broken'>(EVENTS)
      const stream = yield* environment.spawn('etcd watch stream', this.hold(port, wire))
      this.stream = stream
      yield* this.listen(port, wire)
      yield* stop(stream)
      yield* port.disconnect()
      endpoints.leaveOut(endpoint)
      yield* sleep(REOPEN_AFTER_MS)
    }
  }

  private *hold(over: Port, wire: Wire): Process {
    const { key, prefix, from: fromRevision } = this
    yield* over.call({ op: 'watch', key, prefix, fromRevision }, Infinity)
    wire.put('broken')
  }

  /** Returns when the connection is of no use any more. */
  private *listen(over: Port, wire: Wire): Process {
    let pushes = 0
    for (;;) {
      const letter = yield* receive(wire, PING_EVERY_MS)
      if (letter !== undefined) {
        if (!this.take(letter, ++pushes)) return
        continue
      }
      const probed = yield* over.call<number>({ op: 'ping' }, PING_TIMEOUT_MS)
      for (let late = wire.take(); late !== undefined; late = wire.take()) {
        if (!this.take(late, ++pushes)) return
      }
      if (!probed.ok || probed.value > pushes) return
    }
  }

  /** Hands on what a push tells; false if it is not the one of this number, or there are no more. */
  private take(letter: Push | 'broken', number: number): boolean {
    if (letter === 'broken' || letter.number !== number) return false
    for (const event of letter.events) {
      this.from = event.revision + 1
      this.inbox.put(event)
    }
    return true
  }
}

/** Opens a watch, whose events go to `inbox`. Returns at once. */
export function* openWatch(
  endpoints: Endpoints,
  environment: StubEnvironment,
  watched: Watched,
  inbox: Mailbox<Event>,
): Process<EtcdWatch> {
  const watch = new Watch(endpoints, environment, watched, inbox)
  yield* watch.start()
  return watch
}
