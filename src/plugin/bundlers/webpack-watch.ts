/// <reference types="node" />
/** How a loader of webpack, or of what runs such loaders, asks to be called again. */

import { existsSync, statSync } from 'node:fs'
import type { LoaderContext } from 'webpack'

/** Asks for it when a file changes, appears or goes. */
export function watch(loader: LoaderContext<unknown>, file: string): void {
  if (!existsSync(file)) loader.addMissingDependency(file)
  else if (statSync(file).isDirectory()) loader.addContextDependency(file)
  else loader.addDependency(file)
}
