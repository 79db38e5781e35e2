/** Policies, locks and files for tests, from what a team would write. */

import { createHash } from 'node:crypto'
import { policyOf, type PolicySetup } from '../../src/policy/assemble.js'
import { enter } from '../../src/policy/enter.js'
import { judge, type Subject } from '../../src/policy/judge.js'
import { formatLock, type Lock, type LockEntry, parseLock } from '../../src/policy/lock.js'
import type { Policy } from '../../src/policy/policy.js'
import { parsePolicyFile } from '../../src/policy/policy-file.js'
import { parsePublicKeys } from '../../src/trust/keys/read.js'
import type { TrustedKey } from '../../src/trust/keys/trusted-key.js'
import { component as ofParts, section, signedComponent, type TestKey } from './sections.js'
import { attributes, bytes, implementing } from './names.js'

/** A policy as a team writes it; each signer's `key` is the key itself. */
export interface Written {
  signers: Record<string, { key: string; until?: string | undefined }>
  rules: object[]
  denied?: readonly string[]
}

/** A signer of a test key. */
export const signer = ({ publicKey }: TestKey, until?: string): Written['signers'][string] => ({
  key: Buffer.from(publicKey).toString('hex'),
  ...(until !== undefined && { until }),
})

/** A key is checked when it is read, which takes longer than all else here. */
const read = new Map<string, readonly TrustedKey[]>()
function keysIn(text: string): readonly TrustedKey[] {
  const keys = read.get(text) ?? parsePublicKeys(text, 'key')
  read.set(text, keys)
  return keys
}

/** The policy that a file with this in it makes. */
export function policyFrom(written: Written, setup: Omit<PolicySetup, 'keys'> = {}): Policy {
  const file = parsePolicyFile(JSON.stringify(written, undefined, 2), 'signed-wasm.json')
  const keys = new Map(
    [...file.signers].flatMap(([name, { value }]) =>
      'key' in value ? [[name, keysIn(value.key)] as const] : [],
    ),
  )
  return policyOf(file, { keys, ...setup })
}

/** What a component is made of: names of its imports and exports, `a (wasi:sockets/tcp@0.2.0)` for a label, and anything. */
export interface Parts {
  imports?: readonly string[]
  exports?: readonly string[]
  fill?: string
}

/** The sections of a component. */
export function contentOf({ imports = [], exports = [], fill = '' }: Parts): Uint8Array {
  const named = (name: string) => {
    const [label, implemented] = name.replace(')', '').split(' (') as [string, string | undefined]
    return implemented === undefined
      ? bytes(0x00, name)
      : bytes(0x02, label, attributes(implementing(implemented)))
  }
  return bytes(
    section(10, [imports.length, ...imports.map((name) => bytes(named(name), 0x05, 0x00))]),
    section(11, [exports.length, ...exports.map((name) => bytes(named(name), 0x05, 0x00, 0x00))]),
    section(0, bytes('fill', fill)),
  )
}

/** A component that some have signed. */
export const signedOf = (parts: Parts, ...keys: readonly TestKey[]) =>
  keys.length === 0 ? ofParts(contentOf(parts)) : signedComponent(contentOf(parts), ...keys)

/** A core module that imports from modules of these names, signed by nobody. */
export function coreOf({ imports = [], fill = '' }: Parts): Uint8Array {
  const items = imports.map((name) => bytes(name, 'f', 0x00, 0x00))
  return bytes(
    Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    section(1, [1, 0x60, 0, 0]),
    section(2, [imports.length, ...items]),
    section(0, bytes('fill', fill)),
  )
}

/** The lock that holds these files. */
export function lockOf(
  policy: Policy,
  files: Readonly<Record<string, Uint8Array>>,
  extra: Omit<Partial<Subject>, 'path'> = {},
): Lock {
  const entries = new Map<string, LockEntry[]>()
  for (const [path, content] of Object.entries(files)) {
    const { item } = enter({ name: path, path, bytes: content, ...extra }, policy)
    if (item !== undefined) entries.set(item.name, [...(entries.get(item.name) ?? []), item.entry])
  }
  return parseLock(formatLock(entries))
}

/** What becomes of a file: `accept`, or the action and the code. */
export function fateOf(
  path: string,
  content: Uint8Array,
  policy: Policy,
  extra: Omit<Partial<Subject>, 'path'> = {},
): string {
  const judgement = judge({ name: path, path, bytes: content, ...extra }, policy)
  return judgement.action === 'accept' ? 'accept' : `${judgement.action} ${judgement.problem.code}`
}

/** The digest of what signatures of this content cover, as `denied` takes it. */
export const digestOf = (content: Uint8Array) => createHash('sha256').update(content).digest('hex')
