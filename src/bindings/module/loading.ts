/** The part of a generated module that gets the file, checks it as asked, and compiles its core modules. */

import { type Hex, toHex } from '../../format/encoding.js'
import { contentStart, coreModuleSlices } from '../../format/wasm.js'
import { sha256 } from '../../trust/crypto/rule.js'
import type { TrustedKey } from '../../trust/keys/trusted-key.js'
import type { Transpiled } from '../jco/transpiled.js'
import type { ModuleInput, Piece } from './generate.js'
import { base64, literal, local } from './names.js'
import type { RuntimeFunction } from './runtime.js'

/** How emitted code gets the signed file. */
export type ComponentSource =
  /** @property expression JavaScript giving a URL or an absolute URL string; @property prelude import lines it needs */
  | { kind: 'url'; expression: string; prelude?: string }
  /** As base64 in the code itself. */
  | { kind: 'inline' }

/** What emitted code checks of the file that it gets. What stands in the code itself needs no check. */
export type Recheck =
  | { kind: 'off' }
  /** The file is the very one of the build. */
  | { kind: 'digest' }
  /** One of the keys has signed the file, and its core modules are those of the build. */
  | { kind: 'signature'; keys: readonly TrustedKey[]; detached?: Uint8Array | undefined }

/** `$signedWasmLoad`, which gets the file, checks it as asked, and compiles its core modules. */
export function generateLoading({ transpiled, bytes, source, recheck }: ModuleInput): Piece {
  const { slices, adapters } = locateCoreModules(transpiled.cores, bytes)
  const functions = new Set<RuntimeFunction>()
  const call = (name: RuntimeFunction, ...args: string[]) => {
    functions.add(name)
    return `${local(name)}(${args.join(', ')})`
  }
  const base = contentStart(bytes)
  /** @param from what offsets count from in that file */
  const compile = (file: string, from: number) => {
    const held = slices.map(
      ({ name, offset, length }) =>
        `[${literal(name)}, file.subarray(${offset - from}, ${offset - from + length})]`,
    )
    const made = adapters.map(
      ({ name, core }) => `[${literal(name)}, ${call('decodeBase64', literal(base64(core)))}]`,
    )
    return call('compile', file, `(file) => [${[...held, ...made].join(', ')}]`)
  }
  const load = () => {
    if (source.kind === 'inline') return compile(call('decodeBase64', literal(base64(bytes))), 0)
    const url = source.expression
    switch (recheck.kind) {
      case 'digest':
        return compile(call('readPinned', url, literal(`sha256-${base64(sha256(bytes))}`)), 0)
      case 'signature':
        return compile(call('readSigned', url, literal(pin(recheck, { slices, bytes }))), base)
      case 'off': {
        const [only, ...others] = slices
        if (only !== undefined && others.length + adapters.length === 0)
          return call('compileStreaming', url, literal([only.name, only.offset - base, only.length]))
        const ends = slices.map(({ offset, length }) => offset - base + length)
        return compile(call('readContent', url, String(Math.max(0, ...ends))), base)
      }
    }
  }
  return { code: `const $signedWasmLoad = () => ${load()};`, functions }
}

/** @see runtime/signature.ts, `Pinned` */
function pin(
  { keys, detached }: Extract<Recheck, { kind: 'signature' }>,
  { slices, bytes }: { slices: readonly CoreSlice[]; bytes: Uint8Array },
) {
  const base = contentStart(bytes)
  return {
    keys: keys.map(({ name, publicKey }) => [name, base64(publicKey)]),
    digest: toHex(sha256(bytes.subarray(base))),
    slices: slices.map(({ offset, length, digest }) => [offset - base, length, digest]),
    ...(detached && { detached: base64(detached) }),
  }
}

/** A core module that stands in the file. */
interface CoreSlice {
  name: string
  /** From the start of the file. */
  offset: number
  length: number
  digest: Hex
}

/**
 * Finds each core module of jco's in the file: all but the adapters it makes for composed components
 * are verbatim slices.
 */
function locateCoreModules(cores: Transpiled['cores'], bytes: Uint8Array) {
  // By digest, since a hostile file can hold very many core modules of one size.
  const known = new Map(
    coreModuleSlices(bytes).map(({ start, end }) => [toHex(sha256(bytes.subarray(start, end))), start]),
  )
  const slices: CoreSlice[] = []
  const adapters: { name: string; core: Uint8Array }[] = []
  for (const [name, core] of Object.entries(cores)) {
    const digest = toHex(sha256(core))
    const offset = known.get(digest)
    if (offset === undefined) adapters.push({ name, core })
    else slices.push({ name, offset, length: core.length, digest })
  }
  return { slices, adapters }
}
