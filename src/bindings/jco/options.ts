/** The options of jco that can be had here. */

import { check, type Check, flag, isNameList, isPlainObject, oneOf } from '../../errors/check.js'
import { problem } from '../../errors/raise.js'

/** The options of jco that leave core modules and the shape of its output alone. */
export interface JcoOptions {
  /** How async functions of the component are called. @default 'sync' */
  asyncMode?: 'sync' | 'jspi'
  /** Imports that may suspend, with `asyncMode: 'jspi'`. @default [] */
  asyncImports?: readonly string[]
  /** Exports that return promises, with `asyncMode: 'jspi'`. @default [] */
  asyncExports?: readonly string[]
  /** Leave out checks of what the component returns. @default false */
  validLiftingOptimization?: boolean
  /** Log every call across the boundary. @default false */
  tracing?: boolean
  /** Stricter checks of what is passed to the component. @default false */
  strict?: boolean
  /** WIT flags as bigint instead of objects of booleans. @default false */
  flagsAsBigInt?: boolean
  /** WIT variant cases in place instead of a named interface each. @default false */
  variantsInlineCases?: boolean
  /** Namespace objects for WIT flags, enums and variants. @default false */
  useNamespaceObjects?: boolean
  /** WIT enum values in SCREAMING_SNAKE_CASE. @default false */
  enumValuesScreamingSnakeCase?: boolean
}

const JCO_CHECKS: Record<keyof JcoOptions, Check> = {
  asyncMode: oneOf('sync', 'jspi'),
  asyncImports: isNameList,
  asyncExports: isNameList,
  validLiftingOptimization: flag,
  tracing: flag,
  strict: flag,
  flagsAsBigInt: flag,
  variantsInlineCases: flag,
  useNamespaceObjects: flag,
  enumValuesScreamingSnakeCase: flag,
}

const CHANGES_CORE_MODULES = 'would ship core modules that nobody signed'

const OWNS_THE_SEAM = 'is how this plugin takes over the output of jco'

/** jco options that cannot be had here, and why. */
const REFUSED_JCO: Readonly<Record<string, string>> = {
  minify: 'is what bundlers do; what several components share is found by the text that jco writes',
  optimize: CHANGES_CORE_MODULES,
  optimizeOptions: CHANGES_CORE_MODULES,
  js: CHANGES_CORE_MODULES,
  stub: CHANGES_CORE_MODULES,
  instantiation: `${OWNS_THE_SEAM}; import the component with \`?instantiate\` instead`,
  tlaCompat: `${OWNS_THE_SEAM}; import the component with \`?instantiate\` instead`,
  map: 'is replaced by the plugin option `imports`',
  wasiShim: 'is replaced by the plugin option `imports`',
  base64Cutoff: 'is replaced by the plugin option `asset`',
  importBindings: OWNS_THE_SEAM,
  nodejsCompat: OWNS_THE_SEAM,
  namespacedExports: OWNS_THE_SEAM,
  multiMemory: OWNS_THE_SEAM,
  experimentalIdlImports: OWNS_THE_SEAM,
  emitTypescriptDeclarations: OWNS_THE_SEAM,
  noComponentErrorWrapping: 'is fixed, so that errors look as they do with jco itself',
  name: OWNS_THE_SEAM,
  outDir: OWNS_THE_SEAM,
}

/**
 * Checks options of jco.
 * @returns those that were written, without a prototype
 * @throws Diagnostic `OPTION_UNKNOWN`, or `OPTION_INVALID` for what cannot be had here as well
 */
export function checkJcoOptions(jco: unknown): JcoOptions {
  if (!isPlainObject(jco))
    throw problem('OPTION_INVALID', { option: 'jco', must: 'an object of jco options' })
  for (const [name, reason] of Object.entries(REFUSED_JCO)) {
    if (Object.hasOwn(jco, name))
      throw problem('OPTION_INVALID', { option: `jco.${name}`, must: `left out: it ${reason}` })
  }
  return check(jco, JCO_CHECKS, 'jco.')
}
