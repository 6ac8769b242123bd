/** Names of nodes and streams come out the same, however often and in whatever order they are asked for. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { numberedNames, serverNames, streamOfNode, streamOfPair } from './names.ts'

const word = fc.stringMatching(/^[a-z-]{1,6}$/)

describe('names', () => {
  it('of streams say their kind and their nodes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(word, word, word)), (list) => {
        for (const [kind, first, second] of [...list, ...list]) {
          expect(streamOfNode(kind, first)).toBe(`${kind}:${first}`)
          expect(streamOfPair(kind, first, second)).toBe(`${kind}:${first}~${second}`)
        }
      }),
    )
  })

  it('of nodes are numbered from 1, and changing one list changes no other', () => {
    fc.assert(
      fc.property(word, fc.array(fc.nat({ max: 12 })), (base, counts) => {
        for (const count of counts) {
          const names = numberedNames(base, count) as string[]
          expect(names).toEqual(Array.from({ length: count }, (_, index) => `${base}-${index + 1}`))
          names.length = 0
        }
      }),
    )
  })

  it('of a lone server have no number', () => {
    expect(serverNames('store', 1)).toEqual(['store'])
    expect(serverNames('redis', 2)).toEqual(['redis-1', 'redis-2'])
  })
})
