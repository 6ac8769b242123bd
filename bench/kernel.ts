/** The kernel alone: timers, and processes that exchange messages through the network and a service that echoes. */

import { defineService, ok, randomChoice, sleep, World } from '#sim'
import type { Latency, Origin, Port, Process } from '#sim'
import { delayOf } from './bare.ts'

const NOBODY: Origin = { client: '', hold: '', activity: 'opening' }

/** One-way latencies: the same for every message, as the yardstick draws nothing, or drawn as in a run. */
export const LATENCIES = {
  fixed: { minMs: 1, maxMs: 1 },
  drawn: { minMs: 0.5, maxMs: 1.5 },
}

const makeWorld = (latency: Latency = LATENCIES.fixed): World =>
  new World({
    choice: randomChoice(1),
    latency,
    observer: { fact: () => undefined, changed: () => undefined },
    clockOf: () => ({ offsetMs: 0, driftPpm: 0 }),
    keepaliveMs: 0,
  })

function* sleeper(first: number): Process {
  for (let index = first; ; index++) yield* sleep(delayOf(index))
}

/** `timers` processes that sleep again and again, until `events` events are done. */
export const timers = (events: number, count: number): number => {
  const world = makeWorld()
  const node = world.addNode('client-1')
  for (let index = 0; index < count; index++)
    world.start(node, 'sleeper', sleeper(index * 13), NOBODY)
  world.kernel.run(Infinity, events)
  return world.kernel.events
}

const echo = defineService({
  name: 'echo',
  summary: 'answers what it was sent',
  sources: [],
  nodeName: 'echo',
  clock: 'monotonic',
  options: {},
  optionWords: {},
  create: () => ({}),
  step(_state, input, _nowMs, out) {
    if (input.kind === 'request') out.reply(input, ok(input.body))
  },
  wakeAtMs: () => Infinity,
  client: (ports: readonly Port[]) => ports[0] as Port,
  view: () => ({}),
})

function* caller(port: Port): Process {
  for (let index = 0; ; index++) yield* port.call(index, 1_000)
}

/** `count` processes on nodes of their own that call a server each; a request and a reply are an event each. */
export const messages = (events: number, count: number, latency: Latency): number => {
  const world = makeWorld(latency)
  const clients = Array.from({ length: count }, (_, index) => world.addNode(`client-${index + 1}`))
  world.addServers(echo, 1, {})
  for (const node of clients) {
    world.start(node, 'caller', caller(world.clientOf(echo, node) as Port), NOBODY)
  }
  world.kernel.run(Infinity, events)
  return world.kernel.events
}
