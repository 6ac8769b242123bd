/** The registry of fault classes: one line each, in the order of the table's columns. */

import { didYouMean, InputError } from '../errors.ts'
import { clientCrash, clientPause, clientSuspend, none } from './clients.ts'
import { clientClockSkew, clockDrift, clockJump } from './clocks.ts'
import type { FaultClass } from './fault-class.ts'
import { lateMessage, lostReply, partition } from './messages.ts'
import { failover, serverCrash, serverLoss } from './servers.ts'

export type { ClassCast, ClassDraw, FaultClass } from './fault-class.ts'

/** Every class. */
export const faultClasses: readonly FaultClass[] = [
  none,
  clientCrash,
  clientPause,
  clientSuspend,
  lateMessage,
  lostReply,
  partition,
  serverCrash,
  serverLoss,
  failover,
  clockJump,
  clockDrift,
  clientClockSkew,
]

/**
 * The fault class of this name.
 *
 * @throws InputError that names the nearest
 */
export const faultClassNamed = (name: string): FaultClass => {
  const found = faultClasses.find((one) => one.name === name)
  if (found !== undefined) return found
  const names = faultClasses.map((one) => one.name)
  throw new InputError(
    `there is no fault class "${name}"${didYouMean(name, names)}; expected one of ${names.join(', ')}`,
  )
}
