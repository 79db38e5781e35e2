/// <reference types="node" />
/** Which module answers each import of a component, where the project is and where the component is. */

import { join } from 'node:path'
import { toSlashes } from '../disk/paths.js'
import { type Host, planImports } from './hosts.js'
import { checkShims } from './shims.js'

/**
 * Finds hosts, and makes sure that the WASI shims among them are installed.
 * @param names import names as they stand in the component
 * @param about.configured module specifiers by import name; relative ones count from the project, and become absolute,
 *   since all that a bundler sees is where the component is
 * @param about.display the path that errors show
 * @param about.nameOf how code names a module, where an absolute path is not what its bundler takes
 * @returns hosts by import name; names that nobody answers are absent
 * @throws Diagnostic `SHIM_MISSING`
 */
export function resolveHosts(
  names: readonly string[],
  about: {
    configured: Readonly<Record<string, string>>
    file: string
    display: string
    root: string
    nameOf?: ((path: string) => string) | undefined
  },
): ReadonlyMap<string, Host> {
  const { nameOf = (path: string) => path } = about
  const locate = (specifier: string) =>
    /^\.\.?\//.test(specifier) ? nameOf(toSlashes(join(about.root, specifier))) : specifier
  const configured = Object.entries(about.configured).map(([name, module]) => [name, locate(module)])
  const { hosts, shims } = planImports(names, Object.fromEntries(configured) as Record<string, string>)
  checkShims(shims, about)
  return hosts
}
