/**
 * Assembles binaries byte by byte, and signs them with node:crypto alone.
 *
 * Written from the format's text and sharing no code with `src`, so that it can disagree with it.
 */

import { damaged } from '../../src/errors/raise.js'
import { decodeSignature as decode } from '../../src/format/signature.js'
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signWithNode,
} from 'node:crypto'

/** A byte, bytes, or text in UTF-8. */
export type Part = number | string | Uint8Array | readonly Part[]

/** All parts one after another. */
export function bytes(...parts: readonly Part[]): Uint8Array {
  const flat = parts.flatMap((part): number[] => {
    if (typeof part === 'number') return [part]
    if (typeof part === 'string') return [...Buffer.from(part)]
    return part instanceof Uint8Array ? [...part] : [...bytes(...part)]
  })
  return Uint8Array.from(flat)
}

/** LEB128 of an unsigned number. @param width pads to so many bytes */
export function leb(value: number, width = 1): Uint8Array {
  const digits: number[] = []
  for (let rest = value; digits.length < width || rest > 0; rest = Math.floor(rest / 128))
    digits.push(rest % 128)
  return Uint8Array.from(digits, (digit, index) => (index < digits.length - 1 ? digit + 128 : digit))
}

/** The parts behind their length. */
export function prefixed(...parts: readonly Part[]): Uint8Array {
  const content = bytes(...parts)
  return bytes(leb(content.length), content)
}

/** A section. @param width of its size field */
export function section(id: number, content: Part, width = 1): Uint8Array {
  const payload = bytes(content)
  return bytes(id, leb(payload.length, width), payload)
}

/** A custom section. */
export function custom(
  name: Part,
  content: Part = [],
  { sizeWidth = 1, nameWidth = 1 }: { sizeWidth?: number; nameWidth?: number } = {},
): Uint8Array {
  return section(0, [leb(bytes(name).length, nameWidth), name, content], sizeWidth)
}

export const CORE = bytes(0x00, 'asm', 0x01, 0x00, 0x00, 0x00)
export const COMPONENT = bytes(0x00, 'asm', 0x0d, 0x00, 0x01, 0x00)

/** A core module of these sections. */
export const coreModule = (...sections: readonly Part[]) => bytes(CORE, ...sections)

/** A component of these sections. */
export const component = (...sections: readonly Part[]) => bytes(COMPONENT, ...sections)

/** A section that holds a core module, in a component. */
export const coreSection = (...sections: readonly Part[]) => section(1, coreModule(...sections))

/** A delimiter. @param fill its 16 bytes */
export const delimiter = (fill: number, length = 16) =>
  custom('signature_delimiter', new Uint8Array(length).fill(fill))

/** A signature section. @param payload as {@link signatureData} makes it */
export const signatureSection = (payload: Part, widths: { sizeWidth?: number; nameWidth?: number } = {}) =>
  custom('signature', payload, widths)

/** A key that node:crypto holds. */
export interface TestKey {
  name: string
  seed: Uint8Array
  publicKey: Uint8Array
  secret: KeyObject
}

/** PKCS#8 of an Ed25519 seed. @see RFC 8410, section 7 */
export const pkcs8 = (seed: Uint8Array) => bytes(Buffer.from('302e020100300506032b657004220420', 'hex'), seed)

/** SubjectPublicKeyInfo of an Ed25519 key. @see RFC 8410, section 4 */
export const spki = (publicKey: Uint8Array) =>
  bytes(Buffer.from('302a300506032b6570032100', 'hex'), publicKey)

function testKey(name: string): TestKey {
  const seed = createHash('sha256').update(`test key of ${name}`).digest()
  const secret = createPrivateKey({ key: Buffer.from(pkcs8(seed)), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)
  return { name, seed: Uint8Array.from(seed), publicKey: Uint8Array.from(publicKey), secret }
}

/** Keys for tests, always the same. */
export const [ALICE, BOB, MALLORY] = [testKey('alice'), testKey('bob'), testKey('mallory')] as const

/** SHA-256 of the parts. */
export const hash = (...parts: readonly Part[]) =>
  Uint8Array.from(
    createHash('sha256')
      .update(bytes(...parts))
      .digest(),
  )

/** Signs the message of these hashes. */
export function signHashes(key: TestKey, hashes: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(signWithNode(null, bytes('wasmsig', 1, 1, 1, ...hashes), key.secret))
}

/** A signature record, without the length in front of it. */
export function record(
  signature: Uint8Array,
  { keyId = [], algorithm = 1, rest = [] }: { keyId?: Part; algorithm?: number; rest?: Part } = {},
): Uint8Array {
  return bytes(prefixed(keyId), algorithm, prefixed(signature), rest)
}

/** A signature set, without the length in front of it. */
export function signatureSet(hashes: readonly Uint8Array[], records: readonly Uint8Array[]): Uint8Array {
  return bytes(leb(hashes.length), ...hashes, leb(records.length), ...records.map((item) => prefixed(item)))
}

/** A set of these hashes signed by each of the keys, without key ids. */
export const signedSet = (hashes: readonly Uint8Array[], ...keys: readonly TestKey[]) =>
  signatureSet(
    hashes,
    keys.map((key) => record(signHashes(key, hashes))),
  )

/** The payload of a signature section. */
export const signatureData = (...sets: readonly Uint8Array[]) =>
  bytes(1, 1, 1, leb(sets.length), ...sets.map((set) => prefixed(set)))

/** A component of `content`, signed whole by each of the keys, one hash. */
export const signedComponent = (content: Part, ...keys: readonly TestKey[]) =>
  component(signatureSection(signatureData(signedSet([hash(content)], ...keys))), content)

/** Decodes signature data as a verifier does. */
export const decodeSignature = (payload: Uint8Array) => decode(payload, damaged)
