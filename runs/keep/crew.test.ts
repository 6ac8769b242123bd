import { describe, expect, it } from 'vitest'
import { crewOfOne, inOrder } from './crew.ts'
import type { Ended, Mishap } from '../guard/pool.ts'

const orders = {
  lanes: 3,
  mishap: (task: number, { message }: Mishap) => `${task}: ${message}`,
  signal: undefined,
  answered: () => undefined,
  progress: () => undefined,
}

describe('many tasks', () => {
  it('are told in their own order, whichever is done first', async () => {
    const told: string[] = []
    const release: (() => void)[] = []
    const run = (task: number): Promise<Ended<string>> =>
      new Promise((resolve) => {
        release.push(() => resolve({ answer: String(task) }))
        if (release.length === 3) for (const go of release.toReversed()) go()
      })
    const all = await inOrder([0, 1, 2], run, { ...orders, answered: (one) => told.push(one) })
    expect(all).toEqual(['0', '1', '2'])
    expect(told).toEqual(all)
  })

  it('go on where one takes its thread with it: its mishap stands for its answer', async () => {
    const run = async (task: number): Promise<Ended<string>> =>
      task === 1
        ? { mishap: { kind: 'stalled', beat: undefined, message: 'did not end' } }
        : { answer: String(task) }
    expect(await inOrder([0, 1, 2], run, orders)).toEqual(['0', '1: did not end', '2'])
  })

  it('have no answer where their thread was taken away by an interruption', async () => {
    const controller = new AbortController()
    const run = async (task: number): Promise<Ended<string>> => {
      if (task === 0) return { answer: '0' }
      controller.abort()
      return { mishap: { kind: 'closed', beat: undefined, message: 'was stopped' } }
    }
    const all = await inOrder([0, 1], run, { ...orders, lanes: 1, signal: controller.signal })
    expect(all).toEqual(['0'])
  })

  it('are not begun after an interruption', async () => {
    const controller = new AbortController()
    const { run } = crewOfOne(async (task: number) => {
      if (task === 1) controller.abort()
      return String(task)
    })
    const all = await inOrder([0, 1, 2, 3], run, { ...orders, lanes: 1, signal: controller.signal })
    expect(all).toEqual(['0', '1'])
  })
})
