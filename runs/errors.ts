/** Errors that are the user's to mend: bad plans, names, files. Exit code 2, one message, no stack trace. */

/** Something that was asked for makes no sense. The message says what was found and what would be right. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

/** The nearest of the known names, as a hint: ` (did you mean redlock?)`, or nothing. */
export const didYouMean = (name: string, known: readonly string[]): string => {
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const distance = editDistance(name, candidate)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best === undefined ? '' : ` (did you mean ${best}?)`
}

const editDistance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let line = 1; line <= one.length; line++) {
    const next = [line]
    for (let column = 1; column <= other.length; column++) {
      const same = one[line - 1] === other[column - 1] ? 0 : 1
      next.push(
        Math.min(
          (row[column] as number) + 1,
          (next[column - 1] as number) + 1,
          (row[column - 1] as number) + same,
        ),
      )
    }
    row = next
  }
  return row[other.length] as number
}
