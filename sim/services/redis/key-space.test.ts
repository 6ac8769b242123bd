/** A key space is a map in order of insertion, whether it is small or large. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { KeySpace } from './key-space.ts'
import type { Entry } from './state.ts'

const origin = { client: 'client-1', hold: 'client-1#1', activity: 'holding' } as const
const entryOf = (value: number): Entry => ({ value: `${value}`, expiresAtMs: Infinity, origin })

/** One change: a number of a key, and what it is set to; undefined deletes it. */
const changes = (keys: number) =>
  fc.array(fc.tuple(fc.nat(keys), fc.option(fc.nat(), { nil: undefined })), { maxLength: 60 })

describe('a key space', () => {
  it.each([3, 30])('does what a Map does, with up to %i keys', (keys) => {
    fc.assert(
      fc.property(changes(keys), (list) => {
        const space = new KeySpace()
        const map = new Map<string, Entry>()
        for (const [number, value] of list) {
          const key = `key-${number}`
          if (value === undefined) {
            space.delete(key)
            map.delete(key)
          } else {
            const entry = entryOf(value)
            space.set(key, entry)
            map.set(key, entry)
          }
          expect(space.get(key)).toBe(map.get(key))
          expect(space.size).toBe(map.size)
        }
        expect(space.all()).toEqual([...map])
        expect(KeySpace.of(space).all()).toEqual([...map])
      }),
    )
  })

  it('may be changed while somebody walks over all of it', () => {
    const space = new KeySpace()
    for (const number of [1, 2, 3]) space.set(`key-${number}`, entryOf(number))
    for (const [key] of space.all()) space.delete(key)
    expect(space.size).toBe(0)
  })

  it('is not changed by its copy', () => {
    const space = new KeySpace()
    space.set('key', entryOf(1))
    KeySpace.of(space).delete('key')
    expect(space.get('key')).toEqual(entryOf(1))
  })
})
