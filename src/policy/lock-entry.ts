/** What a lock holds of a file that is judged, and how a file differs from that. */

import { has } from '../errors/check.js'
import { fromHex, toBase64 } from '../format/encoding.js'
import { sha256 } from '../trust/crypto/rule.js'
import type { Signer } from '../trust/statement.js'
import type { Verdict } from '../trust/verdict.js'
import type { Candidate } from './candidate.js'
import type { LockEntry, Sri } from './lock.js'
import { LOCK_LEVELS, type LockLevel } from './policy-shape.js'
import { interfaceOf } from './surface.js'

/** How much of a file is locked; `pin` is every byte of what nobody has signed. */
export type HeldLevel = LockLevel | 'pin'

/** How much of a file its rules want locked: the most that any of them wants. */
export function levelOf({ rules, origin }: Candidate): HeldLevel {
  if (rules.some(({ unsigned }) => unsigned !== undefined)) return 'pin'
  // The lock of the package manager holds the bytes of what is from a registry.
  const usual = origin === 'registry' ? 'shape' : 'exact'
  const wanted = rules.map(({ lock = usual }) => lock)
  return LOCK_LEVELS.find((level) => wanted.includes(level)) ?? 'none'
}

/**
 * What a lock would hold of a file.
 * @throws Diagnostic `WASM_MALFORMED`, `FEATURE_UNKNOWN`
 */
export function entryOf(candidate: Candidate, level: HeldLevel = levelOf(candidate)): LockEntry {
  const { verdict, holder } = candidate
  const content = () => sri(candidate.contentHash)
  if (level === 'pin')
    return holder === undefined
      ? { file: sri(sha256(candidate.bytes)), ...shapeOf(candidate) }
      : { file: sri(sha256(holder)) }
  const signers = signersIn(verdict).map(({ name }) => name)
  if (holder !== undefined) return { contents: [content()], signers }
  return { ...(level === 'exact' && { content: content() }), signers, ...shapeOf(candidate) }
}

/** Whoever has signed it, denied or not: to deny a key must not make of a file what the lock holds. */
function signersIn(verdict: Verdict): readonly Signer[] {
  if (verdict.status === 'verified') return [...verdict.signers, ...(verdict.denied ?? [])]
  return has(verdict, 'signers') ? verdict.signers : []
}

/** Core modules name what they export for nobody but their own scripts. */
function shapeOf({ surface, layer }: Candidate): Pick<LockEntry, 'imports' | 'exports'> {
  return layer === 'core module' ? { imports: surface.imports } : surface
}

/** A digest as locks have it. @param digest bytes, or hexadecimal */
export function sri(digest: Uint8Array | string): Sri {
  return `sha256-${toBase64(typeof digest === 'string' ? fromHex(digest)! : digest)}`
}

/** What a file has that its entry has not, and the other way round, in words; nothing where it may pass. */
export function differences(entry: LockEntry, now: LockEntry, level: Exclude<HeldLevel, 'none'>): string[] {
  const isPinned = entry.file !== undefined
  if (isPinned !== (level === 'pin'))
    return [
      isPinned
        ? 'it is locked as unsigned, and its rules name signers'
        : 'it is locked as signed, and its rule says "unsigned"',
    ]
  if (level === 'pin') return entry.file === now.file ? [] : [...changes(entry, now), 'other content']
  if (now.contents !== undefined)
    return now.contents.every((one) => entry.contents?.includes(one))
      ? []
      : ['it holds a module that is not in the lock']
  if (level === 'exact') return [...changes(entry, now), ...contentChange(entry, now)]
  const lost = (before: readonly string[] = [], after: readonly string[] = []) =>
    before.filter((one) => !after.includes(one))
  const interfaces = (names: readonly string[] = []) => names.map(interfaceOf)
  return [
    ...named('signers', '-', lost(entry.signers, now.signers)),
    ...named('imports', '+', lost(interfaces(now.imports), interfaces(entry.imports))),
    ...named('exports', '-', lost(interfaces(entry.exports), interfaces(now.exports))),
  ]
}

/** An entry that was written where the shape sufficed has no content. */
function contentChange({ content }: LockEntry, now: LockEntry): string[] {
  if (content === undefined) return ['its content is not in the lock yet']
  return content === now.content ? [] : ['other content']
}

/** Every change of names, gone ones first. */
export function changes(entry: LockEntry, now: LockEntry): string[] {
  return (['signers', 'imports', 'exports'] as const).flatMap((kind) => {
    const [before = [], after = []] = [entry[kind], now[kind]]
    return [
      ...named(
        kind,
        '-',
        before.filter((one) => !after.includes(one)),
      ),
      ...named(
        kind,
        '+',
        after.filter((one) => !before.includes(one)),
      ),
    ]
  })
}

const named = (kind: string, sign: '+' | '-', names: readonly string[]) =>
  names.map((name) => `${kind} ${sign} ${name}`)
