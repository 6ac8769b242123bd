/** The registry of reports: what a run, a trace or a table of runs can be shown as. */

export * from './catalogue-list.ts'
export * from './describe.ts'
export * from './events.ts'
export * from './matrix-json.ts'
export * from './matrix-markdown.ts'
export * from './matrix-text.ts'
export * from './repeat.ts'
export * from './run-json.ts'
export * from './run-report.ts'
export * from './shrink-report.ts'
export * from './style.ts'
export * from './table.ts'
