/** The command line as a whole: what it prints, and with which exit code it ends. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { COLUMNS_MIN } from './io.ts'
import { locksim } from './on-a-page.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const traceOfGcPause = async (name: string): Promise<string> => {
  const path = join(folder, name)
  await locksim(['run', 'redlock', '--scenario', 'gc-pause', '--seed', '42', '--trace', path])
  return path
}

const plan = { format: 'locksim-plan/1', algorithm: 'redis-set-px' }

describe('locksim run', () => {
  it('does not doubt a run because a promise that takes a run of its own was not put to the test', async () => {
    const { code, out } = await locksim('run curator-mutex --scenario calm')
    expect(out).toMatch(/\? reentrancy \*\s+vacuous/)
    expect(code).toBe(0)
  })

  it('tells the story of one lock and ends with the line that repeats it', async () => {
    const line = 'run redlock --scenario gc-pause --seed 42'
    const { code, out, err } = await locksim(line)
    expect(code).toBe(1)
    expect(err).toBe('')
    expect(out).toContain('✗ redlock broke exclusion/effect')
    expect(out.trimEnd().split('\n').at(-1)).toBe(`again: npx locksim ${line}`)
    expect((await locksim(line)).out).toBe(out)
  })

  it.each([
    ['run redlock --scenario gc-pause --seed 42', COLUMNS_MIN],
    ['run db-for-update --scenario crash-restart', COLUMNS_MIN],
    ['list', COLUMNS_MIN],
    // Where a clock differs from true time, the story shows both.
    ['run redlock --scenario client-clock-back', 70],
  ])('%s leaves no word to be broken by a terminal of %i columns', async (line, columns) => {
    const { out } = await locksim(line, { columns })
    // What is to be copied stays in one line.
    const texts = out.split('\n').filter((text) => !text.startsWith('again: '))
    expect(texts.filter((text) => text.length > columns)).toEqual([])
  })

  it('keeps to 80 columns and uses no escape where colours are off', async () => {
    const { out } = await locksim('run redlock --scenario gc-pause --seed 42')
    expect(Math.max(...out.split('\n').map((text) => text.length))).toBeLessThanOrEqual(80)
    expect(out).not.toContain('\u001B')
    const coloured = await locksim('run redlock --scenario gc-pause --seed 42', { colourLevel: 1 })
    // oxlint-disable-next-line no-control-regex
    expect(coloured.out.replace(/\u001B\[\d+m/g, '')).toBe(out)
  })

  it('writes nothing but ASCII where the terminal knows no more', async () => {
    const { out } = await locksim('run redlock --scenario gc-pause', { unicode: false })
    expect(out).toMatch(/^[\n -~]*$/)
  })

  it('repeats overrides in its last line', async () => {
    const line =
      'run redlock --scenario gc-pause --seed 3 --servers 3 --ttl 2000 --set clock=monotonic'
    const { out } = await locksim(line)
    expect(out.trimEnd().split('\n').at(-1)).toBe(`again: npx locksim ${line}`)
  })

  it('gives one JSON value with --json', async () => {
    const { code, out } = await locksim('run redlock --scenario gc-pause --seed 42 --json')
    const value = JSON.parse(out) as Record<string, unknown>
    expect(code).toBe(1)
    expect(value).toMatchObject({
      algorithm: 'redlock',
      scenario: 'gc-pause',
      seed: 42,
      exitCode: 1,
    })
    expect(value['hash']).toMatch(/^[0-9a-f]{16}$/)
    expect(value['verdicts']).toContainEqual(
      expect.objectContaining({
        promise: 'exclusion/validity',
        verdict: 'held',
        claimed: true,
        witness: null,
      }),
    )
  })

  it('runs every lock under drawn faults as a table, and as a list with --json', async () => {
    const { out } = await locksim('run --seed 7')
    expect(out).toContain('redlock')
    const list = JSON.parse((await locksim('run --seed 7 --json')).out) as { algorithm: string }[]
    for (const { algorithm } of list) expect(out).toContain(`${algorithm} `)
    expect(list.length).toBeGreaterThan(3)
  })

  it('runs one lock of the table again by the line that the table gives', async () => {
    const table = JSON.parse((await locksim('run --seed 7 --json')).out) as {
      algorithm: string
      hash: string
    }[]
    const alone = JSON.parse((await locksim('run redlock --seed 7 --json')).out) as { hash: string }
    expect(table.find(({ algorithm }) => algorithm === 'redlock')?.hash).toBe(alone.hash)
  })

  it('holds, with exit code 0, where nothing goes wrong', async () => {
    const { code, out } = await locksim('run redlock --scenario calm')
    expect(out).toContain('✓ held in this run')
    expect(code).toBe(0)
  })

  it('is inconclusive, exit code 4, when a fault never strikes', async () => {
    const path = file(
      'never.json',
      JSON.stringify({
        ...plan,
        faults: [
          {
            kind: 'pause',
            node: 'client-1',
            at: { node: 'client-1', event: 'granted', nth: 9 },
            forMs: 5,
          },
        ],
      }),
    )
    const { code, out } = await locksim(['run', '--plan', path])
    expect(code).toBe(4)
    expect(out).toContain('fault 0 (pause) never struck')
  })

  it('is inconclusive for a lock that has no part in the scenario', async () => {
    const { code, out } = await locksim('run redlock --scenario failover')
    expect(code).toBe(4)
    expect(out).toContain('redlock has no part in failover')
  })

  it('saves a plan that gives the same run', async () => {
    const path = join(folder, 'saved.json')
    const { out } = await locksim(['run', 'redlock', '--seed', '5', '--save', path, '--json'])
    expect(JSON.parse((await locksim(['run', '--plan', path, '--json'])).out)).toEqual(
      JSON.parse(out),
    )
    expect(JSON.parse((await locksim(['replay', path, '--json'])).out)).toEqual(JSON.parse(out))
  })

  it.each([
    ['run redlok', 'there is no lock "redlok" (did you mean redlock?)'],
    ['run redlock --scenario gc-puse', 'there is no scenario "gc-puse" (did you mean gc-pause?)'],
    ['run redlock --nonsense', "unknown option '--nonsense'"],
    ['run redlock --seed -1', 'Expected a whole number, 0 or more'],
    ['run redlock --seed 1.5', 'Expected a whole number, 0 or more'],
    ['run redlock --clients 0', 'Expected a whole number, 1 to 10000'],
    ['run redlock --ttl soon', 'Expected a number of ms'],
    ['run redlock --fencing some', '--fencing: found "some", expected one of off, writes, all'],
    ['run no-lock --ttl 5', 'no-lock has no time to live that could be set'],
    ['run no-lock --servers 3', 'no-lock runs on a fixed number of servers'],
    ['run redlock --set ttlms=5', 'redlock has no parameter "ttlms" (did you mean ttlMs?)'],
    [
      'run redlock --set ttlMs=soon',
      'parameter ttlMs of redlock: found "soon", expected a number of ms',
    ],
    ['run redlock --set ttlMs', 'found the setting "ttlMs", expected name=value'],
    ['run redlock no-lock --trace t', '--trace and --save are about one run'],
    ['run --plan missing.json', 'cannot read missing.json: no such file or folder'],
    ['fuzzz', "unknown command 'fuzzz'"],
  ])('refuses `%s`', async (line, message) => {
    const { code, out, err } = await locksim(line)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).toContain(message)
    expect(err).not.toContain('    at ')
  })

  it.each([
    ['not-json', '{', 'not JSON'],
    ['no-json-in-lines', 'this is\nno plan\n', 'this is no plan'],
    ['no-object', '[]', 'the plan is not valid'],
    [
      'wrong-type',
      JSON.stringify({ ...plan, clients: 'two' }),
      'clients: found "two", expected a whole number',
    ],
    [
      'negative',
      JSON.stringify({ ...plan, horizonMs: -5 }),
      'horizonMs: found -5, expected a number of ms, 0 or more',
    ],
    ['unknown-field', JSON.stringify({ ...plan, cleints: 2 }), 'there is no such field'],
    [
      'unknown-node',
      JSON.stringify({ ...plan, faults: [{ kind: 'pause', node: 'client-7', at: 0, forMs: 5 }] }),
      'faults.0: there is no node "client-7"',
    ],
    ['deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'nests deeper than 100 levels'],
  ])('refuses a plan that is %s', async (name, text, message) => {
    const { code, err } = await locksim(['run', '--plan', file(`${name}.json`, text)])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('lets no plan reach into the prototypes of the tool', async () => {
    const text =
      '{"format":"locksim-plan/1","algorithm":"no-lock","parameters":{"__proto__":{"x":1}}}'
    await locksim(['run', '--plan', file('prototype.json', text)])
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('refuses a trace file that cannot be written, before it runs', async () => {
    const { code, err } = await locksim([
      'run',
      'redlock',
      '--trace',
      join(folder, 'no', 'such', 'folder'),
    ])
    expect(code).toBe(2)
    expect(err).toContain('cannot write the trace')
    expect(err).toContain('no such file or folder')
  })

  it('says so when the disk is full', async () => {
    const { code, err } = await locksim('run redlock --scenario gc-pause --trace /dev/full')
    expect(code).toBe(2)
    expect(err).toContain('cannot write the trace /dev/full: no space is left on the device')
  })

  it('gives errors as JSON on standard output with --json', async () => {
    const { code, out } = await locksim('run redlok --json')
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ error: { exitCode: 2 } })
  })
})

describe('locksim replay', () => {
  it('gives the verdicts and the exit code of the run', async () => {
    const path = await traceOfGcPause('good.jsonl')
    const ran = await locksim('run redlock --scenario gc-pause --seed 42')
    const replayed = await locksim(['replay', path])
    expect(replayed.code).toBe(1)
    const upToLast = (text: string) => text.trimEnd().split('\n').slice(0, -1)
    expect(upToLast(replayed.out)).toEqual(upToLast(ran.out))
  })

  const lines = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n')

  it('names the first event that differs', async () => {
    const path = await traceOfGcPause('edited.jsonl')
    const changed = lines(path).map((line) =>
      line.replace(
        '"kind":"store-read","client":"client-1"',
        '"kind":"store-read","client":"client-2"',
      ),
    )
    const position = changed.findIndex((line) => line.includes('"kind":"store-read"'))
    writeFileSync(path, `${changed.join('\n')}\n`)
    const { code, err } = await locksim(['replay', path])
    expect(code).toBe(2)
    expect(err).toContain(`from line ${position + 1} on`)
    expect(err).toMatch(/the trace has .*"client":"client-2"/)
    expect(err).toMatch(/the run gives .*"client":"client-1"/)
  })

  it('notices a changed plan, a changed hash, and a missing event', async () => {
    const path = await traceOfGcPause('changed.jsonl')
    const whole = lines(path)
    const variants = [
      whole.map((line, index) => (index === 0 ? line.replace('"seed":42', '"seed":43') : line)),
      whole.map((line) => line.replace(/"hash":"[0-9a-f]+"/, '"hash":"0000000000000000"')),
      whole.filter((_, index) => index !== 5),
      whole.filter((_, index) => index !== whole.length - 2),
    ]
    for (const variant of variants) {
      writeFileSync(path, `${variant.join('\n')}\n`)
      const { code, err } = await locksim(['replay', path])
      expect(code).toBe(2)
      expect(err).toContain('gives another trace')
    }
  })

  it('takes another order of fields for the same event', async () => {
    const path = await traceOfGcPause('reordered.jsonl')
    const reversed = lines(path).map((line, index) =>
      index === 0
        ? line
        : JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line) as object).reverse())),
    )
    writeFileSync(path, `${reversed.join('\n')}\n`)
    expect((await locksim(['replay', path])).code).toBe(1)
  })
})

describe('locksim show', () => {
  it('tells the same story as the run, without running', async () => {
    const path = await traceOfGcPause('shown.jsonl')
    const ran = await locksim('run redlock --scenario gc-pause --seed 42')
    const shown = await locksim(['show', path])
    expect(shown.code).toBe(0)
    expect(shown.out.split('again:')[0]).toBe(ran.out.split('again:')[0])
  })

  it('lists every event with --format events', async () => {
    const path = await traceOfGcPause('events.jsonl')
    const { out } = await locksim(['show', path, '--format', 'events'])
    const events = readFileSync(path, 'utf8').trimEnd().split('\n').length - 2
    expect(out.trimEnd().split('\n')).toHaveLength(events)
  })

  it.each([
    [
      'of another format',
      () => '{"format":"locksim-trace/0"}\n',
      'written in the format locksim-trace/0, this locksim reads locksim-trace/1',
    ],
    ['empty', () => '', 'the file is empty'],
    ['no trace', () => 'hello\n', 'line 1: not JSON'],
    [
      'cut off',
      (good: string) => good.split('\n').slice(0, 10).join('\n'),
      'the trace is cut off: it has 9 events and no end',
    ],
    [
      'not JSON somewhere',
      (good: string) => good.replace('"kind":"granted"', '"kind":"granted'),
      ': not JSON (',
    ],
    [
      'with an unknown event',
      (good: string) => good.replace('"kind":"granted"', '"kind":"gifted"'),
      ': not an event: there is no event of kind "gifted"',
    ],
    [
      'with a field of the wrong type',
      (good: string) =>
        good.replace(/"kind":"granted","hold":"[^"]*"/, '"kind":"granted","hold":7'),
      'its "hold" should be a string',
    ],
    ['longer than its end', (good: string) => `${good}{}\n`, 'there is more after the end'],
    [
      'deep',
      (good: string) => good.replace('\n', `\n{"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}\n`),
      'line 2: nests deeper',
    ],
    [
      'with a prototype',
      (good: string) =>
        good.replace('\n', '\n{"__proto__":{"atMs":1,"node":"x","kind":"finished"}}\n'),
      'line 2: not an event',
    ],
  ])('refuses a trace that is %s', async (name, spoil, message) => {
    const path = await traceOfGcPause(`${name.replaceAll(' ', '-')}.jsonl`)
    writeFileSync(path, spoil(readFileSync(path, 'utf8')))
    const { code, out, err } = await locksim(['show', path])
    expect(err).toContain(message)
    expect(code).toBe(2)
    expect(out).toBe('')
  })

  it('lets no escape sequence of a trace through to the terminal', async () => {
    const path = await traceOfGcPause('escape.jsonl')
    const evil = readFileSync(path, 'utf8').replaceAll(
      'client-1 stands still',
      '\\u001b[2Jstands still',
    )
    writeFileSync(path, evil)
    for (const format of ['story', 'events']) {
      const { code, out } = await locksim(['show', path, '--format', format])
      expect(code).toBe(0)
      expect(out).toContain('[2Jstands still')
      expect(out).not.toContain('\u001B')
    }
  })
})

describe('locksim list', () => {
  it('has one JSON value with all sections', async () => {
    const { code, out } = await locksim('list --json')
    const value = JSON.parse(out) as Record<string, { name: string; summary: string }[]>
    expect(code).toBe(0)
    expect(Object.keys(value)).toEqual([
      'algorithms',
      'scenarios',
      'faults',
      'checkers',
      'classes',
      'sequences',
    ])
    for (const { name, summary } of Object.values(value).flat()) {
      expect(name).not.toBe('')
      expect(summary).not.toBe('')
    }
  })

  it('lists one section, and names the sections when there is no such one', async () => {
    expect((await locksim('list faults')).out).toMatch(/^faults\n {2}pause/)
    const { code, err } = await locksim('list fault')
    expect(code).toBe(2)
    expect(err).toContain(
      'found "fault" (did you mean faults?), expected one of algorithms, scenarios, faults, checkers',
    )
  })
})

describe('locksim --help', () => {
  it.each(['run', 'replay', 'show', 'shrink', 'list'])('shows an example for %s', async (name) => {
    const { code, out } = await locksim(`${name} --help`)
    expect(code).toBe(0)
    expect(out).toContain(`For example:\n  npx locksim ${name}`)
  })

  it('is told to whoever asks nothing, which is bad input', async () => {
    const { code, err } = await locksim([])
    expect(code).toBe(2)
    expect(err).toContain('Usage: locksim')
  })
})
