/// <reference types="node" />
/** What git would do with a file. */

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { isInside } from '../disk/targets.js'
import { STANDARD } from './disk.js'
import type { Io } from './io.js'

/** Switches off what a repository could have git run. */
const SAFELY = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null']

/**
 * Whether a file lies in a git work tree that does not ignore it, so that it may be committed.
 * @returns `true` as well where git cannot be asked, or does not want to say
 * @see git-check-ignore(1): 0 for an ignored file, 1 for another, 128 where there is no work tree
 */
export function isUnignored(file: string, io: Io): boolean {
  if (file === STANDARD || !io.isTaken(file)) return false
  const target = path.resolve(io.cwd, file)
  const args = [...SAFELY, 'check-ignore', '--quiet', '--no-index', '--', path.basename(target)]
  const { status } = spawnSync('git', args, { cwd: path.dirname(target), stdio: 'ignore', timeout: 5000 })
  const isInRepository = io.exists(path.join(io.repository, '.git')) && isInside(target, io.repository)
  return status === 1 || (status !== 0 && isInRepository)
}
