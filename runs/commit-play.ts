/** A commit protocol in a run: its coordinators, whose logs survive them. */

import { mark, sleep } from '#sim'
import type { Activity, Fact, Node, Origin, Process } from '#sim'
import type { AnyProtocol, Coordinator, LogRecord, Needs } from '#algorithms'
import { generator, IDLE, startOf } from './play.ts'
import type { Play, Scene } from './play.ts'

/** What every transaction changes: they compete for it. */
const ROW = 'account'

/** One coordinator through all lives of its process. */
interface Member {
  readonly name: string
  readonly node: Node
  readonly startMs: number
  /** Transactions that the application has an answer to. */
  roundsDone: number
  /** Transactions begun, so that each has a name of its own. */
  attempts: number
  readonly log: Map<string, LogRecord>
}

/** Sets up the coordinators. */
export const commitPlay = (protocol: AnyProtocol, scene: Scene): Play => {
  const { world, settled, clients } = scene
  const members = clients.map((node, index): Member => ({
    name: node.name,
    node,
    startMs: startOf(settled.plan.workload.startMs, index),
    roundsDone: 0,
    attempts: 0,
    log: new Map(),
  }))
  return {
    begin() {
      for (const member of members) {
        const begin = (first: boolean): void =>
          world.start(member.node, 'client', coordinatorLife(protocol, scene, member, first), IDLE)
        world.onRestart(member.node, () => begin(false))
        begin(true)
      }
    },
    saw(event) {
      if (event.kind !== 'crashed' || event.losesDisk !== true) return
      members.find(({ name }) => name === event.node)?.log.clear()
    },
  }
}

/** States a fact. Not written where it is used: a generator that is made for each run outlives it by far in the heap. */
function* stating(fact: Fact, origin: Origin): Process {
  yield* mark(fact, origin)
}

/** One life of a coordinator's process: it finishes what its log leaves open, and then its rounds. */
function* coordinatorLife(
  protocol: AnyProtocol,
  scene: Scene,
  member: Member,
  first: boolean,
): Process {
  const { plan, parameters } = scene.settled
  const { thinkMs } = plan.workload
  const { name, log } = member
  const values = parameters as Readonly<Record<string, never>>
  const origin = (hold: string, activity: Activity): Origin => ({ client: name, hold, activity })
  const services = scene.services(member.node) as Coordinator<Needs>['services']
  const jitter = scene.stream('jitter', name)
  const meFor = (transaction: string): Coordinator<Needs> => ({
    name,
    transaction,
    row: ROW,
    services,
    log,
    jitterMs: (maxMs) => jitter.pick(Math.floor(maxMs) + 1),
    decided: (decision, cause) =>
      stating(
        { kind: 'decided', client: name, hold: transaction, decision, cause },
        origin(transaction, 'releasing'),
      ),
  })

  if (first && member.startMs > 0) yield* sleep(member.startMs)
  for (const [transaction, record] of [...log]) {
    const me = meFor(transaction)
    yield* mark(
      { kind: 'note', text: `finds ${transaction} in its log: ${record}` },
      origin(transaction, 'opening'),
    )
    yield* generator('recover', protocol.recover(me, record, values))
  }
  while (member.roundsDone < plan.rounds) {
    const hold = `${name}#${++member.attempts}`
    yield* mark({ kind: 'transaction-began', hold }, origin(hold, 'acquiring'))
    const outcome = yield* generator('coordinate', protocol.coordinate(meFor(hold), values))
    yield* mark({ kind: 'transaction-ended', hold, outcome }, origin(hold, 'opening'))
    member.roundsDone++
    if (member.roundsDone < plan.rounds && thinkMs > 0) yield* sleep(thinkMs)
  }
  yield* mark({ kind: 'finished' })
}
