/** Text files of unknown origin: written whole, read line by line, and parsed without trust. */

import { closeSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { isNativeError } from 'node:util/types'
import { InputError } from './errors.ts'

/** How much is read or written at once. */
export const CHUNK_CHARACTERS = 1 << 16
const LINE_CHARACTERS_MAX = 1 << 24
const DEPTH_MAX = 100

const MEANINGS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of the path is not a folder',
  EEXIST: 'a file of that name is in the way',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EPIPE: 'nobody reads the pipe any more',
}

/** What the operating system said, in words, as an error of the user's. */
export const fileError = (doing: string, path: string, error: unknown): InputError => {
  const code = isNativeError(error) ? (error as NodeJS.ErrnoException).code : undefined
  const why = (code === undefined ? undefined : MEANINGS[code]) ?? code ?? String(error)
  return new InputError(`cannot ${doing} ${path}: ${why}`)
}

/**
 * Makes a folder and those that it is in. Node's own recursive way goes round for ever where the file system will have
 * no folders at all, as below /proc.
 */
export const makeFolder = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
  if (dirname(path) !== path) makeFolder(dirname(path))
  mkdirSync(path)
}

/** Writes all of a text, also where the other end is slow (a pipe that does not block). */
export const writeAll = (file: number, text: string): void => {
  let bytes = Buffer.from(text)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(file, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

/** The lines of a file, one after the other, whatever its size. */
export function* linesOf(path: string): Generator<string, void, void> {
  const attempt = <Result>(act: () => Result): Result => {
    try {
      return act()
    } catch (error) {
      throw fileError('read', path, error)
    }
  }
  const file = attempt(() => openSync(path, 'r'))
  try {
    const decoder = new StringDecoder('utf8')
    const chunk = Buffer.alloc(CHUNK_CHARACTERS)
    let rest = ''
    let number = 0
    for (;;) {
      const length = attempt(() => readSync(file, chunk))
      if (length === 0) break
      const parts = (rest + decoder.write(chunk.subarray(0, length))).split('\n')
      rest = parts.pop() as string
      for (const part of parts) {
        number++
        yield part
      }
      if (rest.length > LINE_CHARACTERS_MAX) {
        throw new InputError(
          `${path}: line ${number + 1} is longer than ${LINE_CHARACTERS_MAX} characters`,
        )
      }
    }
    rest += decoder.end()
    if (rest !== '') yield rest
  } finally {
    closeSync(file)
  }
}

/** Whether brackets nest so deep that walking the value could exhaust the stack. */
const nestsTooDeep = (text: string): boolean => {
  let depth = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (quoted) {
      if (character === 0x5c) index++
      else if (character === 0x22) quoted = false
    } else if (character === 0x22) quoted = true
    else if (character === 0x7b || character === 0x5b) {
      if (++depth > DEPTH_MAX) return true
    } else if (character === 0x7d || character === 0x5d) depth--
  }
  return false
}

/**
 * Reads one JSON value of unknown origin.
 *
 * @throws InputError that begins with `where`
 */
export const parseJson = (text: string, where: string): unknown => {
  if (nestsTooDeep(text)) throw new InputError(`${where}: nests deeper than ${DEPTH_MAX} levels`)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    // It quotes the text, line breaks and all.
    const said = (error as Error).message.replace(/\s+/g, ' ').slice(0, 120)
    throw new InputError(`${where}: not JSON (${said})`)
  }
}
