/** What a check came to as JUnit XML: a suite for each lock, a case for each counterexample and each promise. */

import type { Builder } from 'junit-report-builder'
import type { CheckResult } from '../keep/check.ts'
import type { LockCheck } from '../keep/check-lock.ts'
import type { CheckDifference } from '../keep/differences.ts'
import { differenceText } from './check-place.ts'
import { printable } from './style.ts'

/** What Node imports: the builder itself, where its declarations say that there is one more `default` in between. */
interface Module {
  readonly default: Builder
}

interface Case {
  readonly name: string
  readonly file: string | undefined
  readonly failures: readonly CheckDifference[]
}

const casesOf = ({ files, verdicts, differences }: LockCheck): readonly Case[] => [
  ...files.map(({ path, counterexample: { promise } }) => ({
    name: `${promise}: ${path}`,
    file: path,
    failures: differences.filter(({ file }) => file === path),
  })),
  ...Object.keys(verdicts).map((promise) => ({
    name: `${promise} in fresh runs`,
    file: undefined,
    failures: differences.filter((one) => one.file === undefined && one.promise === promise),
  })),
  {
    name: 'its own code runs',
    file: undefined,
    failures: differences.filter(({ promise }) => promise === undefined),
  },
]

/** Line breaks are kept, what a terminal would obey is not. */
const harmless = (text: string): string => text.split('\n').map(printable).join('\n')

/** The document. */
export const checkJunit = async ({ locks }: CheckResult): Promise<string> => {
  // Only those who ask for it wait for it.
  const { default: junit } = (await import('junit-report-builder')) as unknown as Module
  const builder = junit.newBuilder()
  for (const lock of locks) {
    const suite = builder.testSuite().name(harmless(lock.algorithm))
    for (const { name, file, failures } of casesOf(lock)) {
      const one = suite.testCase().className(harmless(lock.algorithm)).name(harmless(name))
      if (file !== undefined) one.file(harmless(file))
      const [first] = failures
      if (first === undefined) continue
      one
        .failure(harmless(first.message), first.kind)
        .stacktrace(harmless(failures.map(differenceText).join('\n\n')))
    }
  }
  return builder.build()
}
