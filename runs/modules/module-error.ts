/** What went wrong while a module was loaded, in one message that names the file. */

import { isNativeError } from 'node:util/types'
import { InputError } from '../errors.ts'

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** `file:3:22`, from the words of the parser. */
const PARSE = /ParseError:\s*(.*?)\s+(\S+):(\d+):(\d+)\s*$/s
const NOT_FOUND =
  /Cannot find (?:module|package) '([^']+)'(?:.*?(?:Require stack:\s*- |imported from )(\S+))?/s

/** Where in the module it was thrown, as its stack says. */
const placeIn = (file: string, stack: string | undefined): string => {
  const position = stack?.indexOf(`${file}:`) ?? -1
  const [, line] = /^:(\d+)/.exec(stack?.slice(position + file.length) ?? '') ?? []
  return position < 0 || line === undefined ? '' : `, line ${line}`
}

/** An error of the user's: `path` is what was asked for, `file` the same as an absolute path. */
export const moduleError = (path: string, file: string, error: unknown): InputError => {
  if (error instanceof InputError) return error
  // Whatever a module throws, be it no error at all.
  const { message, stack } = isNativeError(error)
    ? error
    : { message: String(error), stack: undefined }
  const parsed = PARSE.exec(message)
  if (parsed !== null) {
    const [, said = '', where = '', line, column] = parsed
    const place = where === file ? path : where
    return new InputError(
      `${place}, line ${line}, column ${column}: ${oneLine(said).replace(/\.$/, '')}`,
    )
  }
  const missing = NOT_FOUND.exec(message)
  if (missing !== null) {
    const [, name = '', from] = missing
    const importer = from === undefined || from === file ? path : from
    const remedy = /^[./]|^[a-z]:/i.test(name) ? '' : `; \`npm install ${name}\` may be missing`
    return new InputError(`${importer}: cannot find "${name}", which it imports${remedy}`)
  }
  return new InputError(
    `${path}${placeIn(file, stack)}: an error while it was loaded: ${oneLine(message)}`,
  )
}
