/** What is said of work that takes longer than somebody waits without asking. */

import { escapeControls } from '../errors/text.js'

/** Where outputs of jco are not kept, and why. */
export type Unkept = 'off' | 'policy' | 'folder' | 'permission' | 'key'

const ADVICE: Record<Unkept, string> = {
  off: 'later builds would have them at once with cache: true',
  policy: 'later builds will take as long: the policy says that nothing is kept ("cache": false)',
  folder:
    "later builds would have them at once with cache: '<folder>'; there is no node_modules to keep them in",
  permission:
    "later builds would have them at once, but the folder of the cache cannot be written to; cache: '<folder>' names another",
  key: 'later builds would have them at once, but no key can be kept for the cache; see "Options" in the README',
}

/**
 * One line, and another where there is something to do about it.
 * @param about.file display path
 * @param about.unkept why another build will take as long, where it will
 */
export function describeSlow({
  file,
  bytes,
  unkept,
}: {
  file: string
  bytes: number
  unkept?: Unkept | undefined
}): string {
  const line = `[signed-wasm] making bindings for ${escapeControls(file)}, ${size(bytes)}`
  return unkept === undefined ? line : `${line}\n  ${ADVICE[unkept]}`
}

function size(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${Math.round(bytes / 1e6)} MB`
}
