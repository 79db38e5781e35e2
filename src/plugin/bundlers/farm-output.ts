/// <reference types="node" />
/** What Farm has made, as the sweep sees it. */

import { resolve } from 'node:path'
import type { Resource } from '@farmfe/core'
import type { UnpluginOptions } from 'unplugin'
import type { BuildLog } from '../contexts.js'
import type { ExternalImport } from '../externals.js'
import type { OutputFile } from '../../disk/find-wasm.js'
import { modulesOf } from '../holders.js'
import type { Importers } from '../importers.js'
import type { LateSweep } from '../late-sweep.js'
import type { Pipeline } from '../pipeline.js'
import { NAME, withoutFrames, withoutQuery } from './adapter.js'

type FarmPlugin = NonNullable<UnpluginOptions['farm']>

/**
 * The plugin that sweeps: one of its own, because it comes after all others, and ours before them.
 *
 * From a hook that is not asynchronous, Farm 1.7 takes an error for a reason to end the whole process; the last one has to
 * be, because it is not waited for.
 * @param folder where the output goes
 */
export function sweeper(
  pipeline: Pipeline,
  { folder, importers, log }: { folder: () => string; importers: Importers; log: BuildLog },
): FarmPlugin & { name: string } {
  let late: LateSweep | undefined
  return {
    name: `${NAME}:sweep`,
    priority: Number.NEGATIVE_INFINITY,
    buildStart: { executor: async () => void (late = pipeline.sweeper(folder())) },
    updateModules: { executor: async () => void (late = pipeline.sweeper(folder())) },
    finalizeResources: {
      async executor({ resourcesMap }) {
        const files = Object.values(resourcesMap).map((resource) => outputFile(resource, pipeline.root))
        const output = {
          files,
          importersOf: (file: string) => importersOf(file, importers),
          externals: externalsIn(files, importers),
        }
        withoutFrames(() => late!.early(output, log))
        // Handing the resources back panics when there are source maps.
        return undefined
      },
    },
    writeResources: { executor: () => withoutFrames(() => late!.late(log)) },
  }
}

/** Modules have ids: a path from the root of the project, and a query. What is copied from one bears its id. */
function outputFile({ name, bytes, origin, info }: Resource, root: string): OutputFile {
  const content = Uint8Array.from(bytes)
  if (origin.type === 'Module') return { name, content, sources: [resolve(root, withoutQuery(origin.value))] }
  const inputs = (info?.moduleIds ?? []).map((id) => resolve(root, withoutQuery(id)))
  return { name, content, modules: () => modulesOf(inputs) }
}

/** Scripts name what is external in statements, or in calls of the function that CommonJS has. */
const NAMED = /\b(?:from\s*|import\s*|require\()"([^"\n]+)"/g

/** Farm does not tell at the end who imports what, so it is heard while imports are resolved. */
export function listen(importers: Importers, root: () => string): NonNullable<FarmPlugin['resolve']> {
  return {
    filters: { sources: ['.*'], importers: ['.*'] },
    async executor({ source, importer }) {
      if (importer) importers.note(source, resolve(root(), withoutQuery(importer)))
      return null
    },
  }
}

function importersOf(file: string, importers: Importers): string[] {
  const found = importers.of(file)
  return found.length > 0 ? found : ['an unknown module']
}

function externalsIn(files: readonly OutputFile[], importers: Importers): ExternalImport[] {
  const scripts = files.filter(({ name }) => /\.[cm]?js$/.test(name))
  const named = scripts.flatMap(({ content }) => [...Buffer.from(content).toString().matchAll(NAMED)])
  return [...new Set(named.map(([, specifier]) => specifier!))].flatMap((specifier) =>
    importers.holding(specifier).map((importer) => ({ specifier, importer })),
  )
}
