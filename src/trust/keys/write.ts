/** Keys to files, in every format that is written. */

import { concatBytes, encodeUtf8, toBase64 } from '../../format/encoding.js'
import { PKCS8_PREFIX, SPKI_PREFIX } from '../crypto/node.js'
import { jwk } from './jwk.js'
import { sshPublicKey, sshSecretKey } from './openssh.js'
import { pem } from './pem.js'
import { RAW_PUBLIC, RAW_SECRET } from './raw.js'
import type { SecretKey } from './trusted-key.js'

/** The formats keys are written in. */
export type KeyFormat = 'pem' | 'raw' | 'jwk' | 'openssh'

/** Every {@link KeyFormat}. */
export const KEY_FORMATS: readonly KeyFormat[] = ['pem', 'raw', 'jwk', 'openssh']

const PUBLIC_WRITERS: Record<KeyFormat, (publicKey: Uint8Array) => Uint8Array> = {
  raw: (publicKey) => concatBytes(Uint8Array.of(RAW_PUBLIC), publicKey),
  pem: (publicKey) => pem('PUBLIC KEY', concatBytes(SPKI_PREFIX, publicKey)),
  jwk: (publicKey) => jwk({ x: publicKey }),
  openssh: (publicKey) => encodeUtf8(`ssh-ed25519 ${toBase64(sshPublicKey(publicKey))}\n`),
}

const SECRET_WRITERS: Record<KeyFormat, (key: SecretKey) => Uint8Array> = {
  raw: ({ seed, publicKey }) => concatBytes(Uint8Array.of(RAW_SECRET), seed, publicKey),
  pem: ({ seed }) => pem('PRIVATE KEY', concatBytes(PKCS8_PREFIX, seed)),
  jwk: ({ seed, publicKey }) => jwk({ x: publicKey, d: seed }),
  openssh: (key) => pem('OPENSSH PRIVATE KEY', sshSecretKey(key)),
}

/** A public key as the content of a file. */
export function formatPublicKey({ publicKey }: Pick<SecretKey, 'publicKey'>, format: KeyFormat): Uint8Array {
  return PUBLIC_WRITERS[format](publicKey)
}

/** A secret key as the content of a file. */
export function formatSecretKey(key: SecretKey, format: KeyFormat): Uint8Array {
  return SECRET_WRITERS[format](key)
}
