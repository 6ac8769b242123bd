/** `locksim new`: writes a lock and its test, and says what to do next. */

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { relativeReference } from '../modules/reference.ts'
import { commandLine } from '../report/repeat.ts'
import { fileError } from '../text-file.ts'
import { lockTemplate } from './lock-template.ts'
import { namesOf } from './names.ts'
import { testTemplate } from './test-template.ts'

/** What is asked. */
export interface NewLockRequest {
  readonly name: string
  /** Where the files are to be. */
  readonly folder: string
  /** JavaScript, not TypeScript. */
  readonly javascript: boolean
}

/** What was written. */
export interface NewLock {
  /** The files, the lock first, as paths from here. */
  readonly files: readonly string[]
  /** Commands to go on with, in this order. */
  readonly next: readonly string[]
}

const REQUIRED = ['locksim', 'vitest']

/** The packages that the files import and the nearest package.json does not name. */
const missingPackages = (folder: string): readonly string[] => {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const manifest = join(at, 'package.json')
    if (existsSync(manifest)) {
      try {
        const { name, dependencies, devDependencies } = JSON.parse(
          readFileSync(manifest, 'utf8'),
        ) as { readonly name?: string } & Record<string, object | undefined>
        const known = { ...dependencies, ...devDependencies, [name ?? '']: '' }
        return REQUIRED.filter((wanted) => !Object.hasOwn(known, wanted))
      } catch {
        return REQUIRED
      }
    }
    if (dirname(at) === at) return REQUIRED
  }
}

/**
 * Writes `<name>.ts` and `<name>.test.ts`, and nothing else.
 *
 * @throws InputError for a bad name, and where one of the files is there already: then nothing is written
 */
export const createLock = ({ name, folder, javascript }: NewLockRequest): NewLock => {
  const names = namesOf(name)
  // With this extension it is a module whatever the package.json says.
  const extension = javascript ? 'mjs' : 'ts'
  const lockPath = join(folder, `${name}.${extension}`)
  const testPath = join(folder, `${name}.test.${extension}`)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new InputError(`there is no folder ${folder}; make it first`)
  }
  for (const path of [lockPath, testPath]) {
    if (existsSync(path)) {
      throw new InputError(`${path} is there already; nothing was written. Give another name`)
    }
  }
  const texts = [
    [lockPath, lockTemplate(names)],
    [testPath, testTemplate(names, javascript)],
  ] as const
  for (const [path, text] of texts) {
    try {
      writeFileSync(path, text, { flag: 'wx' })
    } catch (error) {
      throw fileError('write', path, error)
    }
  }
  const reference = relativeReference(resolve(lockPath))
  const missing = missingPackages(folder)
  return {
    files: [reference, relativeReference(resolve(testPath))],
    next: [
      ...(missing.length === 0 ? [] : [`npm install -D ${missing.join(' ')}`]),
      commandLine(['run', reference, '--scenario', 'gc-pause']),
      commandLine(['fuzz', reference]),
      'npx vitest run',
    ],
  }
}
