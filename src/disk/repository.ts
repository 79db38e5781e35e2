/// <reference types="node" />
/** The repository that a folder belongs to. */

import { existsSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { isInside } from './targets.js'

/**
 * The root of the repository around a folder.
 * @param folder a real path
 * @param workspace where a CI system says that it has put the repository
 * @returns a real path; the folder itself where it is in no repository
 * @see GitHub, "Default environment variables", `GITHUB_WORKSPACE`
 */
export function findRepository(folder: string, workspace?: string): string {
  const told = workspace === undefined || workspace === '' ? undefined : realPathOf(workspace)
  if (told !== undefined && isInside(folder, told)) return told
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, '.git'))) return at
    if (path.dirname(at) === at) return folder
  }
}

function realPathOf(folder: string): string | undefined {
  try {
    return realpathSync(folder)
  } catch {
    return undefined // a variable that means nothing here
  }
}
