/** Bundles of Sigstore, good ones and attacks, as `test/fixtures/sigstore/make.mjs` has made and packed them. */

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

const FIXTURES = path.join(import.meta.dirname, '../fixtures')
const read = (file: string) => readFileSync(path.join(FIXTURES, file))
const json = (file: string) => JSON.parse(read(file).toString()) as unknown

/** Who a bundle may be of. */
export interface Identity {
  issuer: string
  identity: string
  repository?: string
}

/** A bundle beside {@link HELLO}, who it is asked about, and what is to be said of it: `accept` or the kind of a refusal. */
export interface IdentityCase {
  name: string
  expect: string
  signer: Identity
  /** The text of the file. */
  bundle: string
}

/** The component that all bundles stand beside. */
export const HELLO = new Uint8Array(read('components/hello/hello.wasm'))

/** The root of the services that made them. */
export const MOCK_ROOT = read('sigstore/trusted-root.json').toString()

/** That of the public services, as of 2026. */
export const PUBLIC_ROOT = read('sigstore/public-root.json').toString()

/** The release workflow of acme/hello at its tag v1.2.0. */
export const ACME: Identity = {
  issuer: 'https://token.actions.githubusercontent.com',
  identity: 'https://github.com/acme/hello/.github/workflows/release.yml@refs/tags/v1.2.0',
}

type Edit = [of: string, at: number, removed: number, inserted: string]
interface Readable {
  verificationMaterial?: {
    certificate?: { rawBytes: string }
    x509CertificateChain?: { certificates: { rawBytes: string }[] }
    tlogEntries?: { canonicalizedBody?: unknown }[]
  }
}

/** All of them, in the order of the table. */
export function identityCases(): IdentityCase[] {
  const texts = unpack(json('sigstore/bundles.json') as [string, Edit | Readable | string][])
  const rows = json('sigstore/cases.json') as Omit<IdentityCase, 'bundle'>[]
  return rows.map((row) => ({ ...row, signer: row.signer ?? ACME, bundle: texts.get(row.name)! }))
}

/** The text of one of them. */
export function bundleNamed(name: string): string {
  const found = identityCases().find((one) => one.name === name)
  if (found === undefined) throw new Error(`there is no bundle named ${name}`)
  return found.bundle
}

function unpack(packed: readonly [string, Edit | Readable | string][]): Map<string, string> {
  const [texts, certificates] = [new Map<string, string>(), new Map<string, string>()]
  for (const [name, item] of packed) {
    if (typeof item === 'string') texts.set(name, item)
    else if (Array.isArray(item) && typeof item[0] === 'string') {
      const [of, at, removed, inserted] = item
      const from = texts.get(of)!
      texts.set(name, from.slice(0, at) + inserted + from.slice(at + removed))
    } else texts.set(name, JSON.stringify(expand(name, item as Readable, certificates)))
  }
  return texts
}

/** Puts a certificate back in its places: by itself, and as text in what the log says. */
function expand(name: string, bundle: Readable, certificates: Map<string, string>): Readable {
  const { certificate, x509CertificateChain: chain, tlogEntries } = bundle.verificationMaterial ?? {}
  const [entry, leaf] = [tlogEntries?.[0], certificate ?? chain?.certificates[0]]
  if (leaf === undefined || typeof entry?.canonicalizedBody !== 'object') return bundle
  leaf.rawBytes = certificates.get(leaf.rawBytes) ?? leaf.rawBytes
  certificates.set(`<${name}>`, leaf.rawBytes)
  const pem = new X509Certificate(Buffer.from(leaf.rawBytes, 'base64')).toString()
  const body = JSON.stringify(entry.canonicalizedBody)
  entry.canonicalizedBody = toBase64(body.replace('<certificate>', toBase64(pem)))
  return bundle
}

const toBase64 = (text: string) => Buffer.from(text).toString('base64')
