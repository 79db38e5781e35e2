/// <reference types="node" />
/** Modules that share what is the same in the code of all components, as the build of this package has found it. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateModule } from './module/generate.js'
import type { Glue, ModuleInput } from './module/input.js'
import { DIST } from './runtime-files.js'

/** What {@link generateModule} makes, with what is the same elsewhere imported from `glue.js` in the folder of the runtime. */
export function generateSharing(input: Omit<ModuleInput, 'glue'>): ReturnType<typeof generateModule> {
  return generateModule({ ...input, glue: readGlue() })
}

let glue: Glue | undefined

/** The catalogue of what components may share, read once. @throws when this package is not whole */
export function readGlue(): Glue {
  glue ??= JSON.parse(readFileSync(join(DIST, 'bindings/glue.json'), 'utf8')) as Glue
  return glue
}
