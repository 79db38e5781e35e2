/// <reference types="node" />
/** Compilers that write into one folder at a time, as those of frameworks do: each judges what it has written itself. */

import { resolve } from 'node:path'
import type { Compiler } from 'webpack'
import { isInside } from '../../disk/targets.js'
import type { OutputFile } from '../../disk/find-wasm.js'
import { identityOf } from '../late-sweep.js'

interface Written {
  by: Compiler
  /** As it was when its compiler had judged it; until then it has none. */
  identity?: string | undefined
}

/** By absolute path. */
const WRITTEN = new Map<string, Written>()

/** Notes files that a compiler has judged, and is going to write. */
export function noteWriting(files: Iterable<OutputFile>, by: Compiler): void {
  for (const { name } of files) WRITTEN.set(resolve(by.outputPath, name), { by })
}

/** Notes what has become of them. @param isJudged whether they were judged once more, on the disk */
export function noteWritten(by: Compiler, isJudged: boolean): void {
  for (const [file, written] of WRITTEN) {
    if (written.by !== by || written.identity !== undefined) continue
    const identity = isJudged ? identityOf(file) : undefined
    if (identity === undefined) WRITTEN.delete(file)
    else WRITTEN.set(file, { by, identity })
  }
}

/** Whether a file is for another compiler to judge, or is in what this one keeps for itself. @param file absolute path */
export function isOthers(file: string, compiler: Compiler): boolean {
  if (isKept(file, compiler)) return true
  const written = WRITTEN.get(file)
  if (written === undefined || written.by === compiler) return false
  return written.identity === undefined || written.identity === identityOf(file)
}

function isKept(file: string, { options, outputPath }: Compiler): boolean {
  const { cacheDirectory } = (options.cache ?? {}) as { cacheDirectory?: string }
  return (
    cacheDirectory !== undefined && !isInside(outputPath, cacheDirectory) && isInside(file, cacheDirectory)
  )
}
