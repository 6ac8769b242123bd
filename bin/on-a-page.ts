/** The command line on a page in memory, for tests. */

import type { Io } from './io.ts'
import { program } from './program.ts'

/** What a command came to. */
export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What `print` prints, given a page of 80 columns without colours, unless `page` says otherwise. */
export const onAPage = async (
  print: (io: Io) => Promise<number>,
  page: Partial<Io> = {},
): Promise<Printed> => {
  let out = ''
  let err = ''
  const code = await print({
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    columns: 80,
    colourLevel: 0,
    isTTY: false,
    unicode: true,
    interrupt: () => new AbortController().signal,
    ...page,
  })
  return { code, out, err }
}

/** Runs a command line on such a page. */
export const locksim = (
  line: string | readonly string[],
  page: Partial<Io> = {},
): Promise<Printed> =>
  onAPage((io) => program(typeof line === 'string' ? line.split(' ') : line, io), page)
