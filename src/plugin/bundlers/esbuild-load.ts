/// <reference types="node" />
/** One file in esbuild, from its path to what takes its place. */

import { statSync } from 'node:fs'
import type { OnLoadArgs, OnLoadResult, PluginBuild } from 'esbuild'
import type { Admission } from '../admissions.js'
import { INLINE } from '../assets.js'
import type { Loaded } from '../load.js'
import type { Pipeline } from '../pipeline.js'
import { withoutQuery } from './adapter.js'
import type { EsbuildFiles } from './esbuild-files.js'
import { type Message, toMessage } from './esbuild-messages.js'
import { inlineRuntime } from './esbuild-runtime.js'
import { asksForFile } from './import-requests.js'
import { RUNTIME_NAME } from './runtime-modules.js'

/** What a file becomes, with what to watch for it: nothing at all for what others load. */
export async function load(
  pipeline: Pipeline,
  build: PluginBuild,
  {
    path,
    suffix,
    namespace,
    with: attributes,
    files,
    warnings,
    lacksAwait,
  }: OnLoadArgs & { files: EsbuildFiles; warnings: Message[]; lacksAwait: string | undefined },
): Promise<OnLoadResult | undefined> {
  const id = path + suffix
  if (namespace !== 'file' || !pipeline.claims(id)) return undefined
  const watched: string[] = []
  files.forget(withoutQuery(path))
  const isFile = asksForFile(attributes['type'])
  const context = {
    watch: (file: string) => void watched.push(file),
    warn: (text: string) => void warnings.push({ text }),
    ship: (admission: Admission) =>
      build.initialOptions.format === 'esm' ? files.ship(withoutQuery(path), admission) : INLINE,
    cores: files.shipping(withoutQuery(path), build.initialOptions),
    runtime: RUNTIME_NAME,
    wantsBytes: isFile,
    isReference: isFile,
    wantsCore: undefined,
    identifiersOnly: false,
    lacksAwait,
  }
  const result = await pipeline.load(id, context).then(
    (loaded) => contentsOf(loaded, build),
    (error: unknown) => ({ errors: [toMessage(error)] }),
  )
  // A refused file is watched all the same.
  return (
    result && {
      ...result,
      watchFiles: watched.filter((file) => !isFolder(file)),
      watchDirs: watched.filter(isFolder),
    }
  )
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/** Nothing at all lets esbuild go on to the next plugin and its own loaders; an object without contents does not. */
async function contentsOf(loaded: Loaded | undefined, build: PluginBuild): Promise<OnLoadResult | undefined> {
  switch (loaded?.kind) {
    case 'module': {
      const isWhole = build.initialOptions.bundle === true
      return { contents: isWhole ? loaded.code : await inlineRuntime(build, loaded.code), loader: 'js' }
    }
    case 'bytes': // never asked for here
    case 'handed back':
    case undefined:
      return undefined
  }
}
