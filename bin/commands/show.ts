/** `show`: a saved trace, told again without running anything. */

import { defineCommand } from '../command.ts'

const FORMATS = ['story', 'events', 'json'] as const

/** The command. */
export const show = defineCommand<{ readonly format: string; readonly json?: boolean }>({
  name: 'show',
  summary: 'Shows a saved trace: the story of the run, or every event of it.',
  example: 'npx locksim show trace.jsonl\nnpx locksim show trace.jsonl --format events | less',
  declare(command) {
    command
      .argument('<trace>', 'a file that `run --trace` wrote')
      .option('--format <format>', `one of ${FORMATS.join(', ')}`, 'story')
      .option('--json', 'the same as --format json')
  },
  async run([path = ''], { format, json }, io) {
    const {
      algorithmNamed,
      commandLine,
      eventList,
      judgeTrace,
      loadWarily,
      oneOfWords,
      readTrace,
      runJson,
      runReport,
    } = await import('#runs')
    const { styleOf, writePage } = await import('../paint.ts')
    const wanted = json === true ? 'json' : oneOfWords('--format', format, FORMATS)
    const trace = readTrace(path)
    const { plan, events, end } = trace
    await loadWarily([plan.algorithm])
    const judged = { ...end, ...judgeTrace(trace), plan }
    switch (wanted) {
      case 'events':
        writePage(eventList(events, styleOf(io)), io)
        return 0
      case 'json':
        io.out(`${JSON.stringify({ ...runJson(judged), trace: events }, null, 2)}\n`)
        return 0
      default:
        writePage(
          runReport(
            {
              ...judged,
              algorithm: algorithmNamed(plan.algorithm),
              events,
              repeat: commandLine(['replay', path]),
            },
            styleOf(io),
          ),
          io,
        )
        return 0
    }
  },
})
