/// <reference types="node" />
/** What Turbopack is told of our options: JSON, and all that a verdict depends on, since it keeps results on disk until it is told otherwise. */

import { resolve } from 'node:path'
import { isGlob } from '../../disk/glob-path.js'
import { readRegularFile } from '../../disk/read-file.js'
import { type SidecarKinds, sidecarPaths } from '../../disk/sidecars.js'
import { packageVersion } from '../../disk/versions.js'
import { encodeUtf8, type Hex, toHex } from '../../format/encoding.js'
import { sha256 } from '../../trust/crypto/rule.js'
import { isKeyText } from '../../trust/keys/read.js'
import { type Options, resolveOptions } from '../options.js'
import { readPolicy } from '../read-policy.js'

/** The options of our loader. */
export interface LoaderOptions {
  /** What becomes of a file: JavaScript that brings it along, or that refers to it, or the file that it is. */
  as: 'module' | 'module beside a file' | 'file'
  /** See {@link encodeOptions}. */
  options: string
  /** See {@link sealOf}. */
  seal: Hex
  /** The version of Next.js, where its Turbopack cannot do what is needed. */
  unsupported?: string
}

/** The options of the plugin as text. */
export function encodeOptions(options: Options): string {
  const { keys } = options
  return JSON.stringify({ ...options, ...(keys !== undefined && { keys: [keys].flat().map(encodeKey) }) })
}

const encodeKey = (key: unknown) => (key instanceof Uint8Array ? { bytes: [...key] } : key)

/** What {@link encodeOptions} was given, with a copy of each key. */
export function decodeOptions(text: string): Options {
  return JSON.parse(text, (_, value: unknown) =>
    isEncodedKey(value) ? Uint8Array.from(value.bytes) : value,
  ) as Options
}

function isEncodedKey(value: unknown): value is { bytes: number[] } {
  return Array.isArray((value as { bytes?: unknown } | null)?.bytes)
}

/** Where the keys should be that options name by a path, be they there or not; absolute. */
export function keyPaths({ keys = [] }: Options, root: string): string[] {
  const isPath = (key: unknown): key is string => typeof key === 'string' && !isKeyText(key) && !isGlob(key)
  return [keys]
    .flat()
    .filter(isPath)
    .map((key) => resolve(root, key))
}

/**
 * A text that changes with what a verdict on these components depends on: options, keys, signatures beside the files, and the
 * version of this package.
 * @param components absolute paths
 */
export function sealOf(options: Options, components: readonly string[], root: string): Hex {
  const { id, files, sidecars } = policyOf(options, root)
  const beside = components.flatMap((file) => sidecarPaths(file, sidecars))
  const digests = [...files, ...beside].map((file) => [file, digestOf(file)])
  const parts = [packageVersion(), encodeOptions(options), id, ...digests]
  return toHex(sha256(encodeUtf8(JSON.stringify(parts))))
}

/** What is wrong with the keys, or with a policy file, is said when a component is loaded. */
function policyOf(
  options: Options,
  root: string,
): { id: string; files: readonly string[]; sidecars: SidecarKinds } {
  const resolved = resolveOptions(options)
  try {
    const { policy, files, sidecars } = readPolicy({ ...resolved, root, command: 'build' })
    return { id: policy.id, files: files.toSorted(), sidecars }
  } catch (error) {
    return { id: String(error), files: [], sidecars: ['signature', 'bundle'] }
  }
}

function digestOf(file: string): string {
  try {
    const bytes = readRegularFile(file, { display: file, maxBytes: MAX_SIGNATURE_BYTES })
    return bytes === undefined ? 'none' : toHex(sha256(bytes))
  } catch (error) {
    return String(error)
  }
}

/** Whatever is larger is refused when it is read. */
const MAX_SIGNATURE_BYTES = 2 ** 24
