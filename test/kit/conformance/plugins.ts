/** Plugins of others, which put files into an output and change what is in it. */

import type { Compiler } from 'webpack'
import type { Change, Foreign, ForeignProject } from './habits.js'

const MAIN = 'globalThis.answers = 1'

interface Bundle {
  [file: string]: { type: string; fileName: string; source?: string | Uint8Array }
}

/** For Rollup, Rolldown and Vite. */
export const rollupForeign = ({ name, bytes, source }: Foreign): ForeignProject => ({
  main: MAIN,
  config: {
    plugins: [
      {
        name: 'foreign',
        generateBundle(this: { emitFile(file: object): void }) {
          this.emitFile({ type: 'asset', fileName: name, source: bytes, originalFileName: source })
        },
      },
    ],
  },
})

/** For Rollup, Rolldown and Vite. */
export const rollupFlipping = (): Change => ({
  config: {
    plugins: [
      {
        name: 'flipping',
        generateBundle(_: unknown, bundle: Bundle) {
          for (const asset of Object.values(bundle))
            // Rolldown gives a copy, so it is put back.
            if (asset.fileName.endsWith('.wasm')) asset.source = flip(asset.source as Uint8Array)
        },
      },
    ],
  },
})

/** Changes the last byte in place. */
function flip<Bytes extends Uint8Array | number[]>(bytes: Bytes): Bytes {
  bytes[bytes.length - 1]! ^= 1
  return bytes
}

/** For webpack and Rspack. */
export const webpackForeign = ({ name, bytes, source }: Foreign): ForeignProject => ({
  main: MAIN,
  config: {
    plugins: [
      atStage('ADDITIONAL', ({ webpack: { sources } }, compilation) =>
        compilation.emitAsset(name, new sources.RawSource(Buffer.from(bytes)), { sourceFilename: source }),
      ),
    ],
  },
})

/** For webpack and Rspack. */
export const webpackFlipping = (): Change => ({
  config: {
    plugins: [
      atStage('OPTIMIZE', ({ webpack: { sources } }, compilation) => {
        for (const { name, source } of compilation.getAssets())
          // Rspack gives a copy, so it is put back.
          if (name.includes('.wasm'))
            compilation.updateAsset(name, new sources.RawSource(flip(source.buffer())))
      }),
    ],
  },
})

type Compilation = Parameters<Parameters<Compiler['hooks']['thisCompilation']['tap']>[1]>[0]

const atStage = (
  stage: 'ADDITIONAL' | 'OPTIMIZE',
  act: (compiler: Compiler, compilation: Compilation) => void,
) => ({
  apply(compiler: Compiler) {
    const { [`PROCESS_ASSETS_STAGE_${stage}` as const]: when } = compiler.webpack.Compilation
    compiler.hooks.thisCompilation.tap('other', (compilation) =>
      compilation.hooks.processAssets.tap({ name: 'other', stage: when }, () => act(compiler, compilation)),
    )
  },
})

/** For esbuild, whose plugins ship files by importing them. */
export const esbuildForeign = ({ bytes, source }: Foreign): ForeignProject => ({
  main: `import url from './${source}.bin'\nglobalThis.answers = url`,
  at: `${source}.bin`,
  files: { [`${source}.bin`]: bytes },
  config: { loader: { '.bin': 'file' } },
})

interface FarmResource {
  name: string
  bytes: number[]
  emitted: boolean
  resourceType: string
  origin: { type: 'Module'; value: string }
}

/** For Farm. */
export const farmForeign = ({ name, bytes, source }: Foreign): ForeignProject => ({
  main: MAIN,
  config: {
    plugins: [
      finalizing((resources) => {
        resources[name] = {
          name,
          bytes: [...bytes],
          emitted: false,
          resourceType: 'asset:wasm',
          origin: { type: 'Module', value: source },
        }
      }),
    ],
  },
})

/** For Farm. */
export const farmFlipping = (): Change => ({
  config: {
    plugins: [
      finalizing((resources) => {
        for (const { name, bytes } of Object.values(resources)) if (name.includes('.wasm')) flip(bytes)
      }),
    ],
  },
})

const finalizing = (change: (resources: Record<string, FarmResource>) => void) => ({
  name: 'other',
  finalizeResources: {
    executor({ resourcesMap }: { resourcesMap: Record<string, FarmResource> }) {
      change(resourcesMap)
      return resourcesMap
    },
  },
})
