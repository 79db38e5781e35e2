/** `signed-wasm.json`: what a team demands, from its text to checked values. Keys are read by whoever has a disk. */

import { has } from '../errors/check.js'
import { problem } from '../errors/raise.js'
import { type Hex, fromBase64, toHex } from '../format/encoding.js'
import { type JsonFault, placeOf } from '../format/json.js'
import type { Placed, TypeOf } from './declare.js'
import { type FilePattern, readPattern } from './pattern.js'
import { type LockLevel, type POLICY_FIELDS, type POLICY_SHAPE, readStructure } from './policy-shape.js'
import { compileImports, type ImportPattern } from './surface.js'

/** A rule, checked by itself. */
export interface FileRule {
  /** Where it begins in the text. */
  at: number
  files: readonly FilePattern[]
  except: readonly FilePattern[]
  /** Names; none for a pin. */
  signers: readonly Placed<string>[]
  threshold: number
  imports?: readonly ImportPattern[] | undefined
  lock?: LockLevel | undefined
  unsigned?: string | undefined
}

/** A signer as it was written: a key, or an identity. */
export type WrittenSigner =
  | { key: string; until?: string | undefined }
  | { issuer: string; identity: string; repository?: string | undefined }

/** The key of a signer; nothing for an identity. */
export const keyOf = (signer: WrittenSigner): string | undefined =>
  has(signer, 'key') ? signer.key : undefined

/** The day until which a signer signs; identities sign without end. */
export const untilOf = (signer: WrittenSigner): string | undefined =>
  has(signer, 'key') ? signer.until : undefined

/** A policy as it was written. */
export interface PolicyFile {
  /** As people see its path. */
  file: string
  text: string
  signers: ReadonlyMap<string, Placed<WrittenSigner>>
  rules: readonly FileRule[]
  denied: readonly Hex[]
  mode: TypeOf<typeof POLICY_FIELDS.mode.shape> | undefined
  detached: boolean
  /** The path of a trusted root, from the folder of the policy. */
  trustedRoot: string | undefined
  /** Whether what jco makes may be kept. */
  cache: boolean
}

/**
 * Reads a policy and checks all that is written in it.
 * @param file its path as people see it
 * @throws Diagnostic `POLICY_INVALID` with line and column
 */
export function parsePolicyFile(text: string, file: string): PolicyFile {
  const fault = faultIn(text, file)
  const read = readStructure(text, fault)
  const { signers, rules, denied = [], mode, detached = false, cache = true, trustedRoot } = read
  return {
    file,
    text,
    signers,
    rules: rules.map((rule) => checkRule(rule, signers, fault)),
    denied: denied.map(readDigest),
    mode,
    detached,
    cache,
    trustedRoot,
  }
}

/** What is thrown about a place in a policy. */
export function faultIn(source: string, file: string): JsonFault {
  return (at, reason) => problem('POLICY_INVALID', { file, reason, place: { file, ...placeOf(source, at) } })
}

type RawRule = TypeOf<typeof POLICY_SHAPE>['rules'][number]
type Signers = TypeOf<typeof POLICY_SHAPE>['signers']

function checkRule({ at, value: raw }: RawRule, known: Signers, fault: JsonFault): FileRule {
  const files = readPatterns(raw.files, fault)
  const except = readPatterns(raw.except ?? [], fault)
  if (has(raw, 'unsigned')) return { at, files, except, signers: [], threshold: 0, unsigned: raw.unsigned }
  const { signers, threshold, imports, lock } = raw
  for (const { at: place, value: name } of signers)
    if (!known.has(name)) throw fault(place, describeUnknownSigner(name, [...known.keys()]))
  if (threshold !== undefined && threshold.value > signers.length)
    throw fault(threshold.at, `the rule names fewer signers than this: ${signers.length}`)
  const ending = signers.find(({ value }) => untilOf(known.get(value)!.value) !== undefined)
  if (ending !== undefined && lock !== undefined && lock !== 'exact')
    throw fault(ending.at, `${ending.value} signs until a day, so that the rule must have "lock": "exact"`)
  return {
    at,
    files,
    except,
    signers,
    threshold: threshold?.value ?? 1,
    imports: imports && readImports(imports, fault),
    lock: ending === undefined ? lock : 'exact',
  }
}

function readPatterns(written: readonly Placed<string>[], fault: JsonFault): FilePattern[] {
  return written.map(({ at, value }) => {
    const pattern = readPattern(value)
    if (typeof pattern === 'string') throw fault(at, `this names no files: ${pattern}`)
    return pattern
  })
}

function readImports(written: readonly Placed<string>[], fault: JsonFault): ImportPattern[] {
  return written.map(({ at, value }) => {
    const pattern = compileImports(value)
    if (pattern === undefined)
      throw fault(at, 'this must be the name of an import, or the beginning of names with one * at the end')
    return pattern
  })
}

function describeUnknownSigner(name: string, known: readonly string[]): string {
  const there = known.length === 0 ? 'there are none' : `there are: ${known.join(', ')}`
  return `no signer is called ${JSON.stringify(name)} (${there})`
}

function readDigest(written: string): Hex {
  return written.startsWith('sha256-') ? toHex(fromBase64(written.slice(7))!) : written.toLowerCase()
}
