/** `new`: a lock of one's own with its test, ready to run. */

import { defineCommand } from '../command.ts'

/** The command. */
export const newLock = defineCommand<{
  readonly dir?: string
  readonly js?: boolean
  readonly json?: boolean
}>({
  name: 'new',
  summary: 'Writes a new lock with its test, ready to run and to be changed.',
  example: 'npx locksim new my-lock\nnpx locksim run ./my-lock.ts --scenario gc-pause',
  declare(command) {
    command
      .argument('<name>', 'what the lock is to be called, e.g. my-lock')
      .option('--dir <folder>', 'where to write it (default: the current folder)')
      .option('--js', 'JavaScript instead of TypeScript')
      .option('--json', 'one JSON value')
      .addHelpText('after', '\nTwo files are written, and none is ever overwritten.')
  },
  async run([name = ''], { dir, js, json }, io) {
    const { createLock } = await import('#runs')
    const created = createLock({ name, folder: dir ?? '.', javascript: js === true })
    if (json === true) {
      io.out(`${JSON.stringify(created, null, 2)}\n`)
      return 0
    }
    const { writePage } = await import('../paint.ts')
    const [lock = '', test = ''] = created.files
    const lines = [
      `${lock}  the lock: a lease on one Redis key, to be changed`,
      `${test}  its test`,
      '',
      'next:',
      ...created.next.map((command) => `  ${command}`),
    ]
    writePage(lines.map((line) => `${line}\n`).join(''), io)
    return 0
  },
})
