import { InputError, LocksimBug, SimulationError } from '#runs'
import { describe, expect, it } from 'vitest'
import { failureOf, withPlan } from './failure.ts'
import { onAPage } from './on-a-page.ts'
import type { Printed } from './on-a-page.ts'

const failing = (
  error: unknown,
  words: readonly string[] = ['run', 'redlock', '--seed', '7'],
): Promise<Printed> => onAPage((io) => failureOf(error, words, io))

describe('failureOf', () => {
  it('tells bad input in one message', async () => {
    expect(await failing(new InputError('there is no lock "x"'))).toEqual({
      code: 2,
      out: '',
      err: 'locksim: there is no lock "x"\n',
    })
  })

  it('repeats the line for a lock that broke the rules of the simulation', async () => {
    const error = new SimulationError('redlock, on client-1 at 5 ms: called Date.now()')
    expect(await failing(error)).toEqual({
      code: 2,
      out: '',
      err: 'locksim: redlock, on client-1 at 5 ms: called Date.now()\nagain: npx locksim run redlock --seed 7\n',
    })
  })

  it('asks for a report of its own bugs, with the plan on one line', async () => {
    const act = () =>
      withPlan({ algorithm: 'redlock' }, () => {
        throw new LocksimBug('a case is missing')
      })
    let thrown: unknown
    try {
      act()
    } catch (error) {
      thrown = error
    }
    const { code, err } = await failing(thrown)
    expect(code).toBe(3)
    expect(err).toContain('this is a bug in locksim, please report')
    expect(err).toContain('a case is missing\nplan: {"algorithm":"redlock"}\n')
  })

  it('takes whatever nobody foresaw for a bug, and shows its stack', async () => {
    const { code, err } = await failing(new TypeError('x is undefined'))
    expect(code).toBe(3)
    expect(err).toMatch(/TypeError: x is undefined\n {4}at /)
  })

  it('quotes what a shell would take apart', async () => {
    const { err } = await failing(new SimulationError('no'), ['run', "it's", '--plan', 'a b.json'])
    expect(err).toContain(`again: npx locksim run 'it'\\''s' --plan 'a b.json'`)
  })
})
