/** `list`: everything that locksim knows by name. */

import type { CatalogueSection } from '#runs'
import { defineCommand } from '../command.ts'

const SECTIONS = ['algorithms', 'scenarios', 'faults', 'checkers', 'classes', 'sequences'] as const
/** What people call them elsewhere. */
const ALIASES: Readonly<Record<string, string>> = { locks: 'algorithms', promises: 'checkers' }

/** The command. */
export const list = defineCommand<{ readonly json?: boolean }>({
  name: 'list',
  summary: 'Lists locks, scenarios, faults, checkers, classes of faults and published sequences.',
  example: 'npx locksim list algorithms',
  declare(command) {
    command
      .argument('[section]', `one of ${SECTIONS.join(', ')}; all if left out`)
      .option('--json', 'one JSON value')
  },
  async run([word], { json }, io) {
    const { catalogue, catalogueList, oneOfWords } = await import('#runs')
    const section: CatalogueSection | undefined =
      word === undefined
        ? undefined
        : oneOfWords('the section to list', ALIASES[word] ?? word, SECTIONS)
    if (json === true) {
      const all = catalogue()
      io.out(
        `${JSON.stringify(section === undefined ? all : { [section]: all[section] }, null, 2)}\n`,
      )
      return 0
    }
    const { styleOf, writePage } = await import('../paint.ts')
    writePage(catalogueList(section, styleOf(io)), io)
    return 0
  },
})
