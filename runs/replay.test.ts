import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { algorithms } from '#algorithms'
import { drawPlan } from './draw.ts'
import { judgeTrace } from './judge-trace.ts'
import type { Plan } from './plan.ts'
import { replay } from './replay.ts'
import { run } from './run.ts'
import { endOf, openTrace, readTrace } from './trace-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'locksim-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const recorded = (plan: Plan, path: string) => {
  const writer = openTrace(path, plan)
  const result = run(plan, { record: writer.event })
  writer.end(result)
  return result
}

describe.each(algorithms.map((algorithm) => [algorithm.name, algorithm] as const))(
  'a trace of %s',
  (name, algorithm) => {
    it.each([1, 2, 3, 4, 5, 6])(
      'replays without a difference and judges as the run did (seed %i)',
      (seed) => {
        const path = join(folder, `${name}-${seed}.jsonl`)
        const result = recorded(drawPlan(algorithm, seed), path)
        expect(replay(path).difference).toBeUndefined()

        const trace = readTrace(path)
        expect(trace.end).toEqual(endOf(result))
        const judged = judgeTrace(trace)
        expect(judged.landed).toEqual(result.landed)
        expect(judged.measures).toEqual(result.measures)
        expect(judged.verdicts).toEqual(result.verdicts)
      },
    )
  },
)
