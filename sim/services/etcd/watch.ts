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

/** Opens a watch, whose events go to `inbox`. Returns at once. */
export function* openWatch(
  endpoints: Endpoints,
  environment: StubEnvironment,
  { key, prefix = false, fromRevision }: Watched,
  inbox: Mailbox<Event>,
): Process<EtcdWatch> {
  let from = fromRevision
  let port: Port | undefined
  let stream: Task | undefined

  function* hold(over: Port, wire: Mailbox<Push | 'broken'>): Process {
    yield* over.call({ op: 'watch', key, prefix, fromRevision: from }, Infinity)
    wire.put('broken')
  }

  /** Returns when the connection is of no use any more. */
  function* listen(over: Port, wire: Mailbox<Push | 'broken'>): Process {
    let pushes = 0
    const take = (letter: Push | 'broken'): boolean => {
      if (letter === 'broken' || letter.number !== pushes + 1) return false
      pushes++
      for (const event of letter.events) {
        from = event.revision + 1
        inbox.put(event)
      }
      return true
    }
    for (;;) {
      const letter = yield* receive(wire, PING_EVERY_MS)
      if (letter !== undefined) {
        if (!take(letter)) return
        continue
      }
      const probed = yield* over.call<number>({ op: 'ping' }, PING_TIMEOUT_MS)
      for (let late = wire.take(); late !== undefined; late = wire.take()) {
        if (!take(late)) return
      }
      if (!probed.ok || probed.value > pushes) return
    }
  }

  function* run(): Process {
    for (;;) {
      const endpoint = endpoints.next()
      const current = endpoint.connect()
      port = current
      const wire = current.channel<Push | 'broken'>(EVENTS)
      stream = yield* environment.spawn('etcd watch stream', hold(current, wire))
      yield* listen(current, wire)
      yield* stop(stream)
      yield* current.disconnect()
      endpoints.leaveOut(endpoint)
      yield* sleep(REOPEN_AFTER_MS)
    }
  }

  const task = yield* environment.spawn('etcd watch', run())
  return {
    *close() {
      yield* stop(task)
      if (stream !== undefined) yield* stop(stream)
      if (port !== undefined) yield* port.disconnect()
    },
  }
}
