/** What a schema has to say about a document of unknown origin, in words for whoever wrote it. */

import * as v from 'valibot'

/** The field at fault, what was found there and what would be right. `whole` is what the document is called. */
export const explainIssue = (issue: v.BaseIssue<unknown>, whole: string): string => {
  const where = v.getDotPath(issue) ?? whole
  if (issue.kind === 'schema' && issue.type === 'strict_object' && issue.expected === 'never') {
    return `${where}: there is no such field`
  }
  // Objects are the only values for which the schemas leave the words to the library.
  const ownWords = !issue.message.startsWith('Invalid ')
  if (issue.received === 'undefined') {
    return `${where}: is missing${ownWords ? `; expected ${issue.message}` : ''}`
  }
  return `${where}: found ${describeValue(issue.input)}, expected ${ownWords ? issue.message : 'an object'}`
}

/** A value of unknown origin in a few words. */
export const describeValue = (value: unknown): string => {
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value))
    return value.length === 0 ? 'an empty list' : `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) {
    return shorten(`an object with the fields ${Object.keys(value).join(', ') || '(none)'}`)
  }
  return shorten(typeof value === 'string' ? JSON.stringify(value) : String(value))
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}…` : text)
