/** The commands about many runs: matrix and describe; and runs by class of faults and by published sequence. */

import { describe, expect, it } from 'vitest'
import { faultClasses, parsePlan, run } from '#runs'
import { COLUMNS_MIN } from './io.ts'
import type { Io } from './io.ts'
import { locksim } from './on-a-page.ts'

interface Cell {
  readonly promise: string
  readonly fault: string
  readonly verdict: string
  readonly plan: { readonly seed: number } | null
}

const widest = (text: string): number => Math.max(...text.split('\n').map((line) => line.length))

describe('locksim matrix', () => {
  it('has a line for each lock and a column for each class, on a page of 80 columns or 60', async () => {
    const line = 'matrix redis-setnx-getset-published redis-set-px --seeds 3 --workers 1'
    for (const columns of [80, COLUMNS_MIN]) {
      const { code, out } = await locksim(line, { columns })
      expect(code).toBe(1)
      expect(widest(out)).toBeLessThanOrEqual(columns)
      expect(out.endsWith('\n')).toBe(true)
      for (const { name, code: letters } of faultClasses) {
        expect(out.replace(/\s+/g, ' ')).toContain(`${letters} ${name}`)
      }
      expect(out).toContain('redis-set-px')
    }
  })

  it('tells one lock promise by promise, with a line that repeats the smallest run of each class', async () => {
    const { code, out } = await locksim(
      'matrix redis-set-px --seeds 40 --under client-pause --under none --workers 1',
    )
    expect(code).toBe(1)
    expect(out).toMatch(/^exclusion\/effect +✓ +✗|^exclusion\/effect +✗ +✓/m)
    const repeat = /npx locksim (run redis-set-px --under client-pause --seed \d+)/.exec(out)?.[1]
    expect((await locksim(repeat ?? '')).out).toContain('✗ redis-set-px broke exclusion/effect')
  })

  it('gives every cell to machines, a violated one with its plan', async () => {
    const { out } = await locksim(
      'matrix redis-set-px --seeds 40 --under client-pause --workers 1 --json',
    )
    const { cells } = JSON.parse(out) as { cells: readonly Cell[] }
    const found = cells.find(({ promise }) => promise === 'exclusion/effect')
    expect(found).toMatchObject({ fault: 'client-pause', verdict: 'violated' })
    expect(found?.plan?.seed).toBeTypeOf('number')
    expect(cells.find(({ promise }) => promise === 'ownership')).toMatchObject({
      verdict: 'held',
      plan: null,
    })
  })

  it('gives plans that hold the parameters that were asked for', async () => {
    const words = 'matrix redis-set-px --set ttlMs=500 --under client-pause --seeds 40 --workers 1'
    const { cells } = JSON.parse((await locksim(`${words} --json`)).out) as {
      cells: readonly (Cell & { readonly hash: string | null })[]
    }
    const found = cells.find(({ promise }) => promise === 'exclusion/effect')
    expect(run(parsePlan(found?.plan)).hash).toBe(found?.hash)
    expect((await locksim(`${words} --format markdown`)).out).toContain('--set ttlMs=500')
  })

  it('changes what the store checks, and says so in the line that repeats', async () => {
    const words = 'matrix zk-sequential --seeds 20 --under client-pause --workers 1'
    expect((await locksim(words)).out).toMatch(/^exclusion\/effect +✗/m)
    const { out } = await locksim(`${words} --fencing all`)
    expect(out).toMatch(/^exclusion\/effect +✓/m)
    expect(out).toContain('--fencing all')
  })

  it('is a page of Markdown if asked', async () => {
    const { out } = await locksim(
      'matrix redis-set-px --seeds 5 --under none --workers 1 --format markdown',
    )
    expect(out).toMatch(/^# /)
    expect(out).toContain('| [redis-set-px](#redis-set-px) | ✓ |')
  })

  it.each([
    ['matrix redlok', 'there is no lock "redlok" (did you mean redlock?)'],
    ['matrix redlock --under client-pauze', '(did you mean client-pause?)'],
    ['matrix redlock --seeds 0', "'--seeds <n>'"],
    ['matrix redlock --set ttlMs=x', 'parameter ttlMs of redlock'],
    ['matrix --set ttlMs=1', '--set is about one lock: name it'],
    ['matrix redlock --format xml', 'expected one of text, markdown, json'],
  ])('%s: says what is wrong', async (line, said) => {
    const { code, err, out } = await locksim(`${line} --workers 1`)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(said)
    expect(err).not.toContain('    at ')
  })
})

/** A terminal on which somebody presses Ctrl-C as soon as it shows this. */
const interruptedAt = (sign: RegExp): Partial<Io> => {
  const controller = new AbortController()
  let shown = ''
  const show = (text: string): void => {
    shown += text
    if (sign.test(shown)) controller.abort()
  }
  return { isTTY: true, interrupt: () => controller.signal, out: show, err: show }
}

describe('Ctrl-C', () => {
  const line =
    'matrix redis-set-px --seeds 500 --under none --under client-pause --under failover --workers 1'

  const interrupted = async (words: string, sign: RegExp) => {
    const page = interruptedAt(sign)
    let out = ''
    let err = ''
    const { code } = await locksim(words, {
      ...page,
      out: (text) => (page.out?.(text), void (out += text)),
      err: (text) => (page.err?.(text), void (err += text)),
    })
    return { code, out, err }
  }

  it('does not lose what a matrix has found', async () => {
    const { code, out, err } = await interrupted(line, /50 %/)
    expect(code).toBe(130)
    expect(err).toContain('interrupted after 50 % of the runs')
    expect(out).toMatch(/up to 500 runs for each class/)
    expect(out).toMatch(/client-pause: exclusion\/effect, \d+ of 250 runs/)
    expect(out).not.toContain('failover')
  })

  it('leaves whole JSON, and whole Markdown', async () => {
    const json = await interrupted(`${line} --json`, /50 %/)
    const { cells } = JSON.parse(json.out) as { cells: readonly (Cell & { runs: number })[] }
    expect(new Map(cells.map(({ fault, runs }) => [fault, runs]))).toEqual(
      new Map([
        ['none', 500],
        ['client-pause', 250],
      ]),
    )
    const markdown = await interrupted(`${line} --format markdown`, /50 %/)
    expect(markdown.out).toContain('Each cell is up to 500 runs')
    expect([json.code, markdown.code]).toEqual([130, 130])
  })

  it('leaves the legend of a table, and the locks that were run', async () => {
    const { code, out } = await interrupted(
      'matrix no-lock redis-set-px redlock --seeds 20 --under none --under client-pause --workers 1',
      /^no-lock/m,
    )
    expect(code).toBe(130)
    expect(out).toContain('never put to')
    expect(out).not.toContain('redlock')
  })

  it('leaves the page of a lock, and no page if nothing was run', async () => {
    const { code, out } = await interrupted('describe redis-set-px --seeds 20 --workers 1', /30 %/)
    expect(code).toBe(130)
    expect(out).toContain('The six wishes')
    const controller = new AbortController()
    controller.abort()
    const early = await locksim(line, { interrupt: () => controller.signal })
    expect(early).toMatchObject({ code: 130, out: '' })
  })
})

describe('locksim describe', () => {
  it('answers the six wishes, tells the shortest story, and how to repeat it', async () => {
    const { code, out } = await locksim('describe redis-set-px --seeds 40 --workers 1')
    expect(code).toBe(0)
    expect(widest(out)).toBeLessThanOrEqual(80)
    for (const wish of ['one at a time', 'reentrant', 'blocking', 'fair', 'available', 'fast']) {
      expect(out).toContain(wish)
    }
    expect(out).toContain('1 request in 1 round trip')
    const repeat = /^again: npx locksim (run .*)$/m.exec(out)?.[1]
    expect((await locksim(repeat ?? '')).code).toBe(1)
  })

  it('has the same for machines', async () => {
    const { out } = await locksim('describe zk-sequential --seeds 5 --workers 1 --json')
    const value = JSON.parse(out) as {
      wishes: readonly { wish: string; answer: string }[]
      costs: { takeOverMs: number }
    }
    expect(value.wishes.find(({ wish }) => wish === 'fair')?.answer).toBe('yes')
    expect(value.costs.takeOverMs).toBeGreaterThan(0)
  })

  it('describes a commit protocol by its own promises', async () => {
    const { code, out } = await locksim('describe two-phase-commit --seeds 5 --workers 1')
    expect(code).toBe(0)
    expect(out).toContain('agreement *')
    expect(out).not.toContain('reentrant')
  })
})

describe('locksim run --under', () => {
  it('draws one class of faults and no other', async () => {
    const { out } = await locksim('run redis-set-px --under client-pause --seed 5 --json')
    const { plan } = JSON.parse(out) as { plan: { faults: readonly { kind: string }[] } }
    expect(plan.faults.map(({ kind }) => kind)).toEqual(['pause'])
  })

  it('says why a class cannot strike a lock', async () => {
    const { code, out } = await locksim('run redlock --under failover')
    expect(code).toBe(4)
    expect(out).toContain('redlock has no part in failover: its servers are independent')
  })
})

describe('locksim run --sequence', () => {
  it('tells a published sequence of the lock that it is about, and its repair', async () => {
    const told = await locksim('run --sequence B1.2')
    expect(told.code).toBe(1)
    expect(told.out).toMatch(/^redis-set-px/)
    expect(told.out).toContain('again: npx locksim run redis-set-px --sequence B1.2')
    const { code, out } = await locksim('run --sequence a9.1/repaired')
    expect(code).not.toBe(2)
    expect(out).toContain('--sequence')
  })

  it.each([
    ['run --sequence B99.1', 'there is no sequence "B99.1"'],
    ['run --sequence A16.Z7', 'A16.Z7 has no run: '],
    ['run --sequence B1.2 --scenario calm', 'give one of --plan, --scenario'],
    ['run redlock --sequence B1.2', 'the sequence B1.2 is about redis-set-px'],
  ])('%s: says what is wrong', async (line, said) => {
    const { code, err } = await locksim(line)
    expect(code).toBe(2)
    expect(err).toContain(said)
  })
})
