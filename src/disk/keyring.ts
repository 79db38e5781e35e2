/// <reference types="node" />
/** Reads the keys that options name. All of it happens once, at the start of a build. */

import { type Dirent, existsSync, lstatSync, readdirSync, type Stats, statSync } from 'node:fs'
import path from 'node:path'
import { isPlainObject, ownMembers, has } from '../errors/check.js'
import { Diagnostic } from '../errors/diagnostic.js'
import { problem } from '../errors/raise.js'
import { escapeControls } from '../errors/text.js'
import { isKeyText, parsePublicKeys } from '../trust/keys/read.js'
import type { TrustedKey } from '../trust/keys/trusted-key.js'
import { findFiles } from './find-files.js'
import { isGlob } from './glob-path.js'
import { displayPath } from './paths.js'
import { readRegularFile } from './read-file.js'

/** Whether a value is a {@link KeySource}. */
export function isKeySource(value: unknown): value is KeySource {
  if (typeof value === 'string') return value !== ''
  if (value instanceof Uint8Array) return true
  if (!isPlainObject(value)) return false
  const { env, fingerprint, ...others } = ownMembers(value)
  if (typeof env !== 'string' || env === '') return false
  const extra = Object.keys(others)
  return extra.length === 0 && (fingerprint === undefined || /^[0-9a-f]{64}$/i.test(String(fingerprint)))
}

/** The keys of one build, and where they came from. */
export interface Keyring {
  /** Without duplicates; the first name of a key wins. */
  keys: readonly TrustedKey[]
  /** Absolute paths of files and folders that were read; a change of one of them changes the keyring. */
  watch: readonly string[]
  /** Environment variables whose word is taken, no fingerprint being pinned. */
  trustedVariables: readonly string[]
  /** How many files in key folders were passed over because of their names. */
  ignoredFiles: number
}

/** Names that a key folder's files must have. */
const KEY_EXTENSIONS = ['.pub', '.pk', '.pem', '.der', '.jwk', '.keys']

/** How much is read of a key file: it is a few hundred bytes, and a list of keys a few hundred lines. */
export const MAX_KEY_FILE_BYTES = 1024 * 1024

interface Finding {
  keys: TrustedKey[]
  watch: string[]
  ignoredFiles: number
}

interface ReadOptions {
  root: string
  environment: Readonly<Record<string, string | undefined>>
  nameOf?: (index: number) => string
}

/**
 * Reads every key that the sources name.
 * @param root what relative paths count from
 * @param environment where `{ env }` sources are looked up
 * @param nameOf names a key that is a source itself, by its position
 * @throws Diagnostic `KEY_*` for a source that cannot be read; an empty keyring is no error here
 */
export function readKeyring(
  sources: readonly KeySource[],
  { root, environment, nameOf = (index) => `keys[${index}]` }: ReadOptions,
): Keyring {
  const findings = sources.map((source, index): Finding => {
    if (source instanceof Uint8Array) return literal(source, nameOf(index))
    if (typeof source === 'object') return literal(readVariable(source, environment), `env ${source.env}`)
    return isLiteralKey(source, root) ? literal(source, nameOf(index)) : readPath(source, root)
  })
  sources.forEach((source, index) => checkFingerprint(source, findings[index]!.keys))
  const keys = findings.flatMap((finding) => finding.keys)
  return {
    keys: withoutDuplicates(keys),
    watch: [...new Set(findings.flatMap((finding) => finding.watch))],
    trustedVariables: sources.flatMap((source) =>
      typeof source === 'object' && has(source, 'env') && source.fingerprint === undefined
        ? [source.env]
        : [],
    ),
    ignoredFiles: findings.reduce((sum, { ignoredFiles }) => sum + ignoredFiles, 0),
  }
}

function withoutDuplicates(keys: readonly TrustedKey[]): TrustedKey[] {
  const first = new Map<string, TrustedKey>()
  for (const key of keys) if (!first.has(key.fingerprint)) first.set(key.fingerprint, key)
  return [...first.values()]
}

/** Whether a string is a key rather than a path. A path may look like base64 by chance, and is one if something is there. */
function isLiteralKey(text: string, root: string): boolean {
  return isKeyText(text) && !(text.includes('/') && existsSync(path.resolve(root, text)))
}

function literal(data: Uint8Array | string, name: string): Finding {
  return { keys: parsePublicKeys(data, name), watch: [], ignoredFiles: 0 }
}

function readVariable(
  { env }: { env: string },
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const value = Object.hasOwn(environment, env) ? environment[env] : undefined
  if (value === undefined || value.trim() === '') throw problem('KEY_ENV_UNSET', { variable: env })
  return value
}

function checkFingerprint(source: KeySource, keys: readonly TrustedKey[]): void {
  if (typeof source !== 'object' || !has(source, 'env') || source.fingerprint === undefined) return
  const wanted = source.fingerprint.toLowerCase()
  if (keys.length === 1 && keys[0]!.fingerprint === wanted) return
  throw problem('KEY_FINGERPRINT', {
    source: `env ${source.env}`,
    found: keys.map((key) => key.fingerprint),
    wanted,
  })
}

function readPath(source: string, root: string): Finding {
  const target = path.resolve(root, source)
  const stat = statOf(target, source)
  if (stat?.isDirectory()) return readFolder(target, root)
  if (stat !== undefined) return readFiles([target], root)
  if (source.startsWith('!') || (source.includes('!') && isGlob(source)))
    throw problem('OPTION_INVALID', { option: source, must: NO_NEGATION })
  const matches = isGlob(source) ? findFiles(source, { root }).files : []
  if (matches.length === 0) throw problem('KEY_NOT_FOUND', { source: escapeControls(source), folder: root })
  return readFiles(matches, root)
}

/** All that such a pattern does not name would be trusted. */
const NO_NEGATION = 'a path or glob of the keys that are trusted, without `!`'

/** What is at a path, be it a link that leads nowhere. @throws Diagnostic `KEY_UNREADABLE` for a path that is closed to us, or none */
function statOf(file: string, source: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? lstatSync(file, { throwIfNoEntry: false })
  } catch (cause) {
    throw unopened(source, `the path cannot be followed (${codeOf(cause)})`, cause)
  }
}

function readFolder(folder: string, root: string): Finding {
  const names = readEntries(folder, root)
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
  const wanted = names.filter((name) => KEY_EXTENSIONS.includes(path.extname(name).toLowerCase())).toSorted()
  const found = readFiles(
    wanted.map((name) => path.join(folder, name)),
    root,
  )
  return { ...found, watch: [folder, ...found.watch], ignoredFiles: names.length - wanted.length }
}

function readFiles(files: readonly string[], root: string): Finding {
  return { keys: files.flatMap((file) => readKeyFile(file, root)), watch: [...files], ignoredFiles: 0 }
}

function readEntries(folder: string, root: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (cause) {
    throw unopened(displayPath(folder, root), `the folder cannot be read (${codeOf(cause)})`, cause)
  }
}

function readKeyFile(file: string, root: string): TrustedKey[] {
  const source = escapeControls(displayPath(file, root))
  return parsePublicKeys(readBounded(file, source), source)
}

function readBounded(file: string, source: string): Uint8Array {
  const bytes = readOrSay(file, source)
  if (bytes === undefined) throw unopened(source, 'it is a link that leads nowhere, or has just gone')
  return bytes
}

/** Reads as everything is read, and says of a key what went wrong. */
function readOrSay(file: string, source: string): Uint8Array | undefined {
  try {
    return readRegularFile(file, { display: source, maxBytes: MAX_KEY_FILE_BYTES })
  } catch (cause) {
    if (!(cause instanceof Diagnostic)) throw cause
    throw unopened(
      source,
      cause.code === 'FILE_TOO_LARGE' ? 'it is larger than 1 MiB' : `it ${cause.what}`,
      cause,
    )
  }
}

function unopened(source: string, reason: string, cause?: unknown): Diagnostic {
  const values = { source: escapeControls(source), reason, isUnopened: true }
  return problem('KEY_UNREADABLE', values, cause === undefined ? {} : { cause })
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/** Where trusted public keys come from; relative paths count from the project root. */
export type KeySource =
  /** A file, a folder, a glob, or the key itself: PEM, JWK, an OpenSSH line, hex or base64. */
  | string
  /** The key itself in any format, PEM to raw bytes. */
  | Uint8Array
  /** An environment variable that holds a key; with `fingerprint` only that key is accepted from it. */
  | { env: string; fingerprint?: string }
