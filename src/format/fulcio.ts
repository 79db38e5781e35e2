/**
 * The names in a certificate of Fulcio: who was logged in, and for which repository.
 * @see https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md
 */

import { decodeUtf8, toLatin1 } from './encoding.js'

/** An extension: its number, and the DER in it. */
export interface Extension {
  oid: string
  value: Uint8Array
}

/** What a certificate says of who signed. */
export interface CertifiedNames {
  issuer: string
  identity: string
  /** The repository from which a workflow was called. */
  repository: string | undefined
  /** The branch or tag in it. */
  ref: string | undefined
}

const FULCIO = '1.3.6.1.4.1.57264.1.'
const ALTERNATIVE_NAME = '2.5.29.17'

/** Reads the names; `undefined` when one that has to be there is not, or is there in two ways. */
export function readNames(extensions: readonly Extension[]): CertifiedNames | undefined {
  const find = (oid: string) => extensions.filter((one) => one.oid === oid).map(({ value }) => value)
  const text = (number: number): string | undefined | null => {
    const [value, ...more] = find(FULCIO + number)
    return value === undefined ? undefined : more.length > 0 ? null : (textIn(value, [UTF8_STRING]) ?? null)
  }
  const [issuer, repository, ref] = [text(8) ?? oldIssuer(find(`${FULCIO}1`), text(8)), text(12), text(14)]
  const [names, ...more] = find(ALTERNATIVE_NAME)
  const list = names && contentOf(names, [SEQUENCE])
  const identity = list && more.length === 0 ? textIn(list, [ADDRESS, URI]) : undefined
  if (typeof issuer !== 'string' || identity === undefined || repository === null || ref === null)
    return undefined
  return { issuer, identity, repository, ref }
}

/** Certificates of before 2023 have the issuer as bare bytes. */
function oldIssuer(found: readonly Uint8Array[], current: string | undefined | null): string | undefined {
  return current === undefined && found.length === 1 ? decodeUtf8(found[0]!) : undefined
}

// Tags of DER. A general name is an address of electronic mail or a URI, both IA5String.
const [SEQUENCE, UTF8_STRING, ADDRESS, URI] = [0x30, 0x0c, 0x81, 0x86]

/** The one text that some DER is. What is no ASCII in an IA5String stays apart from what is. */
function textIn(der: Uint8Array, tags: readonly number[]): string | undefined {
  const content = contentOf(der, tags)
  if (content === undefined) return undefined
  return der[0] === UTF8_STRING ? decodeUtf8(content) : toLatin1(content)
}

/** The content of the one value that some DER is. */
function contentOf(der: Uint8Array, tags: readonly number[]): Uint8Array | undefined {
  const [tag, first] = [der[0], der[1]]
  if (tag === undefined || first === undefined || !tags.includes(tag)) return undefined
  const count = first < 0x80 ? 0 : first & 0x7f
  if (count > 2) return undefined
  const length = count === 0 ? first : der.subarray(2, 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  const content = der.subarray(2 + count)
  return content.length === length ? content : undefined
}
