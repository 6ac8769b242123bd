/** The folder of a campaign: after a kill at any moment the same command comes to the same result, and another one is refused. */

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { algorithmNamed } from '../settle.ts'
import { readHead } from './folder.ts'
import { fuzz, fuzzEach } from './fuzz.ts'
import type { FuzzRequest, FuzzResult } from './request.ts'

const lock = algorithmNamed('redis-set-px')
const asked: FuzzRequest = { runs: 500, seed: 1, promise: 'exclusion/effect' }
const created: string[] = []

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'locksim-fuzz-'))
  created.push(folder)
  return folder
}

afterAll(() => {
  for (const folder of created) rmSync(folder, { recursive: true, force: true })
})

const journalOf = (folder: string): string => join(folder, '.campaign', '0-redis-set-px.jsonl')
const linesIn = (folder: string): number =>
  readFileSync(journalOf(folder), 'utf8').trimEnd().split('\n').length

/** The result without the places of its files. */
const bare = ({ found, ...rest }: FuzzResult) => ({
  ...rest,
  found: found.map(({ file: _file, ...one }) => one),
})

describe('a campaign with a folder', () => {
  it('keeps its counterexamples there, and its records where git does not see them', async () => {
    const folder = join(newFolder(), 'new', 'one')
    const { found } = await fuzz(lock, { ...asked, folder })
    expect(readdirSync(folder).sort()).toEqual(['.campaign', 'redis-set-px.exclusion-effect.json'])
    expect(found[0]?.file).toBe(join(folder, 'redis-set-px.exclusion-effect.json'))
    expect(readFileSync(join(folder, '.campaign', '.gitignore'), 'utf8')).toBe('*\n')
  })

  it('comes to the same after its journal was cut off at any byte, and runs nothing twice', async () => {
    const folder = newFolder()
    const whole = await fuzz(lock, { ...asked, folder })
    const journal = readFileSync(journalOf(folder))
    await fc.assert(
      fc.asyncProperty(fc.nat(journal.length), async (bytes) => {
        writeFileSync(journalOf(folder), journal)
        truncateSync(journalOf(folder), bytes)
        const left = journal.subarray(0, bytes).toString().split('\n').length - 1
        const before: number[] = []
        const again = await fuzz(lock, {
          ...asked,
          folder,
          progress: ({ runs }) => void before.push(runs),
        })
        expect(again).toEqual(whole)
        // One look at the beginning, and one for each stretch that was run now.
        expect(before.length).toBeLessThanOrEqual(1 + 3 - left)
      }),
      { numRuns: 8 },
    )
  })

  it('goes on with more runs where it ended, and gives what an undisturbed campaign gives', async () => {
    const folder = newFolder()
    await fuzz(lock, { ...asked, runs: 250, folder })
    const more = await fuzz(lock, { ...asked, runs: 650, folder })
    expect(bare(more)).toEqual(bare(await fuzz(lock, { ...asked, runs: 650 })))
    // 200, 50; and of the new ones 200 in place of the 50, 200, 50.
    expect(linesIn(folder)).toBe(5)
    expect(readHead(folder)?.asked.runs).toBe(650)
  })

  it('goes on past lines that make no sense', async () => {
    const folder = newFolder()
    const whole = await fuzz(lock, { ...asked, folder })
    appendFileSync(journalOf(folder), '{"from":0,"to":200}\nnull\n[]\n{"from":400,"to":500,"su')
    expect(await fuzz(lock, { ...asked, folder })).toEqual(whole)
  })

  it('refuses another question in the same folder, says what differs, and begins anew if told to', async () => {
    const folder = newFolder()
    await fuzz(lock, { ...asked, runs: 50, folder })
    const other = { ...asked, runs: 50, seed: 2, faults: ['pause'] as const, folder }
    await expect(fuzz(lock, other)).rejects.toThrow(
      /it was run with --seed 1, not with --seed 2; it was run without --faults, not with --faults pause\. Give another/,
    )
    await expect(fuzz(algorithmNamed('redlock'), { ...asked, folder })).rejects.toThrow(
      /its locks are redis-set-px, not redlock/,
    )
    const fresh = await fuzz(lock, { ...other, fresh: true })
    expect(fresh.seed).toBe(2)
  })

  it('takes a folder where counterexamples are kept already', async () => {
    const folder = newFolder()
    writeFileSync(join(folder, 'README.md'), '')
    writeFileSync(join(folder, 'other.json'), '{ "format": "locksim-counterexample/1" }')
    expect((await fuzz(lock, { ...asked, runs: 50, folder })).runs).toBe(50)
  })

  it('refuses a folder that holds something else, a file, and records that are none', async () => {
    const foreign = newFolder()
    writeFileSync(join(foreign, 'holiday.jpg'), '')
    await expect(fuzz(lock, { ...asked, folder: foreign })).rejects.toThrow(/holiday\.jpg/)
    const file = join(newFolder(), 'file')
    writeFileSync(file, '')
    await expect(fuzz(lock, { ...asked, folder: file })).rejects.toThrow(InputError)
    const broken = newFolder()
    mkdirSync(join(broken, '.campaign'))
    writeFileSync(join(broken, '.campaign', 'campaign.json'), '{}')
    await expect(fuzz(lock, { ...asked, folder: broken })).rejects.toThrow(/--fresh/)
  })

  it('keeps the journals of several locks apart', async () => {
    const folder = newFolder()
    const locks = [lock, algorithmNamed('no-lock')]
    const request = { runs: 60, seed: 1, folder }
    const whole = await fuzzEach(locks, request)
    expect(await fuzzEach(locks, request)).toEqual(whole)
    expect(readdirSync(join(folder, '.campaign')).sort()).toEqual([
      '.gitignore',
      '0-redis-set-px.jsonl',
      '1-no-lock.jsonl',
      'campaign.json',
    ])
  })
})
