/// <reference types="node" />
/** Components as modules of Bun itself, without a bundler: a plugin of its process. */

import { dirname } from 'node:path'
import { refuseSecondIn } from '../bundlers/adapter.js'
import type { BunBuild, BunLoaded } from '../bundlers/bun-api.js'
import { unsupported } from '../bundlers/bun-load.js'
import { COMPONENT_NAME, find, findComponent } from '../bundlers/bun-resolve.js'
import type { Options } from '../options.js'
import { parseWasmId } from '../request.js'
import { NodeModules } from './modules.js'

/** What all plugins of this process are set up in. */
const PROCESS = {}

/** Sets up a process. @throws Diagnostic about keys, such as `NO_TRUSTED_KEYS`, and `PLUGIN_TWICE` */
export function setUpProcess(options: Options, build: BunBuild): void {
  refuseSecondIn(PROCESS)
  const modules = new NodeModules(options)
  build.onResolve({ filter: COMPONENT_NAME }, (args) => {
    const found = findComponent(args)
    return found === undefined || found.query === '' ? undefined : { path: found.file + found.query }
  })
  build.onLoad({ filter: /\.[wW][aA][sS][mM](?:\?[^?]*)?$/ }, ({ path }) => load(modules, path))
}

async function load(modules: NodeModules, path: string): Promise<BunLoaded | undefined> {
  const loaded = await modules.judge(path)
  if (loaded === undefined) return undefined
  if (loaded.kind === 'module') return { contents: withShims(loaded.code, path), loader: 'js' }
  const { file, query } = parseWasmId(path)!
  // What Bun gives for every file that it does not know.
  if (query === '' || query === 'url')
    return { contents: `export default ${JSON.stringify(file)};`, loader: 'js' }
  throw unsupported(modules.display(file), query)
}

/** The shims of WASI in generated code, by path where the component does not see them. Bun asks no plugin for what such code imports. */
function withShims(code: string, component: string): string {
  return code.replace(SHIM_IMPORT, (line, before: string, shim: string) => {
    const file = find(shim, dirname(component)) === undefined ? find(shim, process.cwd()) : undefined
    return file === undefined ? line : `${before}${JSON.stringify(file)};`
  })
}

const SHIM_IMPORT = /^(import .+ from )"(@bytecodealliance\/preview[23]-shim\/[^"]+)";$/gm
