/** The door for people without a bundler: get a signed file, verify it, use it. */

import { anything, check, type Check, oneOf } from './errors/check.js'
import { problem } from './errors/raise.js'
import type { Hex } from './format/encoding.js'
import { judgeAsync } from './policy/judge.js'
import { createPolicy } from './policy/policy.js'
import { bytesOf, readComponent } from './runtime/get.js'
import { parsePublicKeys } from './trust/keys/read.js'
import type { TrustedKey } from './trust/keys/trusted-key.js'

export type { InstantiateComponent, InstantiateOptions } from './runtime/instantiate.js'

export { Diagnostic } from './errors/diagnostic.js'

/** How a file is loaded. */
export interface LoadOptions {
  /** Who may sign; any one of them. A key in any text or binary format that `keys` of the plugin takes as a literal. */
  keys: KeyData | readonly KeyData[]
  /** The content of a detached signature. When the file carries a signature as well, both must hold. */
  detached?: Uint8Array | undefined
  /** Fingerprints of keys and digests of contents that are refused, whoever signed. */
  revoked?: Iterable<Hex> | undefined
  /** `module` compiles a core module. @default 'bytes' */
  as?: 'bytes' | 'module' | undefined
}

/** A public key. */
export type KeyData = string | Uint8Array | TrustedKey

/**
 * Fetches or reads a signed wasm file and verifies it before anyone else sees a byte of it.
 * @param source where the file is: a `file:` URL where there is Node's file system, anything that `fetch` takes
 *   elsewhere; or what a `fetch` of your own has answered
 * @returns the bytes that were verified, or what was compiled from them
 * @throws Diagnostic with the code of a build, such as `CONTENT_MODIFIED`; an Error with `code`
 *   `COMPONENT_UNREADABLE`; `KEY_*` for unusable keys
 */
export function loadVerified(
  source: URL | string | Response,
  options: LoadOptions & { as: 'module' },
): Promise<WebAssembly.Module>

export function loadVerified(
  source: URL | string | Response,
  options: LoadOptions & { as?: 'bytes' },
): Promise<Uint8Array<ArrayBuffer>>

export async function loadVerified(
  source: URL | string | Response,
  options: LoadOptions,
): Promise<Uint8Array | WebAssembly.Module> {
  const { as = 'bytes', keys, detached, revoked = [] } = check(options, CHECKS, '')
  // Before anything is waited for: what was passed may be changed meanwhile.
  const policy = createPolicy({ signers: readKeys(keys), denied: revoked })
  const signature = detached && Uint8Array.from(detached)
  const bytes = await (source instanceof Response ? bytesOf(source) : readComponent(source))
  const judgement = await judgeAsync(
    {
      name: source instanceof Response ? source.url : String(source),
      bytes,
      layer: as === 'module' ? 'core module' : undefined,
      sidecars: { signature },
    },
    policy,
  )
  if (judgement.action !== 'accept') throw judgement.problem
  return as === 'module' ? WebAssembly.compile(bytes) : bytes
}

const CHECKS: Record<keyof LoadOptions, Check> = {
  keys: anything,
  detached: (value) => (value instanceof Uint8Array ? undefined : 'a Uint8Array'),
  revoked: anything,
  as: oneOf('bytes', 'module'),
}

function readKeys(data: LoadOptions['keys'] = []): TrustedKey[] {
  const list = [data].flat() as readonly KeyData[]
  const keys = list.flatMap((key, index) =>
    typeof key === 'string' || key instanceof Uint8Array ? parsePublicKeys(key, `keys[${index}]`) : [key],
  )
  if (keys.length === 0) throw problem('NO_TRUSTED_KEYS', { looked: [] })
  return keys
}
