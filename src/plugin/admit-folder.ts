/** Folders that are copied to the output as they are, so that nothing in them is ever imported. */

import { sniffLayer } from '../disk/read-file.js'
import { walk } from '../disk/walk.js'
import type { FileContext } from './contexts.js'
import type { Gate } from './gate.js'

/** Judges every wasm file in a folder. @throws Diagnostic when one is refused */
export function admitFolder(folder: string, gate: Gate, context: FileContext): void {
  for (const file of walk(folder, { links: 'follow' }))
    if (sniffLayer(file) !== undefined) gate.admit(file, context, { isFile: true })
}
