/** The part of a generated module that gets the file, checks it as asked, and compiles its core modules. */

import { fromHex, toHex } from '../../format/encoding.js'
import type { Admitted } from '../../policy/admitted.js'
import type { Pinned } from '../../runtime/pinned.js'
import { sha256 } from '../../trust/crypto/rule.js'
import type { TrustedKey } from '../../trust/keys/trusted-key.js'
import { type CoreSlice, isSlice, locateCores } from './cores.js'
import { handOver } from './handed-over.js'
import type { ModuleInput, Piece } from './input.js'
import { base64, literal, local } from './names.js'
import type { RuntimeFunction } from './runtime.js'

/** A piece that loads, and what it holds of core modules that jco itself has made. */
export interface Loading extends Piece {
  adapters: readonly Uint8Array[]
}

/** `$signedWasmLoad`, which gets the file, checks it as asked, and compiles its core modules. */
export function generateLoading({ transpiled, admitted, source, recheck }: ModuleInput): Loading {
  const cores = locateCores(transpiled.cores, admitted)
  const slices = cores.filter(isSlice)
  const adapters = cores.filter((core) => !isSlice(core))
  const functions = new Set<RuntimeFunction>()
  const call = (name: RuntimeFunction, ...args: string[]) => {
    functions.add(name)
    return `${local(name)}(${args.join(', ')})`
  }
  const base = admitted.contentStart
  /** @param from what offsets count from in that file */
  const compile = (file: string, from: number) => {
    const held = slices.map(
      ({ name, offset, bytes }) =>
        `[${literal(name)}, file.subarray(${offset - from}, ${offset - from + bytes.length})]`,
    )
    const made = adapters.map(
      ({ name, bytes }) => `[${literal(name)}, ${call('decodeBase64', literal(base64(bytes)))}]`,
    )
    return call('compile', file, `(file) => [${[...held, ...made].join(', ')}]`)
  }
  const load = (): string => {
    switch (source.kind) {
      case 'imports':
        return handOver(cores)
      case 'files':
        return call('compileFiles', `[${filesIn(source.expressions)}]`)
      case 'inline':
        return compile(call('decodeBase64', literal(base64(admitted.bytes))), 0)
      case 'url':
        return loadFrom(source.expression)
    }
  }
  const loadFrom = (url: string) => {
    switch (recheck.kind) {
      case 'digest':
        return compile(call('readPinned', url, literal(`sha256-${base64(fromHex(admitted.digest)!)}`)), 0)
      case 'signature':
        return compile(call('readSigned', url, literal(pin(recheck.keys, slices, admitted))), base)
      case 'off': {
        const [only, ...others] = slices
        if (only !== undefined && others.length + adapters.length === 0)
          return call('compileStreaming', url, literal([only.name, only.offset - base, only.bytes.length]))
        const ends = slices.map(({ offset, bytes }) => offset - base + bytes.length)
        return compile(call('readContent', url, String(Math.max(0, ...ends))), base)
      }
    }
  }
  return {
    code: `const $signedWasmLoad = () => ${load()};`,
    functions,
    adapters: adapters.map(({ bytes }) => bytes),
  }
}

const filesIn = (expressions: ReadonlyMap<string, string>) =>
  [...expressions].map(([name, url]) => `[${literal(name)}, ${url}]`).join(', ')

function pin(keys: readonly TrustedKey[], slices: readonly CoreSlice[], admitted: Admitted): Pinned {
  const { contentStart: base, contentDigest, sidecars } = admitted
  return {
    keys: keys.map(({ name, publicKey }) => [name, base64(publicKey)]),
    digest: contentDigest,
    slices: slices.map(({ offset, bytes: core }) => [offset - base, core.length, toHex(sha256(core))]),
    ...(sidecars.signature && { detached: base64(sidecars.signature) }),
  }
}
