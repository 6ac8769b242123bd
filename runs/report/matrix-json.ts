/** The matrix as one JSON value, and what it comes to as an exit code. */

import { cellsOf } from '../matrix/cells.ts'
import { drawClassPlan } from '../draw.ts'
import type { ClassOverrides } from '../draw.ts'
import type { MatrixRow } from '../matrix/matrix.ts'
import { EXIT, worstOf } from '../outcome.ts'
import type { ExitCode } from '../outcome.ts'

/** Every cell; a violated one with the smallest plan that breaks the promise. */
export const matrixJson = (rows: readonly MatrixRow[], overrides: ClassOverrides = {}) => ({
  cells: rows.flatMap((row) => {
    const classes = new Map(row.campaigns.map(({ fault }) => [fault.name, fault]))
    return cellsOf(row).map(({ example, fault, ...cell }) => {
      const faultClass = classes.get(fault)
      const plan =
        example === undefined || faultClass === undefined
          ? null
          : drawClassPlan(row.algorithm, faultClass, example.seed, overrides)
      return { ...cell, fault, hash: example?.hash ?? null, plan }
    })
  }),
})

/**
 * 1 if a promise that decides was broken, 4 if none was put to the test. Of many locks, those that are
 * wrong on purpose say nothing about the others.
 */
export const matrixExitCode = (rows: readonly MatrixRow[], everyLock: boolean): ExitCode =>
  worstOf(
    rows
      .filter(({ algorithm }) => !everyLock || algorithm.canary !== true)
      .map((row) => {
        const deciding = cellsOf(row).filter((cell) => cell.decides)
        if (deciding.some(({ verdict }) => verdict === 'violated')) return EXIT.broken
        if (row.campaigns.some(({ result }) => (result?.errors ?? 0) > 0)) return EXIT.input
        return deciding.some(({ verdict }) => verdict === 'held') ? EXIT.held : EXIT.inconclusive
      }),
  )
