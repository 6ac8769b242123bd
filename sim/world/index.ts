/** The world: nodes with their clocks, the network, and the servers on them. */

export { Clock } from './clock.ts'
export { Costs } from './costs.ts'
export type { ActivityCosts } from './costs.ts'
export * from './moment.ts'
export { numberedNames, serverNames, streamOfNode } from './names.ts'
export { Alarm, Node } from './node.ts'
export type { ClockConfig } from './node.ts'
export type { Latency, MessageAction, MessageRule } from './network.ts'
export type { Server } from './server.ts'
export { World } from './world.ts'
export type { Observer, WorldConfig } from './world.ts'
