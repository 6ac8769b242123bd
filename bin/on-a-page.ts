/** The command line on a page in memory, for tests. */

import type { Io } from './io.ts'
import { program } from './program.ts'

/** What a command came to. */
export interface Printed {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line; 80 columns, without colours, unless `page` says otherwise. */
export const locksim = async (
  line: string | readonly string[],
  page: Partial<Io> = {},
): Promise<Printed> => {
  let out = ''
  let err = ''
  const io: Io = {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    columns: 80,
    colourLevel: 0,
    isTTY: false,
    unicode: true,
    ...page,
  }
  const code = await program(typeof line === 'string' ? line.split(' ') : line, io)
  return { code, out, err }
}
