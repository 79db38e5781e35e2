/// <reference types="node" />
/** One file in a build by Bun, from its path to what takes its place. */

import { basename } from 'node:path'
import { Diagnostic } from '../../errors/diagnostic.js'
import { problem } from '../../errors/raise.js'
import { toHex } from '../../format/encoding.js'
import { sha256 } from '../../trust/crypto/rule.js'
import { INLINE, isPlainName, urlSource } from '../assets.js'
import type { BuildLog, LoadContext } from '../contexts.js'
import type { Pipeline } from '../pipeline.js'
import { parseWasmId } from '../request.js'
import { withoutFrames } from './adapter.js'
import type { BunConfig, BunLoadArgs, BunLoaded } from './bun-api.js'
import { RUNTIME_NAME } from './runtime-modules.js'

/** What files of a build are loaded with. */
export interface BunBuilding {
  config: BunConfig
  log: BuildLog
  /** Ships a file. @param key its name in the output, in a folder that tells it from others @returns what it is imported by */
  ship(key: string, bytes: Uint8Array): string
}

/** What a file becomes; nothing at all for what Bun, or another plugin, loads. @throws Diagnostic */
export async function loadInBun(
  pipeline: Pipeline,
  { path, loader = 'file' }: BunLoadArgs,
  building: BunBuilding,
): Promise<BunLoaded | undefined> {
  const parsed = parseWasmId(path)
  if (parsed === undefined || !pipeline.claims(path)) return undefined
  const { file, query } = parsed
  const { config, log } = building
  const ship = (bytes: Uint8Array) => {
    const name = basename(file)
    return building.ship(`${toHex(sha256(bytes))}/${isPlainName(name) ? name : 'component.wasm'}`, bytes)
  }
  let imported: string | undefined
  const context: LoadContext = {
    watch: () => {}, // There is no way to say so.
    warn: log.warn,
    ship({ admitted }) {
      if (formatOf(config) !== 'esm') return INLINE
      imported = ship(admitted.bytes)
      return urlSource(`new URL($signedWasmFile, ${isServer(config) ? SERVED : 'import.meta.url'}).href`)
    },
    cores: { without: 'Bun' },
    runtime: RUNTIME_NAME,
    wantsBytes: false,
    isReference: false,
    wantsCore: undefined,
    identifiersOnly: false,
    lacksAwait: formatOf(config) === 'esm' ? undefined : `the format ${formatOf(config)}`,
  }
  const loaded = await pipeline.load(path, context).catch((error: unknown) => tell(error, building))
  switch (loaded?.kind) {
    case 'module': {
      const before =
        imported === undefined ? '' : `import $signedWasmFile from ${JSON.stringify(imported)};\n`
      return { contents: before + loaded.code, loader: 'js' }
    }
    case 'handed back': {
      const reference = () => `export { default } from ${JSON.stringify(ship(loaded.bytes))};`
      if (query === 'url') return { contents: reference(), loader: 'js' }
      if (query !== '') return tell(unsupported(pipeline.gate.project.display(file), query), building)
      // Its other loaders take the bytes of a plugin for text.
      return loader === 'wasm' || loader === 'file' ? { contents: loaded.bytes.slice(), loader } : undefined
    }
    case 'bytes': // never asked for here
    case undefined:
      return undefined
  }
}

/** In production a server answers with 500, and says nothing. */
function tell(error: unknown, { config, log }: BunBuilding): never {
  if (error instanceof Diagnostic && isServer(config)) log.warn(error.message)
  return withoutFrames(() => {
    throw error
  })
}

/** What a query of others asks for. @param file its display path */
export function unsupported(file: string, query: string): Diagnostic {
  return problem('IMPORT_UNSUPPORTED', { file, asks: `the query ?${query}`, forFile: `'${file}?url'` })
}

const isServer = ({ entrypoints }: BunConfig) => entrypoints === undefined

/** In development, modules have the addresses of their sources. */
const SERVED = `import.meta.url.startsWith('file:') ? location.href : import.meta.url`

/** Bun compiles to bytecode in the format `cjs` unless told otherwise. */
function formatOf({ format, bytecode = false }: BunConfig): string {
  return format ?? (bytecode ? 'cjs' : 'esm')
}
