/** A gate for tasks: side by side as a rule, and one alone when it has to be seen what it does by itself. */

/** An open gate. */
export interface Gate {
  /** Begins when nobody is alone inside. */
  together<Result>(task: () => Promise<Result>): Promise<Result>
  /** Begins when nobody else is inside, and lets nobody in until it is done. */
  alone<Result>(task: () => Promise<Result>): Promise<Result>
}

/** Opens a gate. */
export const openGate = (): Gate => {
  const inside = new Set<Promise<unknown>>()
  let lastAlone: Promise<unknown> = Promise.resolve()
  let asking = 0
  return {
    async together(task) {
      // While it waited, somebody else may have asked to be alone.
      while (asking > 0) await lastAlone
      const done = task()
      const settled = done.then(
        () => undefined,
        () => undefined,
      )
      inside.add(settled)
      try {
        return await done
      } finally {
        inside.delete(settled)
      }
    },
    alone(task) {
      asking++
      const done = lastAlone.then(async () => {
        await Promise.all(inside)
        return task()
      })
      const leave = (): void => void asking--
      lastAlone = done.then(leave, leave)
      return done
    },
  }
}
