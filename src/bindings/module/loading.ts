/** The part of a generated module that gets the file, checks it as asked, and compiles its core modules. */

import { equalBytes, fromHex, toHex } from '../../format/encoding.js'
import { Admitted } from '../../policy/admitted.js'
import type { Pinned } from '../../runtime/pinned.js'
import { sha256 } from '../../trust/crypto/rule.js'
import type { TrustedKey } from '../../trust/keys/trusted-key.js'
import { coreIndex } from '../jco/core-names.js'
import type { Transpiled } from '../jco/transpiled.js'
import type { ModuleInput, Piece } from './input.js'
import { base64, literal, local } from './names.js'
import type { RuntimeFunction } from './runtime.js'

/** A piece that loads, and what it holds of core modules that jco itself has made. */
export interface Loading extends Piece {
  adapters: readonly Uint8Array[]
}

/** `$signedWasmLoad`, which gets the file, checks it as asked, and compiles its core modules. */
export function generateLoading({ transpiled, admitted, source, recheck }: ModuleInput): Loading {
  const { slices, adapters } = locateCoreModules(transpiled.cores, admitted)
  const functions = new Set<RuntimeFunction>()
  const call = (name: RuntimeFunction, ...args: string[]) => {
    functions.add(name)
    return `${local(name)}(${args.join(', ')})`
  }
  const base = admitted.contentStart
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
    if (source.kind === 'inline') return compile(call('decodeBase64', literal(base64(admitted.bytes))), 0)
    const url = source.expression
    switch (recheck.kind) {
      case 'digest':
        return compile(call('readPinned', url, literal(`sha256-${base64(fromHex(admitted.digest)!)}`)), 0)
      case 'signature':
        return compile(call('readSigned', url, literal(pin(recheck.keys, slices, admitted))), base)
      case 'off': {
        const [only, ...others] = slices
        if (only !== undefined && others.length + adapters.length === 0)
          return call('compileStreaming', url, literal([only.name, only.offset - base, only.length]))
        const ends = slices.map(({ offset, length }) => offset - base + length)
        return compile(call('readContent', url, String(Math.max(0, ...ends))), base)
      }
    }
  }
  return {
    code: `const $signedWasmLoad = () => ${load()};`,
    functions,
    adapters: adapters.map(({ core }) => core),
  }
}

function pin(keys: readonly TrustedKey[], slices: readonly CoreSlice[], admitted: Admitted): Pinned {
  const { bytes, contentStart: base, contentDigest, sidecars } = admitted
  return {
    keys: keys.map(({ name, publicKey }) => [name, base64(publicKey)]),
    digest: contentDigest,
    slices: slices.map(({ offset, length }) => [
      offset - base,
      length,
      toHex(sha256(bytes.subarray(offset, offset + length))),
    ]),
    ...(sidecars.signature && { detached: base64(sidecars.signature) }),
  }
}

/** A core module that stands in the file. */
interface CoreSlice {
  name: string
  /** From the start of the file. */
  offset: number
  length: number
}

/**
 * Finds each core module of jco's in the file: all but the adapters that it makes for composed components are verbatim
 * slices, and have their numbers. Equal bytes are what counts: whatever is not where its number says is an adapter.
 */
function locateCoreModules(cores: Transpiled['cores'], { bytes, cores: held }: Admitted) {
  const slices: CoreSlice[] = []
  const adapters: { name: string; core: Uint8Array }[] = []
  for (const [name, core] of Object.entries(cores)) {
    const slice = held[coreIndex(name)]
    if (slice !== undefined && equalBytes(core, bytes.subarray(slice.start, slice.end)))
      slices.push({ name, offset: slice.start, length: core.length })
    else adapters.push({ name, core })
  }
  return { slices, adapters }
}
