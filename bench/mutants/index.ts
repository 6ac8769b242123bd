/** Mutants: breaks locks and services one line at a time, and prints which promise finds each out. */

import { kill } from './kill.ts'
import type { Killing } from './kill.ts'
import { mutants } from './list.ts'

const MARKS = { killed: '✓', equivalent: '≡', survived: '✗', unfit: '!' } as const

const line = ({ mutant, outcome, how }: Killing): string =>
  `${MARKS[outcome]} ${mutant.file.replace(/\.ts$/, '')}: ${mutant.fault}\n    ${outcome}: ${how}`

const main = async (wanted: readonly string[]): Promise<number> => {
  const chosen = mutants.filter(
    ({ file, fault }) =>
      wanted.length === 0 || wanted.some((word) => `${file} ${fault}`.includes(word)),
  )
  const counts = { killed: 0, equivalent: 0, survived: 0, unfit: 0 }
  for (const mutant of chosen) {
    const killing = await kill(mutant)
    counts[killing.outcome]++
    console.log(line(killing))
  }
  console.log(
    `${chosen.length} mutants: ${counts.killed} killed, ${counts.equivalent} equivalent, ${counts.survived} survived, ${counts.unfit} do not fit the source`,
  )
  return counts.survived + counts.unfit === 0 && chosen.length > 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
