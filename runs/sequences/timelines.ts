/** What many sequences have in common: the network, the instant that they aim at, and the commonest blows. */

/** Every message takes one ms, so that a plan can say to the ms who is where. */
export const ONE_MS = { latencyMs: { minMs: 1, maxMs: 1 } } as const

/** client-1 hears that it has the lock. */
export const GRANTED = { node: 'client-1', event: 'granted' } as const

/** client-1 is in the middle of its section: it has read the store, and has yet to write. */
export const READ = { node: 'client-1', event: 'read-returned', afterMs: 100 } as const

/** client-1 dies with the lock. Its connections end with it, and its servers notice. */
export const HOLDER_DIES = { kind: 'crash', node: 'client-1', at: GRANTED } as const

/** The machine of client-1 dies with the lock, and nobody is told. */
export const HOLDER_LOSES_POWER = { ...HOLDER_DIES, silent: true } as const

/** The first message about this operation never arrives: a request, or an answer if a server sends it. */
export const lost = (operation: string, from: string, to: string) =>
  ({ kind: 'message', action: 'lose', from, to, operation, at: 0 }) as const

/** The first message about this operation takes longer than the others by so much. */
export const late = (operation: string, from: string, to: string, byMs: number) =>
  ({ kind: 'message', action: 'delay', from, to, operation, at: 0, byMs }) as const
