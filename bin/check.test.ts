import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cwd } from 'node:process'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { Log } from 'sarif'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { algorithmNamed, counterexampleOf, parsePlan, writeCounterexample } from '#runs'
import type { Counterexample } from '#runs'
import { locksim } from './on-a-page.ts'

// Below where we are, as a folder of a project is: reports name files from there.
mkdirSync(join(cwd(), 'node_modules/.cache'), { recursive: true })
const root = mkdtempSync(join(cwd(), 'node_modules/.cache/locksim-check-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const folder = join(root, 'kept')
const FILE = 'redis-set-px.exclusion-effect.json'
const report = (name: string): string => join(root, name)

const counterexample: Counterexample = counterexampleOf({
  algorithm: algorithmNamed('redis-set-px'),
  promise: 'exclusion/effect',
  plan: parsePlan({
    format: 'locksim-plan/1',
    algorithm: 'redis-set-px',
    faults: [
      {
        kind: 'pause',
        node: 'client-1',
        at: { node: 'client-1', event: 'granted', afterMs: 50 },
        forMs: 15_000,
      },
    ],
  }),
  minimal: true,
})

/** Text that means something to XML, to GitHub, to SARIF and to a terminal. */
const HOSTILE = '100% <b>&"\'\n::error::no]]> {0} [a](b) \u001B[31m\u0000 \uFFFE'

const check = (...words: readonly string[]) =>
  locksim(['check', folder, '--workers', '1', '--runs', '5', ...words])

beforeAll(() => {
  writeCounterexample(folder, { ...counterexample, sentence: HOSTILE })
})

const asArray = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? (value as readonly Item[]) : [value as Item]

describe('check, for people', () => {
  it('fails with the story, at 80 columns, and says how to go on', async () => {
    const { code, out, err } = await check()
    expect(code).toBe(1)
    expect(err).toBe('')
    expect(out).toMatch(/^✗ redis-set-px {2}1 difference in 1 counterexample, 5 fresh runs\n/)
    expect(out).toContain('✗ exclusion/effect should hold: still broken, by the same run')
    expect(out).toContain('client-1 stands still for 15,000 ms')
    const command = / {2}(npx locksim check \S+ --runs 5 --update)\n$/.exec(out)?.[1]
    expect(command).toBe(`npx locksim check ${folder} --runs 5 --update`)
    const long = out.split('\n').filter((line) => line.length > 80)
    // A command is on one line, so that it can be copied.
    expect(long.every((line) => line.includes('npx locksim'))).toBe(true)
  })

  it('names a line that tells the story again', async () => {
    const { out } = await check()
    const again = /again: npx locksim (replay \S+)/.exec(out)?.[1] ?? ''
    const { code, out: told } = await locksim(again)
    expect(code).toBe(1)
    expect(told).toContain(`hash ${counterexample.hash}`)
  })

  it('shows nothing that a terminal would obey', async () => {
    const { out } = await check()
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  it('writes with --update, says what, and is green from then on', async () => {
    const own = join(root, 'own')
    writeCounterexample(own, counterexample)
    const line = ['check', own, '--workers', '1', '--runs', '5']
    const { code, out } = await locksim([...line, '--update'])
    expect(code).toBe(0)
    expect(out).toContain(`recorded ${own}/verdicts.json\n  redis-set-px: 13 promises, of which`)
    const again = await locksim(line)
    expect(again).toEqual({
      code: 0,
      out: '✓ redis-set-px  as recorded: 1 counterexample, 5 fresh runs\n',
      err: '',
    })
    expect((await locksim([...line, '--update'])).out).toContain('nothing was written')
  })

  it.each([
    ['a folder that is not there', ['check', join(root, 'nowhere')], 'no such file or folder'],
    ['no runs at all', ['check', folder, '--runs', '0'], 'Expected a whole number, 1 to 100000000'],
    [
      'a lock that it does not know',
      ['check', folder, '--only', 'redlock'],
      'knows no lock "redlock"',
    ],
    ['two outputs at once', ['check', folder, '--json', '--github'], 'leave one out'],
    [
      'a report that cannot be written',
      ['check', folder, '--runs', '1', '--junit', join(folder, FILE, 'x.xml')],
      'cannot write',
    ],
  ])('takes %s for bad input', async (_what, words, message) => {
    const { code, out, err } = await locksim(words)
    expect(code).toBe(2)
    expect(out + err).toContain(message)
    expect(err).not.toContain('    at ')
  })

  it('interrupted, ends with 130 and writes nothing', async () => {
    const { code, err } = await locksim(['check', folder, '--workers', '1', '--update'], {
      interrupt: () => AbortSignal.abort(),
    })
    expect(code).toBe(130)
    expect(err).toContain('interrupted')
    expect(existsSync(join(folder, 'verdicts.json'))).toBe(false)
  })
})

describe('check, for machines', () => {
  it('prints one JSON value', async () => {
    const { code, out } = await check('--json')
    expect(code).toBe(1)
    const value = JSON.parse(out) as Record<string, unknown>
    expect(value).toMatchObject({
      folder,
      exitCode: 1,
      locks: [
        {
          algorithm: 'redis-set-px',
          seed: 0,
          runs: 5,
          parameters: {},
          counterexamples: [
            {
              file: join(folder, FILE),
              promise: 'exclusion/effect',
              outcome: 'still broken',
              identical: true,
            },
          ],
          differences: [
            {
              kind: 'broken',
              promise: 'exclusion/effect',
              file: join(folder, FILE),
              counterexample: { hash: counterexample.hash },
            },
          ],
        },
      ],
      changes: [],
    })
  })

  it('annotates for GitHub: one line a difference, with nothing in it that GitHub would obey', async () => {
    const { out } = await check('--github')
    const lines = out.split('\n').filter((line) => line.startsWith('::'))
    expect(lines).toHaveLength(1)
    const [, file, line, title, message] =
      /^::error file=([^,]+),line=(\d+),title=([^,:]+)::(.*)$/.exec(lines[0] ?? '') ?? []
    const path = join(folder, FILE)
    expect(join(cwd(), file ?? '')).toBe(path)
    expect(readFileSync(path, 'utf8').split('\n')[Number(line) - 1]).toContain('"promise"')
    expect(title).toBe('redis-set-px%3A exclusion/effect (broken)')
    expect(message).toMatch(/^exclusion\/effect should hold: still broken, by the same run%0A/)
    expect(message).toContain('100%25 <b>')
    expect(message).toContain('%0A  client-1 granted%0A')
  })

  it('writes JUnit XML that parses, whatever is said in it', async () => {
    await check('--junit', report('junit.xml'))
    const text = readFileSync(report('junit.xml'), 'utf8')
    expect(XMLValidator.validate(text)).toBe(true)
    const { testsuites } = new XMLParser({ ignoreAttributes: false }).parse(text) as {
      testsuites: {
        testsuite: { testcase: Record<string, unknown>[] } & Record<string, string>
      } & Record<string, string>
    }
    expect(testsuites['@_failures']).toBe('1')
    expect(testsuites.testsuite['@_name']).toBe('redis-set-px')
    const failed = asArray(testsuites.testsuite.testcase).filter((one) => 'failure' in one)
    expect(failed).toHaveLength(1)
    expect(failed[0]).toMatchObject({
      '@_classname': 'redis-set-px',
      failure: {
        '@_type': 'broken',
        '@_message': 'exclusion/effect should hold: still broken, by the same run',
        '#text': expect.stringContaining('client-1 granted') as string,
      },
    })
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\uFFFE]/)
  })

  it('writes SARIF 2.1.0 with a rule for each result, a place for each, and no markup of SARIF’s own', async () => {
    await check('--sarif', report('check.sarif'))
    const log = JSON.parse(readFileSync(report('check.sarif'), 'utf8')) as Log
    expect(log.version).toBe('2.1.0')
    expect(log.$schema).toMatch(/sarif-2\.1\.0/)
    const [run] = log.runs
    expect(run?.tool.driver).toMatchObject({
      name: 'locksim',
      version: expect.any(String) as string,
    })
    expect(run?.results).toHaveLength(1)
    for (const { ruleId, ruleIndex, level, message, locations } of run?.results ?? []) {
      expect(run?.tool.driver.rules?.[ruleIndex ?? -1]?.id).toBe(ruleId)
      expect(level).toBe('error')
      expect(message.text).toContain('exclusion/effect should hold')
      expect(message.text).toContain('{{0}} \\[a\\](b)')
      const place = locations?.[0]?.physicalLocation
      expect(decodeURIComponent(join(cwd(), place?.artifactLocation?.uri ?? ''))).toBe(
        join(folder, FILE),
      )
      expect(place?.region?.startLine).toBeGreaterThan(0)
    }
  })

  it('writes empty reports where everything is as recorded', async () => {
    const own = join(root, 'calm')
    writeCounterexample(own, counterexample)
    const line = ['check', own, '--workers', '1', '--runs', '5']
    await locksim([...line, '--update'])
    const { code, out } = await locksim([
      ...line,
      '--github',
      '--junit',
      report('calm.xml'),
      '--sarif',
      report('calm.sarif'),
    ])
    expect(code).toBe(0)
    expect(out).not.toContain('::error')
    expect(readFileSync(report('calm.xml'), 'utf8')).toContain('failures="0"')
    const { runs } = JSON.parse(readFileSync(report('calm.sarif'), 'utf8')) as Log
    expect(runs[0]?.results).toEqual([])
  })

  it('locates a promise that no file is about in what is recorded of it', async () => {
    const own = join(root, 'recorded')
    writeCounterexample(own, counterexample)
    await locksim([
      'check',
      own,
      '--workers',
      '1',
      '--runs',
      '5',
      '--update',
      '--only',
      'no-lock',
      '--only',
      'redis-set-px',
    ])
    const path = join(own, 'verdicts.json')
    const text = readFileSync(path, 'utf8')
    const at = text.indexOf('"exclusion/service": "held"', text.indexOf('"redis-set-px"'))
    writeFileSync(path, `${text.slice(0, at)}${text.slice(at).replace('"held"', '"violated"')}`)
    const { out } = await locksim(['check', own, '--workers', '1', '--github'])
    const [, line] = /^::error file=[^,]+verdicts\.json,line=(\d+),/m.exec(out) ?? []
    expect(line).toBe(String(text.slice(0, at).split('\n').length))
  })
})
