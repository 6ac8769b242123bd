/** What a new lock is called: on the command line, in its files, and in the code. */

import { algorithms } from '#algorithms'
import { InputError } from '../errors.ts'
import { isAlgorithmName, NAME_EXPECTED } from '../modules/shape.ts'

/** The names of a new lock. */
export interface Names {
  /** As reports show it, and as its files are called. */
  readonly name: string
  /** As its code calls it. It ends in `Lock`, as no word of the language does. */
  readonly variable: string
}

const variableOf = (name: string): string => {
  const camel = name
    .split(/[._-]+/)
    .filter((part) => part !== '')
    .map((part, index) =>
      index === 0
        ? part.charAt(0).toLowerCase() + part.slice(1)
        : part.charAt(0).toUpperCase() + part.slice(1),
    )
    .join('')
  const named = /lock$/i.test(camel) ? camel : `${camel}Lock`
  return /^\d/.test(named) ? `lock${named}` : named
}

/**
 * The names of a new lock that is to be called so.
 *
 * @throws InputError for what cannot be a name, or is another's
 */
export const namesOf = (name: string): Names => {
  const extension = /\.[cm]?[jt]sx?$/i.exec(name)?.[0]
  if (extension !== undefined) {
    throw new InputError(
      `the name of the lock: found "${name}", expected it without ${extension}: ${name.slice(0, -extension.length)}`,
    )
  }
  if (!isAlgorithmName(name)) {
    throw new InputError(
      `the name of the lock: found "${name}", expected ${NAME_EXPECTED}; --dir says where it is to be`,
    )
  }
  if (algorithms.some((algorithm) => algorithm.name === name)) {
    throw new InputError(`"${name}" is the name of a lock of locksim; give yours a name of its own`)
  }
  return { name, variable: variableOf(name) }
}
