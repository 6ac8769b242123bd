/** Pings: who answers for a client's machine, and who does not. */

import { describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

/** Pings the first client at 10 ms, after something was done to the world. */
const pinged = (act: (small: ReturnType<typeof smallWorld>) => void): readonly string[] => {
  const small = smallWorld()
  small.at(5, () => act(small))
  small.at(10, () => small.servers[0]?.ping('client-1'))
  small.run()
  return small.heard()
}
const ALIVE = ['alive at 12']

describe('ping', () => {
  it('is answered after there and back', () => {
    expect(pinged(() => undefined)).toEqual(ALIVE)
  })

  it('is answered for a process that stands still or has died: an agent beside it lives', () => {
    expect(pinged(({ world, client }) => world.pause(client, false))).toEqual(ALIVE)
    expect(pinged(({ world, client }) => world.crash(client, false))).toEqual(ALIVE)
  })

  it('is not answered by a machine without power or that is suspended', () => {
    expect(pinged(({ world, client }) => world.crash(client, true))).toEqual([])
    expect(pinged(({ world, client }) => world.pause(client, true))).toEqual([])
  })

  it('is answered again when the machine is back', () => {
    expect(
      pinged(({ world, client }) => {
        world.crash(client, true)
        world.restart(client)
      }),
    ).toEqual(ALIVE)
  })

  it('is lost where either direction is cut, and no network keeps it', () => {
    expect(pinged(({ world, client, server }) => world.cut(server, client, false))).toEqual([])
    expect(pinged(({ world, client, server }) => world.cut(client, server, false))).toEqual([])
    expect(
      pinged(({ world, client, server }) => {
        world.cut(client, server, true)
        world.when(100, () => world.heal(client, server, true))
      }),
    ).toEqual([])
  })

  it('waits for a server that stands still, and means nothing to one that has restarted', () => {
    expect(
      pinged(({ world, server }) => {
        world.when(11, () => world.pause(server, false))
        world.when(50, () => world.resume(server, false))
      }),
    ).toEqual(['alive at 50'])
    expect(
      pinged(({ world, server }) => {
        world.when(11, () => {
          world.crash(server, false)
          world.restart(server)
        })
      }),
    ).toEqual(['crash at 11', 'restart at 11'])
  })
})
