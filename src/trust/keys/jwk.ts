/** Keys as JSON Web Keys. @see RFC 8037 */

import { encodeUtf8, fromBase64, toBase64 } from '../../format/encoding.js'
import { type Found, unreadable } from './raw.js'

/** @see RFC 8037, section 2 */
export function jwk(fields: Record<string, Uint8Array>): Uint8Array {
  const encoded = Object.entries(fields).map(([name, bytes]) => [name, toBase64Url(bytes)])
  return encodeUtf8(
    `${JSON.stringify({ kty: 'OKP', crv: 'Ed25519', ...Object.fromEntries(encoded) }, null, 2)}\n`,
  )
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** @see RFC 8037, section 2 */
export function readJwk(text: string, source: string): Found[] {
  let json: { keys?: unknown }
  try {
    json = JSON.parse(text) as { keys?: unknown }
  } catch {
    throw unreadable(source, 'it is not JSON') // the parser's own message would quote the key
  }
  const keys: unknown[] = Array.isArray(json.keys) ? json.keys : [json]
  const found = keys.flatMap((key) => readJwkMember(key as Record<string, unknown> | null, source))
  if (found.length === 0) throw unreadable(source, 'it holds no Ed25519 key (kty OKP, crv Ed25519)')
  return found
}

function readJwkMember(key: Record<string, unknown> | null, source: string): Found[] {
  if (key?.['kty'] !== 'OKP' || key['crv'] !== 'Ed25519') return []
  const publicKey = readJwkField(key['x'], source)
  return [
    key['d'] === undefined
      ? { kind: 'public', publicKey }
      : { kind: 'secret', seed: readJwkField(key['d'], source), publicKey },
  ]
}

function readJwkField(value: unknown, source: string): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined
  if (bytes?.length !== 32) throw unreadable(source, 'a field of the JWK is not 32 bytes of base64url')
  return bytes
}
