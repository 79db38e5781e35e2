/// <reference types="node" />
/** What `signed-wasm types` does for a project as a whole. */

import { INDEX_FILE } from '../bindings/declarations/index-file.js'
import { adviseOn, staleIndex, updateIndex } from '../bindings/declarations/project.js'
import { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { declareFile, type DeclareSetup } from './declare-file.js'
import { uninterrupted } from './signals.js'
import { orExplain } from './unwritable.js'

/** One file after another, whatever became of those before. @returns what was wrong, which is said already */
export async function declareAll(files: readonly string[], setup: DeclareSetup): Promise<Diagnostic[]> {
  const problems: Diagnostic[] = []
  const attempt = async (work: Promise<void>, file?: string) => {
    try {
      await work
    } catch (error) {
      if (!(error instanceof Diagnostic)) throw error
      const placed = error.file === undefined && file !== undefined ? error.at(file) : error
      setup.warn(placed)
      problems.push(placed)
    }
  }
  for (const file of files) await attempt(declareFile(file, setup), file)
  await attempt(declareProject(setup))
  return problems
}

/**
 * Writes the file that the project includes, or compares it.
 * @throws Diagnostic `TYPES_STALE`, `TYPES_FOREIGN`, `FILE_UNWRITABLE`
 */
async function declareProject({ io, values, project }: DeclareSetup): Promise<void> {
  if (project === undefined) return
  const file = INDEX_FILE
  if (values.check) {
    const files = orExplain(file, () => staleIndex(project))
    if (files.length > 0) throw problem('TYPES_STALE', { file: files[0]!, files })
    return
  }
  const plan = orExplain(file, () => uninterrupted(() => updateIndex(project)))
  const advice = plan && (await adviseOn(project, plan))
  if (advice !== undefined) io.err(...advice.split('\n'))
}
