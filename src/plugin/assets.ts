/** How a bundle carries the signed file, and the expression that finds it at run time. */

import type { ComponentSource } from '../bindings/module/input.js'
import type { Admission } from './admissions.js'
import type { ResolvedOptions } from './options.js'

/** The file as base64 in the generated code: works everywhere. */
export const INLINE: ComponentSource = { kind: 'inline' }

/** Whether the option asks for base64. */
export function wantsInline(asset: ResolvedOptions['asset'], bytes: Uint8Array): boolean {
  return asset === 'inline' || (typeof asset === 'number' && bytes.length <= asset)
}

/** A source behind an expression that gives a URL. */
export function urlSource(expression: string): ComponentSource {
  return { kind: 'url', expression }
}

/**
 * A source behind an expression that is relative to the generated code.
 * @param target a JavaScript expression for the first argument of `new URL`
 */
export function relativeUrl(target: string): ComponentSource {
  return urlSource(`new URL(${target}, import.meta.url)`)
}

const RAW_KEY = 'signed-wasm'

/** Matches the query that asks for the verified bytes of a file. */
export const RAW_QUERY = new RegExp(`^\\??${RAW_KEY}=([0-9a-f]{64})$`)

/**
 * A relative request for the verified bytes, which carries their digest, as a JavaScript string.
 * @returns `undefined` when the name has characters that a URL would read as something else
 */
export function rawRequest({ name, admitted: { digest } }: Admission): string | undefined {
  return isPlainName(name) ? JSON.stringify(`./${name}?${RAW_KEY}=${digest}`) : undefined
}

/** Whether a file name means the same as a name and as a part of a URL. */
export function isPlainName(name: string): boolean {
  return /^[\w.~ ()+,@-]+$/.test(name) && !name.includes('%')
}

/** Whether a public path leads away from the folder of the bundle, as `/static/` does. */
export function isAbsolutePublicPath(publicPath: unknown): boolean {
  return typeof publicPath === 'function' || (typeof publicPath === 'string' && publicPath.startsWith('/'))
}
