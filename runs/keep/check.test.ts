import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { getuid } from 'node:process'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import { check } from './check.ts'
import type { CheckRequest, CheckResult } from './check.ts'
import type { Counterexample } from './counterexample.ts'
import {
  mended,
  pausedInHold,
  refusing,
  throwing,
  whileEdited,
  withClockRead,
  withRoundTrip,
} from './edited-locks.ts'
import { readCounterexample, writeCounterexample } from './file.ts'
import { readVerdicts } from './verdicts-file.ts'

const root = mkdtempSync(join(tmpdir(), 'locksim-check-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const counterexample = pausedInHold(1)
const RUNS = 20

let folders = 0
/** A folder with one counterexample, and nothing recorded. */
const freshFolder = (...kept: readonly Counterexample[]): string => {
  const folder = join(root, String(++folders))
  for (const one of kept.length === 0 ? [counterexample] : kept) writeCounterexample(folder, one)
  return folder
}

const checked = (folder: string, rest: Partial<CheckRequest> = {}): Promise<CheckResult> =>
  check({ folder, workers: 1, runs: RUNS, ...rest })

/** A folder with what is found today written down. */
const recordedFolder = async (...kept: readonly Counterexample[]): Promise<string> => {
  const folder = freshFolder(...kept)
  await checked(folder, { update: true })
  return folder
}

const differencesOf = ({ locks }: CheckResult) =>
  locks.flatMap(({ differences }) =>
    differences.map(({ kind, promise, file }) => ({
      kind,
      promise,
      file: file === undefined ? undefined : basename(file),
    })),
  )

const textsOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  )

const FILE = 'redis-set-px.exclusion-effect.json'

describe('checking a folder in which nothing is recorded', () => {
  it('takes a counterexample for something that must not be: it fails for as long as it breaks its promise', async () => {
    const result = await checked(freshFolder())
    expect(differencesOf(result)).toContainEqual({
      kind: 'broken',
      promise: 'exclusion/effect',
      file: FILE,
    })
    const found = result.locks[0]?.differences.find(({ file }) => file !== undefined)
    expect(found?.counterexample).toEqual(counterexample)
    expect(found?.message).toBe('exclusion/effect should hold: still broken, by the same run')
  })

  it('is green once the lock has been mended', async () => {
    const folder = freshFolder()
    const result = await whileEdited(mended, () => checked(folder))
    expect(differencesOf(result)).toEqual([])
    expect(result.locks[0]?.verdicts).toMatchObject({ 'exclusion/effect': 'held' })
  })

  it('is green once the verdict has been accepted', async () => {
    const folder = await recordedFolder()
    expect(differencesOf(await checked(folder))).toEqual([])
  })

  it('is red where nothing puts the promise to the test any more', async () => {
    const folder = freshFolder()
    const result = await whileEdited(refusing, () => checked(folder))
    expect(differencesOf(result)).toContainEqual({
      kind: 'untested',
      promise: 'exclusion/effect',
      file: undefined,
    })
  })
})

describe('checking a folder against what is recorded', () => {
  it('fails when a counterexample is no longer broken', async () => {
    const folder = await recordedFolder()
    const result = await whileEdited(mended, () => checked(folder))
    expect(differencesOf(result)).toContainEqual({
      kind: 'no longer broken',
      promise: 'exclusion/effect',
      file: FILE,
    })
  })

  it('fails when a counterexample does not apply any more', async () => {
    const folder = await recordedFolder()
    const result = await whileEdited(refusing, () => checked(folder))
    expect(differencesOf(result)).toContainEqual({
      kind: 'does not apply',
      promise: 'exclusion/effect',
      file: FILE,
    })
  })

  it('fails when a promise is recorded as violated and nothing breaks it, though no counterexample says so', async () => {
    const folder = await recordedFolder()
    rmSync(join(folder, FILE))
    const result = await whileEdited(mended, () => checked(folder))
    expect(differencesOf(result)).toContainEqual({
      kind: 'no longer broken',
      promise: 'exclusion/effect',
      file: undefined,
    })
  })

  it('fails when a promise that held is broken, with the smallest story', async () => {
    const folder = await recordedFolder()
    rmSync(join(folder, FILE))
    const verdicts = join(folder, 'verdicts.json')
    const recorded = readFileSync(verdicts, 'utf8')
    writeFileSync(verdicts, recorded.replaceAll('"violated"', '"held"'))
    const { locks } = await checked(folder, { runs: 200 })
    const differences = locks[0]?.differences ?? []
    const found = differences.find(({ promise }) => promise === 'exclusion/effect')
    expect(found?.kind).toBe('broken')
    expect(found?.counterexample?.story.length).toBeGreaterThan(3)
  })

  it('fails when a promise that held is not put to the test any more', async () => {
    const folder = await recordedFolder()
    const result = await whileEdited(refusing, () => checked(folder))
    expect(differencesOf(result)).toContainEqual({
      kind: 'untested',
      promise: 'exclusion/service',
      file: undefined,
    })
  })

  it('passes when an edit leaves everything as it was but for the run', async () => {
    const folder = await recordedFolder()
    for (const lock of [withRoundTrip, withClockRead]) {
      const result = await whileEdited(lock, () => checked(folder))
      const broken = differencesOf(result).filter(({ promise }) => promise === 'exclusion/effect')
      expect(broken).toEqual([])
      expect(result.locks[0]?.files[0]?.recheck).toMatchObject({ identical: false })
    }
  })

  it('fails when the lock’s own code does, and names the seed', async () => {
    const folder = await recordedFolder()
    const result = await whileEdited(throwing, () => checked(folder))
    const [first] = result.locks[0]?.differences ?? []
    expect(first).toMatchObject({ kind: 'fails', promise: undefined })
    expect(first?.message).toMatch(
      /broke off 20 of 20 fresh runs, the first of them run 1 \(seed \d+\): .*it has a mistake in it/,
    )
  })

  it('writes and removes nothing of a lock whose own code fails, also if told to', async () => {
    const folder = await recordedFolder()
    const before = textsOf(folder)
    const result = await whileEdited(throwing, () => checked(folder, { update: true }))
    expect(result.locks[0]?.differences.map(({ kind }) => kind)).toEqual(['fails'])
    expect(result.changes).toEqual([])
    expect(textsOf(folder)).toEqual(before)
  })

  it('asks other runs other questions: what they never met is no difference, what they break is', async () => {
    const folder = await recordedFolder()
    const result = await checked(folder, { runs: 1, seed: 900 })
    expect(differencesOf(result).filter(({ kind }) => kind === 'changed')).toEqual([])
  })

  it('names the locksim that recorded it, if that was another', async () => {
    const folder = await recordedFolder()
    const path = join(folder, 'verdicts.json')
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace('"locksim": "0.1.0"', '"locksim": "0.0.9"'),
    )
    const result = await whileEdited(mended, () => checked(folder))
    expect(result.locks[0]?.differences[0]?.message).toMatch(
      /\(recorded by locksim 0\.0\.9, this is /,
    )
  })
})

describe('--update', () => {
  it('removes what holds now, records it, and says so line by line', async () => {
    const folder = await recordedFolder()
    const { changes } = await whileEdited(mended, () => checked(folder, { update: true }))
    expect(changes).toContainEqual({
      what: 'removed',
      path: join(folder, FILE),
      why: expect.stringMatching(/^no longer broken: exclusion\/effect/) as string,
    })
    expect(changes).toContainEqual({
      what: 'recorded',
      path: join(folder, 'verdicts.json'),
      why: 'redis-set-px: exclusion/effect was violated and is held',
    })
    expect(existsSync(join(folder, FILE))).toBe(false)
  })

  it('rewrites a counterexample that another run breaks, so that it is the same run again', async () => {
    const folder = await recordedFolder()
    await whileEdited(withRoundTrip, async () => {
      const { changes } = await checked(folder, { update: true })
      expect(changes).toContainEqual(
        expect.objectContaining({ what: 'rewritten', path: join(folder, FILE) }),
      )
      const again = await checked(folder)
      expect(again.locks[0]?.files[0]?.recheck).toMatchObject({ identical: true })
    })
    expect(readCounterexample(join(folder, FILE)).hash).not.toBe(counterexample.hash)
  })

  it('writes a counterexample of each promise that fresh runs break, and replaces no file', async () => {
    const folder = freshFolder()
    writeFileSync(join(folder, 'redis-set-px.lost-update.json'), '{ "format": "locksim-plan/1" }')
    const { changes } = await checked(folder, { update: true, runs: 200 })
    const added = changes.filter(({ what }) => what === 'added').map(({ path }) => basename(path))
    expect(added).toContain('redis-set-px.exclusion-belief.json')
    expect(added).toContain('redis-set-px.lost-update.2.json')
  })

  it('writes nothing when nothing has changed', async () => {
    const folder = await recordedFolder()
    const before = textsOf(folder)
    const { changes } = await checked(folder, { update: true })
    expect(changes).toEqual([])
    expect(textsOf(folder)).toEqual(before)
  })

  it('can record a lock of which the folder holds nothing yet', async () => {
    const folder = freshFolder()
    await checked(folder, { update: true, only: ['no-lock'] })
    expect(readVerdicts(join(folder, 'verdicts.json')).map(({ algorithm }) => algorithm)).toEqual([
      'no-lock',
    ])
    expect(existsSync(join(folder, 'no-lock.exclusion-effect.json'))).toBe(true)
  })

  it('is followed by a green check, whatever the edit, the seed and the budget', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(mended, refusing, withRoundTrip, withClockRead),
        fc.nat(1_000),
        fc.integer({ min: 1, max: 30 }),
        async (lock, seed, runs) => {
          const folder = await recordedFolder()
          await whileEdited(lock, async () => {
            await check({ folder, workers: 1, update: true, seed, runs })
            expect(differencesOf(await check({ folder, workers: 1 }))).toEqual([])
            expect((await check({ folder, workers: 1, update: true })).changes).toEqual([])
          })
          rmSync(folder, { recursive: true })
        },
      ),
      { numRuns: 6 },
    )
  })
})

describe('a folder that cannot be checked', () => {
  it.each([
    [
      'is not there',
      () => join(root, 'nowhere'),
      /cannot read the folder .*nowhere: no such file or folder/,
    ],
    [
      'is a file',
      () => join(freshFolder(), FILE),
      /is a file; expected a folder of counterexamples/,
    ],
    [
      'is empty',
      () => {
        const folder = join(root, 'empty')
        mkdirSync(folder, { recursive: true })
        return folder
      },
      /nothing is kept in .*empty; `npx locksim fuzz/,
    ],
  ])('says so where it %s', async (_what, folderOf, message) => {
    const folder = folderOf()
    await expect(checked(folder)).rejects.toThrow(InputError)
    await expect(checked(folder)).rejects.toThrow(message)
  })

  it('names every file that is wrong, before anything is run', async () => {
    const folder = freshFolder()
    writeFileSync(join(folder, 'a.json'), '{')
    writeFileSync(join(folder, 'b.json'), '{ "format": "locksim-counterexample/1" }')
    await expect(checked(folder)).rejects.toThrow(
      /a\.json: not JSON[\s\S]*b\.json: not a counterexample:\n {2}algorithm: is missing/,
    )
  })

  it('names the file of a lock that is gone', async () => {
    const gone = {
      ...counterexample,
      algorithm: 'redis-gone',
      plan: { ...counterexample.plan, algorithm: 'redis-gone' },
    }
    await expect(checked(freshFolder(gone))).rejects.toThrow(
      /redis-gone\.exclusion-effect\.json: its lock is gone: there is no lock "redis-gone"/,
    )
  })

  it('names the file whose promise is not one of its lock', async () => {
    const foreign = { ...counterexample, promise: 'agreement' }
    await expect(checked(freshFolder(foreign))).rejects.toThrow(
      /redis-set-px\.agreement\.json: promise: found "agreement", which is no promise of redis-set-px/,
    )
  })

  it('takes no notice of plans and of files that are no business of its own', async () => {
    const folder = freshFolder()
    writeFileSync(join(folder, 'plan.json'), JSON.stringify({ format: 'locksim-plan/1' }))
    writeFileSync(join(folder, '.state.json'), 'none of it')
    writeFileSync(join(folder, 'README.md'), 'none of it')
    expect((await checked(folder)).locks).toHaveLength(1)
  })

  it('names the locks that there are when asked for another', async () => {
    await expect(checked(freshFolder(), { only: ['redis-set'] })).rejects.toThrow(
      /knows no lock "redis-set" \(did you mean redis-set-px\?\); it has redis-set-px/,
    )
  })

  it.skipIf(getuid?.() === 0)('says so where it cannot be written', async () => {
    const folder = freshFolder()
    chmodSync(folder, 0o500)
    await expect(checked(folder, { update: true })).rejects.toThrow(
      /cannot write .*: permission denied/,
    )
  })
})

describe('a folder that cannot be written into', () => {
  it('says so, and leaves no half of a file', async () => {
    const folder = freshFolder()
    // In the way of the counterexamples of this lock, which would go into a folder of that name.
    writeFileSync(join(folder, 'redis-set-px'), '')
    await expect(checked(folder, { update: true, runs: 200 })).rejects.toThrow(
      /cannot write .*: a file of that name is in the way/,
    )
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('an interrupted check', () => {
  it('tells the locks that are done, in order, and writes nothing', async () => {
    const other = { ...counterexample }
    const folder = freshFolder(other)
    await checked(folder, { update: true, only: ['no-lock', 'redis-set-px', 'redlock'] })
    const before = textsOf(folder)
    const controller = new AbortController()
    const told: string[] = []
    const result = await whileEdited(mended, () =>
      checked(folder, {
        update: true,
        signal: controller.signal,
        lock({ algorithm }) {
          told.push(algorithm)
          controller.abort()
        },
      }),
    )
    expect(result.interrupted).toBe(true)
    expect(told).toEqual(['no-lock'])
    expect(result.locks.map(({ algorithm }) => algorithm)).toEqual(told)
    expect(textsOf(folder)).toEqual(before)
  })
})
