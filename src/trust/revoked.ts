/** What is revoked: fingerprints of keys and digests of contents. */

import { problem } from '../errors/raise.js'
import type { Hex } from '../format/encoding.js'

/**
 * A set of SHA-256 digests that nobody else holds, in lower case as they are compared.
 * @throws Diagnostic `OPTION_INVALID` for what no digest could equal, which would be revoked for its author only
 */
export function readRevoked(list: Iterable<Hex> = []): ReadonlySet<Hex> {
  const digests = isIterable(list) ? [...list] : [undefined]
  if (!digests.every((digest) => typeof digest === 'string' && /^[0-9a-f]{64}$/i.test(digest)))
    throw problem('OPTION_INVALID', {
      option: 'revoked',
      must: 'a list of fingerprints and digests, 64 hexadecimal digits each',
    })
  return new Set((digests as Hex[]).map((digest) => digest.toLowerCase()))
}

const isIterable = (value: unknown): value is Iterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.iterator in value
