/**
 * Trusted roots of Sigstore: which logs and authorities somebody trusts, and since when.
 * @see https://github.com/sigstore/protobuf-specs, sigstore_trustroot.proto
 */

import { type BundleFault, Fields } from './fields.js'
import { readPlainJson } from './plain-json.js'

/** Lists of a root, and where in their items it stands from when on they are trusted. */
const LISTS = {
  tlogs: (item: Fields) => item.object('publicKey').object('validFor'),
  ctlogs: (item: Fields) => item.object('publicKey').object('validFor'),
  certificateAuthorities: (item: Fields) => item.object('validFor'),
  timestampAuthorities: (item: Fields) => item.object('validFor'),
}

/** A trusted root. */
export interface TrustedRoot {
  /** What the logs are known by, in base64. */
  logs: readonly string[]
  /** The root, for the one who verifies. */
  json: unknown
}

/**
 * Reads a trusted root.
 * @throws what `fault` makes of one that is none, or that trusts something without saying since when: a verifier takes that
 *   for always
 */
export function readTrustedRoot(text: string, fault: BundleFault): TrustedRoot {
  const json = readPlainJson(text, (reason) => fault('unreadable', reason))
  const root = new Fields(json, 'the trusted root', fault)
  if (
    !/^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.1|\.v0\.\d\+json)$/.test(
      root.text('mediaType'),
    )
  )
    throw fault('unreadable', 'its media type is none of a trusted root')
  for (const [name, validOf] of Object.entries(LISTS))
    for (const item of root.list(name, 64))
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/.test(validOf(item).text('start')))
        throw fault('unreadable', `one of its ${name} is trusted from no time on`)
  const logs = root.list('tlogs', 64).map((log) => log.object('logId').base64('keyId', 64))
  return { logs, json }
}

/** A log or an authority of a trusted root. */
export interface TrustedService {
  kind: 'log' | 'certificate log' | 'certificate authority' | 'timestamp authority'
  /** Its address. */
  name: string
  /** Since when, and until when, it is trusted; ISO 8601. */
  start: string
  end?: string | undefined
}

const KINDS = [
  ['tlogs', 'log', 'baseUrl'],
  ['certificateAuthorities', 'certificate authority', 'uri'],
  ['ctlogs', 'certificate log', 'baseUrl'],
  ['timestampAuthorities', 'timestamp authority', 'uri'],
] as const

/** What is trusted. */
export function trustedServices({ json }: TrustedRoot): TrustedService[] {
  const fault: BundleFault = (_, reason) => new TypeError(reason)
  const fields = new Fields(json, 'the trusted root', fault)
  return KINDS.flatMap(([list, kind, address]) =>
    fields.list(list, 64).map((item) => {
      const valid = LISTS[list](item)
      return {
        kind,
        name: item.has(address) ? item.text(address) : '(no address)',
        start: valid.text('start'),
        ...(valid.has('end') && { end: valid.text('end') }),
      }
    }),
  )
}
