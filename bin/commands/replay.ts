/** `replay`: runs a plan file or a saved trace again; a trace must come out the same to the last byte. */

import type { TraceEvent } from '#runs'
import { defineCommand } from '../command.ts'

/** The command. */
export const replay = defineCommand<{ readonly json?: boolean }>({
  name: 'replay',
  summary:
    'Runs a plan file or a saved trace again. A trace must come out the same, event by event.',
  example: 'npx locksim replay plan.json\nnpx locksim replay trace.jsonl',
  declare(command) {
    command
      .argument('<file>', 'a plan (JSON) or a trace (JSON Lines)')
      .option('--json', 'one JSON value')
      .addHelpText(
        'after',
        '\nA trace that differs from the run of its own plan is bad input: exit code 2.',
      )
  },
  async run([path = ''], { json }, io) {
    const {
      commandLine,
      differenceError,
      loadWarily,
      replay: replayFile,
      planOf,
    } = await import('#runs')
    const { rehearsed, report } = await import('../one-run.ts')
    const { withPlan } = await import('../failure.ts')
    const events: TraceEvent[] = []
    const plan = planOf(path)
    await loadWarily([plan.algorithm])
    await rehearsed(plan)
    const { result, difference } = withPlan(plan, () =>
      replayFile(path, { record: (event) => events.push(event) }),
    )
    if (difference !== undefined) throw differenceError(path, difference)
    const repeat = commandLine(['replay', path])
    return report(result, events, { json: json === true, format: 'story', repeat }, io)
  },
})
