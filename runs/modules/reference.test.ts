import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  absoluteReference,
  asReadFrom,
  asWrittenIn,
  isPathReference,
  rebaseReference,
  relativeReference,
  splitReference,
} from './reference.ts'

const folder = fc
  .array(fc.constantFrom('a', 'b', 'my locks', 'c#d', '..x'), { maxLength: 4 })
  .map((parts) => join(resolve('/'), ...parts))
const file = fc
  .tuple(
    fc.constantFrom('./', '../', '../../b/', ''),
    fc.constantFrom('lock.ts', 'my lock.mjs', 'x.y.cts', 'a#b.js'),
    fc.constantFrom('', '#first', '#default'),
  )
  .map((parts) => parts.join(''))

describe('isPathReference', () => {
  it.each(['./x', '../x', '/x/y', 'C:\\x', 'c:/x.ts', 'x.ts', 'x.mts', 'a/b.cjs', 'x.js#y'])(
    'takes %s for a path',
    (reference) => expect(isPathReference(reference)).toBe(true),
  )

  it.each(['redlock', 'my-lock', 'x.tsv', 'lock.json', 'a/b', '', '.hidden', 'x#y'])(
    'takes %s for a name',
    (reference) => expect(isPathReference(reference)).toBe(false),
  )
})

describe('splitReference', () => {
  it('takes what follows a source file and a # for the export', () => {
    expect(splitReference('./a#b/locks.ts#second')).toEqual({
      path: './a#b/locks.ts',
      exportName: 'second',
    })
    expect(splitReference('./a#b/locks.ts')).toEqual({
      path: './a#b/locks.ts',
      exportName: undefined,
    })
  })
})

describe('rebaseReference', () => {
  it('leaves a name as it is', () => {
    expect(rebaseReference('redlock', '/a', '/b')).toBe('redlock')
  })

  it('names the same file from elsewhere, with a path that nobody takes for a name', () => {
    fc.assert(
      fc.property(file, folder, folder, (reference, from, to) => {
        const seen = rebaseReference(reference, from, to)
        expect(absoluteReference(seen, to)).toBe(absoluteReference(reference, from))
        expect(seen).toMatch(/^\.\.?\//)
        expect(relativeReference(absoluteReference(seen, to), to)).toBe(seen)
      }),
    )
  })
})

describe('a document in a file', () => {
  it('names a module from the folder of the file, and when it is read from where we are', () => {
    const plan = { algorithm: './my-lock.ts#first', seed: 7 }
    expect(asWrittenIn('plans/deep', plan)).toEqual({
      algorithm: '../../my-lock.ts#first',
      seed: 7,
    })
    expect(asReadFrom('plans/deep', asWrittenIn('plans/deep', plan))).toEqual(plan)
  })

  it('is the same object where it names a lock of the registry', () => {
    const plan = { algorithm: 'redlock' }
    expect(asWrittenIn('plans', plan)).toBe(plan)
    expect(asReadFrom('plans', plan)).toBe(plan)
  })
})
