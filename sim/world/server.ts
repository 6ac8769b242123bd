/** A server: a node that runs one service, feeds it inputs and carries its outputs away. */

import { LocksimBug } from '../kernel/index.ts'
import type { Choice, CommitFact, Origin, Reply, RevokeCause, StoreFact } from '../kernel/index.ts'
import type {
  AnyService,
  Connection,
  Input,
  Outbox,
  RequestInput,
  ServerConfig,
} from '../services/index.ts'
import type { Clock } from './clock.ts'
import { Call } from './call.ts'
import { Letter } from './letter.ts'
import type { ClientConnection } from './connection.ts'
import { Alarm } from './node.ts'
import { Ping } from './ping.ts'
import type { Node } from './node.ts'
import type { World } from './world.ts'

/** One server of a group. */
export class Server implements Outbox {
  readonly node: Node
  readonly service: AnyService
  readonly index: number
  /** All servers of the group, in order. */
  readonly group: readonly Server[]
  /** Whether requests to it are costs of the lock: not those to what the lock protects. */
  readonly counted: boolean
  /** Requests that have arrived and are not answered. */
  readonly outstanding: Call[] = []
  /** Requests that were sent and have neither arrived nor been lost. */
  underWay = 0
  /** Whether it died without a word (power loss), so that nobody is sent a reset. */
  silent = false
  /** Whether its disk is gone, which shows when it is back. */
  losesDisk = false
  view: unknown
  private readonly world: World
  private readonly config: ServerConfig<unknown>
  private state: unknown
  private readonly alarm: Alarm
  private readonly wallAlarm: Alarm | undefined
  private readonly clock: Clock
  /** Why the data changed in the current step, if they did, and whose request it was. */
  private cause: RevokeCause | undefined
  private by: Origin | undefined

  constructor(
    world: World,
    node: Node,
    service: AnyService,
    index: number,
    group: readonly Server[],
    size: number,
    options: unknown,
    choice: Choice,
  ) {
    this.world = world
    this.node = node
    this.service = service
    this.index = index
    this.group = group
    this.counted = service.name !== 'store'
    const which = service.clockWith?.(options) ?? service.clock
    this.clock = node[which]
    const wallMs = (): number => node.wall.read(world.kernel.nowMs)
    this.config = { index, size, options, choice, wallMs }
    this.state = service.create(this.config)
    this.view = service.view(this.state)
    this.alarm = new Alarm(world.kernel, node, which, () => this.ring())
    if (service.wakeAtWallMs !== undefined) {
      this.wallAlarm = new Alarm(world.kernel, node, 'wall', () => this.ring())
    }
  }

  /** Asks for the first tick, if the service wants one. */
  begin(): void {
    this.setAlarms()
  }

  private setAlarms(): void {
    this.alarm.set(this.service.wakeAtMs(this.state))
    this.wallAlarm?.set(this.service.wakeAtWallMs?.(this.state) ?? Infinity)
  }

  /**
   * Starts as a new server, with nothing on its disk. Not before it is back: until then its last data still say
   * what it had promised, which may not have reached the others yet (the leader commits first, its followers
   * a message later).
   */
  lose(): void {
    this.state = this.service.create(this.config)
    this.view = this.service.view(this.state)
  }

  /** Feeds one input; everything that comes of it leaves at this instant. */
  take(input: Input<unknown, unknown>): void {
    const nowMs = this.clock.read(this.world.kernel.nowMs)
    try {
      this.service.step(this.state, input, nowMs, this)
    } catch (error) {
      const said = error instanceof Error ? (error.stack ?? error.message) : String(error)
      throw new LocksimBug(`${this.node.name} failed on ${input.kind}: ${said}`)
    }
    this.setAlarms()
    const { cause } = this
    if (cause !== undefined) {
      this.cause = undefined
      this.world.changed(this, cause, this.by)
    }
  }

  /** A clock of the node was set: what the service waited for may be due. */
  ring(): void {
    if (!this.node.up) return
    if (!this.node.running) {
      this.node.defer({ fire: () => this.ring() }, 0, undefined)
      return
    }
    this.take({ kind: 'tick' })
  }

  reply(request: RequestInput<unknown>, reply: Reply<unknown>): void {
    if (!(request instanceof Call)) throw new LocksimBug('a service answered what was never asked')
    request.answer(reply)
  }

  push(connection: Connection, channel: string, body: unknown): void {
    const to = connection as ClientConnection
    this.world.costs.wakeUps++
    const link = this.world.network.link(this.node, to.node)
    const deliver = (letter: unknown): void => {
      if (this.world.kernel.recording) {
        this.world.kernel.host.traffic(to.node, {
          kind: 'push-arrived',
          from: this.node.name,
          body: letter,
        })
      }
      to.channel(channel, this.world.kernel).put(letter)
    }
    new Letter(this.world, link, deliver, body).send()
  }

  peer(to: number, body: unknown): void {
    const other = this.group[to]
    if (other === undefined) throw new LocksimBug(`${this.node.name} has no peer ${to}`)
    this.world.costs.peerMessages++
    const deliver = (letter: unknown): void => {
      if (this.world.kernel.recording) {
        this.world.kernel.host.traffic(other.node, {
          kind: 'peer-arrived',
          from: this.node.name,
          body: letter,
        })
      }
      other.take({ kind: 'peer', from: this.index, body: letter })
    }
    new Letter(this.world, this.world.network.link(this.node, other.node), deliver, body).send()
  }

  ping(client: string): void {
    new Ping(this.world, this, client).send()
  }

  /** Takes a request off the list of those that wait for their answer. */
  forget(call: Call): void {
    const position = this.outstanding.indexOf(call)
    if (position >= 0) this.outstanding.splice(position, 1)
  }

  /** Tells the other servers of the group that this one's process is gone. */
  tellPeers(): void {
    for (const other of this.group) {
      if (other === this) continue
      const link = this.world.network.link(this.node, other.node)
      const deliver = (): void => other.take({ kind: 'peer-closed', from: this.index })
      new Letter(this.world, link, deliver, undefined).send()
    }
  }

  close(connection: Connection): void {
    for (const call of [...this.outstanding]) {
      if (call.connection === connection) call.reset()
    }
    const ended = connection as ClientConnection
    if (ended.number !== 0) ended.broken = true
  }

  changed(cause: RevokeCause, by?: Origin): void {
    // Of several reasons in one step the first is the one that took the grant away.
    if (this.cause !== undefined) return
    this.cause = cause
    this.by = by
  }

  fact(fact: StoreFact | CommitFact): void {
    this.world.state(this.node, fact)
  }
}
