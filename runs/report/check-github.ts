/** What a check came to as annotations of GitHub Actions: workflow commands, one a line. */

import type { CheckResult } from '../keep/check.ts'
import { differenceText, placed } from './check-place.ts'

// As GitHub's own toolkit escapes them: a message may not end its line, nor a property its value.
const escaped = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapedProperty = (text: string): string =>
  escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C')

/** An `::error` for each difference. */
export const checkGithub = (result: CheckResult): string =>
  placed(result)
    .map(({ lock, difference, place: { file, line } }) => {
      const title = `${lock.algorithm}: ${difference.promise ?? 'its own code'} (${difference.kind})`
      const properties = [
        `file=${escapedProperty(file)}`,
        `line=${line}`,
        `title=${escapedProperty(title)}`,
      ]
      return `::error ${properties.join(',')}::${escaped(differenceText(difference))}\n`
    })
    .join('')
