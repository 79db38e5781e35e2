/// <reference types="node" />
/** Folders that are copied to the output as they are, so that nothing in them is ever imported. */

import { readFileSync } from 'node:fs'
import { sniffLayer } from '../disk/read-file.js'
import { walk } from '../disk/walk.js'
import type { FileContext } from './contexts.js'
import type { Gate } from './gate.js'
import { sweepPart } from './sweep.js'

/** Judges every wasm file in a folder, and what other files there hold. @throws Diagnostic when something is refused */
export function admitFolder(folder: string, gate: Gate, context: FileContext): void {
  const others: string[] = []
  for (const file of walk(folder, { links: 'follow' })) {
    if (sniffLayer(file) === undefined) others.push(file)
    else gate.admit(file, context, { isFile: true })
  }
  sweepPart(
    {
      files: others.map((file) => ({
        name: gate.project.display(file),
        content: readFileSync(file),
        sources: [file],
      })),
      importersOf: () => [],
      externals: [],
    },
    gate,
    { inform: () => {}, warn: (message) => context.warn(message) },
  )
}
