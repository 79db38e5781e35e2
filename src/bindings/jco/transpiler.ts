/// <reference types="node" />
/** From a verified component to jco's output: from memory, from the disk, or from the worker. */

import { Diagnostic } from '../../errors/diagnostic.js'
import { type ExternName, fullName } from '../../format/interface-name.js'
import { checkNames } from '../safe-names.js'
import type { CacheEntry, OutputCache } from './cache.js'
import type { BindgenOptions, TranspileLimits } from './job.js'
import { createMemory } from './memory.js'
import type { JcoOptions } from './options.js'
import { checkOutput } from './output.js'
import { startQueue } from './queue.js'
import { startRunner } from './runner.js'
import type { Transpiled, Transpiler, TranspileSource } from './transpiled.js'

/**
 * Makes a transpiler that runs jco in a process of its own, which starts with the first job and never keeps this one alive
 * between jobs. Where no process can be had, it is a thread.
 * @param setup.jco options handed to jco; those that the seam depends on are set here
 * @param setup.cache where outputs of earlier processes are
 * @param setup.onSlow is told of a file for which jco takes longer than a second
 * @param setup.worker another script, for tests, which runs in a thread
 */
export function createTranspiler(setup: {
  jco: JcoOptions
  limits: TranspileLimits
  cache?: OutputCache | undefined
  onSlow?: ((about: { file: string; bytes: number }) => void) | undefined
  worker?: URL
}): Transpiler {
  const jobs = startQueue(() => startRunner(setup.limits, setup.worker), setup.limits)
  const memory = createMemory()

  const transpile = async (source: TranspileSource, { name, file }: { name: string; file: string }) => {
    const { imports } = checkNames(source.bytes)
    const options = bindgenOptions(setup.jco, { name, imports })
    const { maxOutputBytes } = setup.limits
    const entry = setup.cache?.entry({ source, options, maxOutputBytes })
    const stored = takeStored(entry, name)
    if (stored !== undefined) return stored
    const bytes = new Uint8Array(source.bytes)
    const about = { file, bytes: bytes.length } // Which are handed over.
    const output = await jobs.run({ bytes, options }, () => setup.onSlow?.(about))
    const transpiled = checkOutput(output, { name })
    entry?.write(output)
    return transpiled
  }

  return {
    transpile(source, about) {
      const name = safeName(about.name)
      return memory(`${name} ${source.contentDigest}`, () => transpile(source, { ...about, name })).catch(
        (error: unknown) => {
          throw error instanceof Diagnostic ? error.at(about.file) : error
        },
      )
    },
    stay: jobs.stay,
    close: jobs.close,
  }
}

/** What is stored, by us after it had passed, goes through the same checks but for one; what fails them is made anew. */
function takeStored(entry: CacheEntry | undefined, name: string): Transpiled | undefined {
  const output = entry?.read()
  if (output === undefined) return undefined
  try {
    return checkOutput(output, { name, isCompiled: true })
  } catch (error) {
    if (error instanceof Diagnostic) return undefined
    throw error
  }
}

/** The name goes into generated code and file names; core modules are asked for by it. */
function safeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '-') || 'component'
}

/**
 * The options of jco's bindgen.
 *
 * - `map` names each import by its full name; jco's default drops versions, so that two versions of one
 *   interface collide. A label that is mapped to itself counts as not mapped, and then goes with the interface that it
 *   implements (seen with jco-transpile 0.15.0): two labels would share a host.
 * - `noNodejsCompat` leaves out an `import('node:fs/promises')` that bundlers for browsers refuse.
 * - `noComponentErrorWrapping: false` is the default of jco itself, which jco-transpile turned round.
 */
function bindgenOptions(
  jco: JcoOptions,
  about: { name: string; imports: readonly ExternName[] },
): BindgenOptions {
  const { asyncMode, asyncImports = [], asyncExports = [] } = jco
  return {
    name: about.name,
    map: about.imports.map((each) => [each.name, fullName(each)]),
    instantiation: { tag: 'async' },
    ...(asyncMode === 'jspi' && {
      asyncMode: { tag: 'jspi', val: { imports: [...asyncImports], exports: [...asyncExports] } },
    }),
    validLiftingOptimization: jco.validLiftingOptimization ?? false,
    tracing: jco.tracing ?? false,
    noComponentErrorWrapping: false,
    noNodejsCompat: true,
    base64Cutoff: 5000,
    strict: jco.strict ?? false,
    flagsAsBigint: jco.flagsAsBigInt ?? false,
    variantsInlineCases: jco.variantsInlineCases ?? false,
    useNamespaceObjects: jco.useNamespaceObjects ?? false,
    enumValuesScreamingSnakeCase: jco.enumValuesScreamingSnakeCase ?? false,
  }
}
