/** What may lie beside a file and speak for it. */

import type { Policy } from '../policy/policy.js'
import type { Sidecars } from '../trust/evidence/frame.js'

/** How its name ends, behind that of the file. */
export const SIDECAR_ENDINGS = { signature: '.sig', bundle: '.sigstore.json' } as const

/** Which kinds of it count. */
export type SidecarKinds = readonly (keyof Sidecars)[]

/** Signatures where somebody says so, bundles where an identity may sign. */
export function sidecarKinds(detached: boolean, { root }: Pick<Policy, 'root'>): SidecarKinds {
  return [...(detached ? (['signature'] as const) : []), ...(root === undefined ? [] : (['bundle'] as const))]
}

/** The paths of what counts beside a file. */
export function sidecarPaths(file: string, kinds: SidecarKinds): string[] {
  return kinds.map((kind) => file + SIDECAR_ENDINGS[kind])
}

/**
 * Reads what counts beside a file.
 * @param read gives nothing for what is not there
 */
export function readSidecars(
  kinds: SidecarKinds,
  read: (ending: string) => Uint8Array | undefined,
): Sidecars {
  return Object.fromEntries(kinds.map((kind) => [kind, read(SIDECAR_ENDINGS[kind])]))
}
