/// <reference types="node" />
/** What jco made, and what is taken of it. */

import { compileFunction } from 'node:vm'
import { problem } from '../../errors/raise.js'
import { cutSeams, hasUtil, needsJspi } from './seams.js'
import type { Transpiled } from './transpiled.js'

/** What jco made, not yet looked at. */
export interface Output {
  /** By name, in the order of jco. */
  files: Record<string, Uint8Array>
  imports: string[]
  exports: [string, 'function' | 'instance'][]
}

/**
 * Takes nothing from jco that could lead out of a folder or that no JavaScript engine reads.
 * @param about.isCompiled whether an engine has read this very code before, which takes longer than all other checks
 */
export function checkOutput(
  { files, imports, exports }: Output,
  { name, isCompiled = false }: { name: string; isCompiled?: boolean },
): Transpiled {
  const unsafe = Object.keys(files).find(leadsOutside)
  if (unsafe !== undefined)
    throw problem('UNSAFE_NAME', { name: unsafe, reason: 'a generated file must stay in its folder' })
  const main = files[`${name}.js`]
  if (main === undefined) throw problem('TRANSPILE_FAILED', { reason: 'it made no JavaScript' })
  const js = decoder.decode(main)
  const cut = cutSeams(js)
  if (!isCompiled) checkSyntax(cut.toString())
  const endingWith = (extension: string) => Object.entries(files).filter(([file]) => file.endsWith(extension))
  return {
    js,
    cores: Object.fromEntries(endingWith('.wasm')),
    imports,
    exports,
    hasUtil: hasUtil(js),
    needsJspi: needsJspi(js),
    declarations: Object.fromEntries(endingWith('.d.ts').map(([file, text]) => [file, decoder.decode(text)])),
  }
}

const decoder = new TextDecoder()

function leadsOutside(file: string): boolean {
  return /[\\\0]|^\/|^[a-z]:|(?:^|\/)\.\.(?:\/|$)/i.test(file)
}

/** Compiles without running. Names from the component stand in this code: see safe-names.ts, which comes first. */
function checkSyntax(js: string): void {
  try {
    compileFunction(`"use strict";${js}`, [], { filename: 'bindings.js' })
  } catch (error) {
    const reason = `its bindings are not valid JavaScript: ${(error as Error).message}`
    throw problem('TRANSPILE_FAILED', { reason }, { cause: error })
  }
}
