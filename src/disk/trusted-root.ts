/// <reference types="node" />
/** Trusted roots of Sigstore on the disk, and the verifier, which is loaded with the first bundle. */

import { createRequire } from 'node:module'
import path from 'node:path'
import { problem } from '../errors/raise.js'
import { decodeUtf8, toHex } from '../format/encoding.js'
import type { BundleFault } from '../format/fields.js'
import { type CertifiedNames, readNames } from '../format/fulcio.js'
import { readTrustedRoot } from '../format/trusted-root.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { BundleVerifier } from '../trust/evidence/sigstore.js'
import type { OpenedRoot } from '../trust/identity.js'
import { readRegularFile } from './read-file.js'

/** A root on the disk. Of one that does not come with this package, the date is the newest day that it names. */
export interface RootOnDisk extends OpenedRoot {
  /** Where it is from, in words. */
  source: string
}

/** The largest root that is read, in bytes; that of the public services has 7 kB. */
const MAX_ROOT_BYTES = 2 ** 20

const load = createRequire(import.meta.url)
const folder = () =>
  path.join(path.dirname(load.resolve('unplugin-signed-wasm/package.json')), 'dist/sigstore')

/**
 * Opens a trusted root.
 * @param file absolute path; without one, the root of the public services that comes with this package
 * @throws Diagnostic `TRUSTED_ROOT_INVALID`, `FILE_*`
 */
export function openTrustedRoot(file?: string, display: string = file ?? ''): RootOnDisk {
  const target = file ?? path.join(folder(), 'trusted-root.json')
  const bytes = readRegularFile(target, { display, maxBytes: MAX_ROOT_BYTES })
  if (bytes === undefined)
    throw problem('FILE_UNREADABLE', { file: display, reason: 'there is no such file' })
  const fault: BundleFault = (_, reason) => problem('TRUSTED_ROOT_INVALID', { file: display, reason })
  const text = decodeUtf8(bytes)
  if (text === undefined) throw fault('unreadable', 'it is not UTF-8')
  const root = readTrustedRoot(text, fault)
  let made: BundleVerifier | undefined
  return {
    digest: toHex(sha256(bytes)),
    root,
    verify: (bundle, about) => (made ??= verifier().verifierOf(root))(bundle, about, root),
    ...(file === undefined ? shipped() : { date: newestDay(text), source: display }),
  }
}

const verifier = () => load(path.join(folder(), 'verifier.cjs')) as typeof import('./sigstore-verifier.js')

/** What a certificate says of who signed; nothing of it is checked. @returns `undefined` for what says nothing of the kind */
export function namesIn(certificate: Uint8Array): CertifiedNames | undefined {
  try {
    return readNames(verifier().extensionsOf(certificate))
  } catch {
    return undefined
  }
}

function shipped(): Pick<RootOnDisk, 'date' | 'source'> {
  const { trustedRoot } = load(path.join(folder(), 'sigstore.json')) as {
    trustedRoot: { package: string; version: string; date: string }
  }
  return {
    date: trustedRoot.date,
    source: `the public services, from ${trustedRoot.package} ${trustedRoot.version}`,
  }
}

const newestDay = (text: string): string =>
  [...text.matchAll(/"start":\s*"(\d{4}-\d\d-\d\d)T/g)]
    .map(([, day]) => day!)
    .toSorted()
    .at(-1) ?? '1970-01-01'
