/** What emitted code brings along, in esbuild: modules in a namespace of ours, without a path that could be published. */

import type { Plugin, PluginBuild } from 'esbuild'
import { CORE_PATTERN } from './esbuild-files.js'
import { readRuntimeFile, RUNTIME_PATTERN, runtimeFileOf } from './runtime-modules.js'

const NAMESPACE = 'signed-wasm'

/** Answers for these modules, and for core modules that are files. Their paths have no ending, by which other plugins know scripts, in whatever namespace. */
export function addRuntime(build: PluginBuild): void {
  build.onResolve({ filter: RUNTIME_PATTERN }, ({ path }) => ({
    path: runtimeFileOf(path)!.replace(/\.js$/, ''),
    namespace: NAMESPACE,
    sideEffects: false,
  }))
  // In the output they lie beside the script.
  build.onResolve({ filter: CORE_PATTERN }, ({ path }) => ({
    path: `./${CORE_PATTERN.exec(path)![1]!}`,
    external: true,
    sideEffects: false,
  }))
  build.onLoad({ filter: /./, namespace: NAMESPACE }, ({ path }) => {
    const contents = readRuntimeFile(`${path}.js`)
    return contents === undefined ? undefined : { contents, loader: 'js' }
  })
}

/** Code with what it brings along in it, for builds that bundle nothing, whose output keeps the names of all imports. */
export async function inlineRuntime({ esbuild }: PluginBuild, contents: string): Promise<string> {
  const inlining: Plugin = {
    name: NAMESPACE,
    setup(build) {
      addRuntime(build)
      build.onResolve({ filter: /./ }, ({ path }) => ({ path, external: true }))
    },
  }
  const { outputFiles } = await esbuild.build({
    stdin: { contents },
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'silent',
    plugins: [inlining],
  })
  return outputFiles[0]!.text
}
