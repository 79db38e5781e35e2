/** Keys as PEM. */

import { problem } from '../../errors/raise.js'
import { encodeUtf8, fromBase64, toBase64 } from '../../format/encoding.js'
import { readOpenSshSecret } from './openssh.js'
import { readDer } from './der.js'
import { type Found, unreadable } from './raw.js'

export function pem(label: string, der: Uint8Array): Uint8Array {
  const lines = toBase64(der).match(/.{1,64}/g)!
  return encodeUtf8([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n'))
}

/** How a block begins, wherever it stands in a text. */
export const PEM_BEGIN = '-----BEGIN '

export function readPem(text: string, source: string): Found[] {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----((?:[^-]|-(?!----))*)-----END \1-----/g)]
  if (blocks.length !== text.split(PEM_BEGIN).length - 1)
    throw unreadable(source, 'a PEM block is not complete')
  return blocks.map(([, label, body]) => readPemBlock(label!, body!, source))
}

/** @see RFC 1421, section 4.6.1.1, for the header of an encrypted key */
function readPemBlock(label: string, body: string, source: string): Found {
  if (label === 'ENCRYPTED PRIVATE KEY' || /Proc-Type:\s*4,ENCRYPTED/.test(body))
    throw problem('KEY_ENCRYPTED', { source })
  const kind = { 'PUBLIC KEY': 'public', 'PRIVATE KEY': 'secret', 'OPENSSH PRIVATE KEY': 'openssh' }[label]
  if (kind === undefined) throw unreadable(source, `it is a PEM block "${label}", which is no Ed25519 key`)
  const bytes = fromBase64(body.replace(/\s/g, ''))
  if (bytes === undefined) throw unreadable(source, 'a PEM block is not base64')
  if (kind === 'openssh') return readOpenSshSecret(bytes, source)
  const found = readDer(bytes, source)
  if (found?.kind !== kind) throw unreadable(source, `its PEM block "${label}" holds something else`)
  return found
}
