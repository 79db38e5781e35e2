/** Keys as PEM. */

import { problem } from '../../errors/raise.js'
import { encodeUtf8, fromBase64, toBase64 } from '../../format/encoding.js'
import { readOpenSshSecret } from './openssh.js'
import { type Found, readDer, unreadable } from './raw.js'

export function pem(label: string, der: Uint8Array): Uint8Array {
  const lines = toBase64(der).match(/.{1,64}/g)!
  return encodeUtf8([`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n'))
}

export function readPem(text: string, source: string): Found[] {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----/g)]
  if (blocks.length !== text.split('-----BEGIN ').length - 1)
    throw unreadable(source, 'a PEM block is not complete')
  return blocks.map(([, label, body]) => readPemBlock(label!, body!.replace(/\s/g, ''), source))
}

function readPemBlock(label: string, body: string, source: string): Found {
  if (label === 'ENCRYPTED PRIVATE KEY') throw problem('KEY_ENCRYPTED', { source })
  const bytes = fromBase64(body)
  if (bytes === undefined) throw unreadable(source, 'a PEM block is not base64')
  if (label === 'OPENSSH PRIVATE KEY') return readOpenSshSecret(bytes, source)
  const found = readDer(bytes)
  const kind = { 'PUBLIC KEY': 'public', 'PRIVATE KEY': 'secret' }[label]
  if (kind === undefined || found?.kind !== kind)
    throw unreadable(source, `its PEM block "${label}" is not an Ed25519 key`)
  return found
}
