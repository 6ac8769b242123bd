/** Which locksim this is, as its package.json says. */

import { createRequire } from 'node:module'

const { version } = createRequire(import.meta.url)('locksim/package.json') as {
  readonly version: string
}

/** The version of this locksim. */
export const VERSION: string = version
