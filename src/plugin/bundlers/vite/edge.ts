/// <reference types="node" />
/** Environments of Vite whose runtime compiles no WebAssembly, such as those of Cloudflare's plugin. */

import { join } from 'node:path'
import type { EnvironmentOptions, ResolvedConfig } from 'vite'
import type { Core } from '../../../bindings/module/cores.js'
import { toSlashes } from '../../../disk/paths.js'
import { replaceFile } from '../../../disk/replace-file.js'
import type { Admission } from '../../admissions.js'
import { CoreFile } from '../../core-file.js'
import { type Edge, edgeAmong } from '../../handover.js'
import type { ViteState } from './state.js'

interface EnvironmentConfig {
  consumer?: EnvironmentOptions['consumer']
  resolve?: { conditions?: readonly string[] | undefined } | undefined
  plugins?: ResolvedConfig['plugins']
}

/** The runtime of an environment that is one of these. */
export function edgeOf({ consumer, resolve }: EnvironmentConfig): Edge | undefined {
  return consumer === 'client' ? undefined : edgeAmong(resolve?.conditions ?? [])
}

/** Whether what an environment of servers builds runs in Node, by the conditions that Vite or a user gives it. */
export function runsInNode(
  environment: EnvironmentConfig,
  { isWebWorker }: { isWebWorker: boolean },
): boolean {
  const { conditions } = environment.resolve ?? {}
  if (conditions === undefined) return !isWebWorker
  return conditions.includes('node') && edgeOf(environment) === undefined
}

/**
 * Whether a dev server runs the code of such an environment in its runtime: by Cloudflare's plugin, which hands over as a
 * compiled module what is imported by a path that ends in `.wasm`. Otherwise it is run in Node, which compiles.
 */
export function runsElsewhere({ plugins = [] }: EnvironmentConfig): boolean {
  return plugins.some(({ name }) => name.startsWith('vite-plugin-cloudflare'))
}

/**
 * Puts a core module where a dev server keeps what it makes of packages, whose scripts nobody verifies either: that plugin
 * reads it from the disk.
 * @returns its path
 */
export function placeCore({ config: { cacheDir }, placed }: ViteState, core: Core, of: Admission): string {
  const file = new CoreFile(core, of)
  const path = toSlashes(join(cacheDir, 'signed-wasm', file.digest, file.name))
  replaceFile(path, core.bytes, { makeFolder: true })
  placed.add(path)
  return path
}
