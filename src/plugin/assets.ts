/** How a bundle carries the signed file, the expression that finds it at run time, and what is checked of it then. */

import { has } from '../errors/check.js'
import type { Transpiled } from '../bindings/jco/transpiled.js'
import { locateCores } from '../bindings/module/cores.js'
import { neededCores } from '../bindings/module/handed-over.js'
import type { ComponentSource, Recheck } from '../bindings/module/input.js'
import { problem } from '../errors/raise.js'
import { identitiesAmong, keysAmong } from '../trust/identity.js'
import type { Admission } from './admissions.js'
import type { CoreShipping, FileContext, LoadContext } from './contexts.js'
import type { Gate } from './gate.js'
import type { Handover } from './handover.js'
import type { ResolvedOptions } from './options.js'

/** The file as base64 in the generated code: works everywhere. */
export const INLINE: ComponentSource = { kind: 'inline' }

/**
 * Ships a component as the target of the build and the options want it.
 * @returns where code finds it, and the core modules that are files of their own
 * @throws Diagnostic `RECHECK_UNSUPPORTED` where there is no whole file to check again, `MODULES_UNSUPPORTED`, `MODULES_UNCLEAR`
 */
export function ship(
  { admission, transpiled }: { admission: Admission; transpiled: Transpiled },
  { asset, recheck }: Pick<ResolvedOptions, 'asset' | 'recheck'>,
  context: Pick<LoadContext, 'ship' | 'cores'>,
): { source: ComponentSource; cores: readonly Uint8Array[] } {
  const { admitted } = admission
  const by = shippingOf(asset, context.cores, admitted.name)
  if (by === undefined)
    return { source: wantsInline(asset, admitted.bytes) ? INLINE : context.ship(admission), cores: [] }
  if (recheck !== 'off') throw problem('RECHECK_UNSUPPORTED', { file: admitted.name, recheck })
  const cores =
    by.how === 'url' ? locateCores(transpiled.cores, admitted) : neededCores({ transpiled, admitted })
  const places = new Map(cores.map((core) => [core.name, by.ship(core, admission, by.how)]))
  return {
    source:
      by.how === 'url' ? { kind: 'files', expressions: places } : { kind: 'imports', specifiers: places },
    cores: cores.map(({ bytes }) => bytes),
  }
}

/** How core modules are shipped as files of their own, if they are. */
function shippingOf(
  asset: ResolvedOptions['asset'],
  cores: LoadContext['cores'],
  file: string,
): { how: Handover; ship: CoreShipping['ship'] } | undefined {
  const wanted = typeof asset === 'object' ? asset : undefined
  if (cores === undefined || (wanted === undefined && !isForced(cores))) return undefined
  if (has(cores, 'without')) throw problem('MODULES_UNSUPPORTED', { file, where: cores.without })
  const how = cores.isFixed ? cores.handover : (wanted?.modules ?? cores.handover)
  if (how === undefined) throw problem('MODULES_UNCLEAR', { file })
  return { how, ship: (...core) => cores.ship(...core) }
}

/** Whether nothing but such files can be run. */
function isForced(cores: NonNullable<LoadContext['cores']>): boolean {
  if (has(cores, 'without')) return cores.isNeeded ?? false
  return cores.handover !== undefined && cores.handover !== 'url'
}

/** Whether the option asks for base64. */
function wantsInline(asset: ResolvedOptions['asset'], bytes: Uint8Array): boolean {
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

/**
 * A file that no trusted key has signed was let through as it is, so that is what is checked. So is one of which more is
 * demanded than one signature, or that of an identity: a page knows no rules, and reads no bundles.
 */
export function recheckOf(
  { admitted, file }: Admission,
  { recheck }: Pick<ResolvedOptions, 'recheck'>,
  { gate, context }: { gate: Gate; context: FileContext },
): Recheck {
  if (recheck !== 'signature') return { kind: recheck }
  const [rule, ...others] = admitted.rules
  if (!admitted.isVerified || rule === undefined) return { kind: 'digest' }
  if (others.length > 0 || rule.threshold > 1 || identitiesAmong(rule.signers).length > 0) {
    gate.warnOnce(problem('RECHECK_BY_DIGEST', { file: admitted.name }), file, context)
    return { kind: 'digest' }
  }
  const { denied } = gate.policy
  return {
    kind: recheck,
    keys: keysAmong(rule.signers).filter(({ fingerprint }) => !denied.has(fingerprint)),
  }
}
