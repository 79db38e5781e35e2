/// <reference types="node" />
/** From a verified component to jco's output: from memory, from the disk, or from the worker. */

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Diagnostic } from '../../errors/diagnostic.js'
import { type ExternName, fullName } from '../../format/interface-name.js'
import { DIST } from '../runtime-files.js'
import { checkNames } from '../safe-names.js'
import type { CacheEntry, OutputCache } from './cache.js'
import type { JcoTranspileOptions, TranspileLimits } from './job.js'
import { createMemory } from './memory.js'
import type { JcoOptions } from './options.js'
import { checkOutput } from './output.js'
import { startQueue } from './queue.js'
import type { Transpiled, Transpiler, TranspileSource } from './transpiled.js'

/**
 * Makes a transpiler with a worker of its own, which starts with the first job and never keeps the
 * process alive between jobs.
 * @param setup.jco options handed to jco; those that the seam depends on are set here
 * @param setup.cache where outputs of earlier processes are; none of them is taken on trust
 * @param setup.worker another worker script, for tests
 */
export function createTranspiler(setup: {
  jco: JcoOptions
  limits: TranspileLimits
  cache?: OutputCache | undefined
  worker?: URL
}): Transpiler {
  const jobs = startQueue(setup.worker ?? workerUrl(), setup.limits)
  const memory = createMemory()

  const transpile = async (source: TranspileSource, name: string) => {
    const { imports } = checkNames(source.bytes)
    const options = transpileOptions(setup.jco, { name, imports })
    const { maxOutputBytes } = setup.limits
    const entry = setup.cache?.entry({ source, options, maxOutputBytes })
    const stored = takeStored(entry, name)
    if (stored !== undefined) return stored
    const output = await jobs.run({ bytes: new Uint8Array(source.bytes), options, maxOutputBytes })
    const transpiled = checkOutput(output, name)
    entry?.write(output)
    return transpiled
  }

  return {
    transpile(source, about) {
      const name = safeName(about.name)
      return memory(`${name} ${source.contentDigest}`, () => transpile(source, name)).catch(
        (error: unknown) => {
          throw error instanceof Diagnostic ? error.at(about.file) : error
        },
      )
    },
    close: jobs.close,
  }
}

/** What is stored goes through the same checks as what jco has just made; what fails them is made anew. */
function takeStored(entry: CacheEntry | undefined, name: string): Transpiled | undefined {
  const output = entry?.read()
  if (output === undefined) return undefined
  try {
    return checkOutput(output, name)
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
 * A fresh object for each job, because jco writes into it.
 *
 * - `map` names each import by its full name; jco's default drops versions, so that two versions of one
 *   interface collide. A label that is mapped to itself counts as not mapped, and then goes with the interface that it
 *   implements (seen with jco-transpile 0.15.0): two labels would share a host.
 * - `nodejsCompat: false` leaves out an `import('node:fs/promises')` that bundlers for browsers refuse.
 * - `noComponentErrorWrapping: false` is the default of jco itself, which jco-transpile turned round.
 */
function transpileOptions(
  jco: JcoOptions,
  about: { name: string; imports: readonly ExternName[] },
): JcoTranspileOptions {
  return {
    ...jco,
    asyncImports: [...(jco.asyncImports ?? [])],
    asyncExports: [...(jco.asyncExports ?? [])],
    name: about.name,
    instantiation: 'async',
    map: Object.fromEntries(about.imports.map((each) => [each.name, fullName(each)])),
    nodejsCompat: false,
    noComponentErrorWrapping: false,
  }
}

// Not beside this module, which may be a source or part of a bundle: a worker needs a file of its own that Node can run.
const workerUrl = (): URL => pathToFileURL(join(DIST, 'bindings/jco/worker.js'))
