/// <reference types="node" />
/** What Turbopack offers while a file is loaded. */

import { dirname, relative } from 'node:path'
import type { LoaderContext } from 'webpack'
import { RUNTIME } from '../../bindings/runtime-files.js'
import { toSlashes } from '../../disk/paths.js'
import type { Admission } from '../admissions.js'
import { INLINE, rawRequest, relativeUrl } from '../assets.js'
import { watch } from '../bundlers/webpack-watch.js'
import type { LoadContext } from '../contexts.js'
import type { Pipeline } from '../pipeline.js'
import { importersOf } from './importers-of.js'
import type { LoaderOptions } from './loader-options.js'

/** `this` in our loader. */
export type Loader = LoaderContext<LoaderOptions>

/** What a file is loaded with. */
export function contextOf(loader: Loader, { gate }: Pipeline): LoadContext {
  const { as } = loader.getOptions()
  const nameOf = (path: string) => nameFrom(dirname(loader.resourcePath), path)
  return {
    watch: (file) => watch(loader, file),
    warn: (message) => warn(loader, message),
    ship: (admission) => (as === 'module' ? INLINE : fileOf(admission)),
    cores: { without: 'Turbopack' },
    runtime: nameOf(RUNTIME),
    nameOf,
    wantsBytes: as === 'file',
    isReference: false,
    wantsCore: undefined,
    importers: () => importersOf(loader.resourcePath, gate.project.root),
    identifiersOnly: false,
    lacksAwait: undefined,
  }
}

/** Turbopack takes no absolute paths, which would be those of one machine. */
function nameFrom(folder: string, path: string): string {
  const name = toSlashes(relative(folder, path))
  return name.startsWith('.') ? name : `./${name}`
}

function fileOf(admission: Admission) {
  const request = rawRequest(admission)
  return request === undefined ? INLINE : relativeUrl(request)
}

/** Warns of a file. */
export function warn(loader: Loader, message: string): void {
  loader.emitWarning(withoutStack(new Error(message)))
}

/** Frames of ours tell a user nothing about a file. */
export function withoutStack<T extends Error>(error: T): T {
  error.stack = ''
  return error
}
