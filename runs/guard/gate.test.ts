/** Tasks are together unless one is alone; who is alone waits for the others, and they for it. */

import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { openGate } from './gate.ts'

describe('a gate', () => {
  it('lets tasks in side by side, and one alone', async () => {
    const gate = openGate()
    const log: string[] = []
    const task = (name: string) => async () => {
      log.push(`${name}(`)
      await setImmediate()
      await setImmediate()
      log.push(`)${name}`)
      return name
    }
    const names = await Promise.all([
      gate.together(task('a')),
      gate.together(task('b')),
      gate.alone(task('X')),
      gate.together(task('c')),
      gate.alone(task('Y')),
      gate.together(task('d')),
    ])
    expect(names).toEqual(['a', 'b', 'X', 'c', 'Y', 'd'])
    expect(log.slice(0, 8).join(' ')).toBe('a( b( )a )b X( )X Y( )Y')
    expect(log.slice(8, 10).toSorted()).toEqual(['c(', 'd('])
  })

  it('opens again after a task that failed', async () => {
    const gate = openGate()
    const fails = async (): Promise<never> => {
      throw new Error('boom')
    }
    const results = await Promise.allSettled([
      gate.together(fails),
      gate.alone(fails),
      gate.together(async () => 1),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })
})
