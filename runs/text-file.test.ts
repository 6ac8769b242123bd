/** Folders for files: made with those around them, and never tried for ever. */

import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeFolder } from './text-file.ts'

const root = mkdtempSync(join(tmpdir(), 'locksim-folders-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe('making a folder', () => {
  it('makes those that it is in as well, and is content with one that is there', () => {
    const folder = join(root, 'a', 'b', 'c')
    makeFolder(folder)
    makeFolder(folder)
    expect(statSync(folder).isDirectory()).toBe(true)
  })

  it('fails where a file is in the way', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => makeFolder(join(root, 'file', 'x'))).toThrow(/ENOTDIR|EEXIST/)
  })

  it.skipIf(!existsSync('/proc/self'))(
    'fails, and does not go on for ever, where none can be',
    () => {
      expect(() => makeFolder('/proc/locksim/x')).toThrow(/ENOENT/)
    },
  )
})
