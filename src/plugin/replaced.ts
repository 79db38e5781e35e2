/** Options that are gone, and what stands in their place. */

import { isPlainObject } from '../errors/check.js'
import { problem } from '../errors/raise.js'

const REPLACED: Readonly<Record<string, string>> = {
  coreModules:
    "left out: core modules of packages are let in and listed (`packages: 'report'`, the default), those of the project are verified; list in `exclude` what shall not be",
}

/** @throws Diagnostic `OPTION_INVALID` */
export function refuseReplaced(options: object): void {
  for (const [option, must] of Object.entries(REPLACED))
    if (isPlainObject(options) && Object.hasOwn(options, option))
      throw problem('OPTION_INVALID', { option, must })
}
