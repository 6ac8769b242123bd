/** Promotion: which client's directory names which server, and what the servers are told. */

import { describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'
import type { SmallClient } from './small-world.ts'

const group = () => {
  const small = smallWorld({ clients: 3, servers: 3 })
  const { world, clients, servers } = small
  const leaders = (): readonly number[] =>
    clients.map((node) => (world.clientOf(servers[0]!.service, node) as SmallClient).leader())
  return { ...small, leaders }
}

describe('promotion', () => {
  it('begins with the first server for everybody', () => {
    expect(group().leaders()).toEqual([0, 0, 0])
  })

  it('is told to all, to the new leader and to those that it demotes', () => {
    const { world, servers, leaders, heard, facts } = group()
    world.promote(servers[2]!, true, undefined)
    expect(leaders()).toEqual([2, 2, 2])
    expect([0, 1, 2].map((index) => heard(index))).toEqual([
      ['demote at 0'],
      ['demote at 0'],
      ['promote at 0'],
    ])
    expect(facts).toEqual([{ atMs: 0, node: 'server-3', kind: 'promoted', insteadOf: 'server-1' }])
  })

  it('does not reach a server that is down, or any that it is not meant for', () => {
    const { world, servers, heard } = group()
    world.crash(servers[0]!.node, true)
    world.promote(servers[1]!, true, undefined)
    expect(heard(0)).toEqual(['crash at 0'])
    const other = group()
    other.world.promote(other.servers[1]!, false, undefined)
    expect([other.heard(0), other.heard(2)]).toEqual([[], []])
  })

  it('can be known to some clients only, whose others keep what they knew', () => {
    const { world, servers, leaders } = group()
    world.promote(servers[1]!, false, ['client-2'])
    expect(leaders()).toEqual([0, 1, 0])
    world.promote(servers[2]!, false, ['client-1'])
    expect(leaders()).toEqual([2, 1, 0])
    world.promote(servers[0]!, true, undefined)
    expect(leaders()).toEqual([0, 0, 0])
  })

  it('names the leader that the authority knew before', () => {
    const { world, servers, facts } = group()
    world.promote(servers[1]!, false, ['client-2'])
    world.promote(servers[2]!, false, undefined)
    expect(facts.map((fact) => 'insteadOf' in fact && fact.insteadOf)).toEqual([
      'server-1',
      'server-2',
    ])
  })
})

describe('a server that is alone', () => {
  it('has a name without a number', () => {
    expect(smallWorld().server.name).toBe('server')
    expect(smallWorld({ servers: 2 }).servers.map(({ node }) => node.name)).toEqual([
      'server-1',
      'server-2',
    ])
  })
})
