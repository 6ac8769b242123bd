/** A client library in a world of its own: one client, the servers of a service, and what the client writes down. */

import { monotonic, randomChoice, services, World } from '#sim'
import type { Process, ServiceClients, ServiceName } from '#sim'

/** What happened. */
export interface Scene {
  readonly world: World
  /** What the process wrote down, each line with the client's time. */
  readonly diary: readonly string[]
}

/** The servers of a scene. */
export interface Stage<Name extends ServiceName> {
  readonly service: Name
  readonly size?: number
  readonly options?: Readonly<Record<string, unknown>>
  /** What happens to the world meanwhile. */
  readonly meanwhile?: (world: World) => void
}

/** Runs a process of a client for a minute. */
export const playScene = <Name extends ServiceName>(
  { service, size = 3, options = {}, meanwhile }: Stage<Name>,
  body: (client: ServiceClients[Name], write: (text: string) => Process) => Process,
): Scene => {
  const world = new World({
    choice: randomChoice(1),
    latency: { minMs: 1, maxMs: 1 },
    keepaliveMs: 7_200_000,
    clockOf: () => ({ offsetMs: 0, driftPpm: 0 }),
    observer: { fact: () => undefined, changed: () => undefined },
  })
  const node = world.addNode('client-1')
  world.addServers(services[service], size, options)
  const diary: string[] = []
  function* write(text: string): Process {
    diary.push(`${Math.round(yield* monotonic())} ${text}`)
  }
  const client = world.clientOf(services[service], node) as ServiceClients[Name]
  world.start(node, 'test', body(client, write), {
    client: 'client-1',
    hold: '',
    activity: 'opening',
  })
  meanwhile?.(world)
  world.kernel.run(60_000, 1_000_000)
  return { world, diary }
}

/** The diary without its times. */
export const words = ({ diary }: Scene): string[] => diary.map((line) => line.replace(/^\d+ /, ''))

/** When a line was written. */
export const timeOf = ({ diary }: Scene, text: string): number =>
  Number(diary.find((line) => line.endsWith(` ${text}`))?.split(' ')[0])

/** Cuts the client off from all servers for a while. */
export const cutOff = (world: World, fromMs: number, toMs: number): void => {
  const client = world.node('client-1')
  const servers = world.servers.map(({ node }) => node)
  const each = (act: 'cut' | 'heal'): void => {
    for (const server of servers) {
      world[act](client, server, false)
      world[act](server, client, false)
    }
  }
  world.when(fromMs, () => each('cut'))
  world.when(toMs, () => each('heal'))
}
