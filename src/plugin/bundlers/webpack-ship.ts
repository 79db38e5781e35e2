/** How a bundle of webpack or Rspack carries the signed file. */

import type { Compiler } from 'webpack'
import type { ComponentSource } from '../../bindings/module/input.js'
import type { Admission } from '../admissions.js'
import { INLINE, isAbsolutePublicPath, rawRequest, relativeUrl } from '../assets.js'
import { isForNode } from './webpack-resolve.js'
import { isModuleLibrary, libraryTypes } from './webpack-rules.js'

/** As a file where there is an address to find it at, else in the code. */
export function ship(admission: Admission, compiler: Compiler): ComponentSource {
  const request = rawRequest(admission)
  return request === undefined || isUnreachable(compiler) ? INLINE : relativeUrl(request)
}

/**
 * Whether nothing would be found at the URL of a file. What begins at the root of a server is no file in Node, and none of a
 * library, which lies where its user has it; `auto` asks for the address of the script, which one that is required has not.
 * Modules of a library refer to the file beside them.
 */
function isUnreachable(compiler: Compiler): boolean {
  const { options } = compiler
  const { publicPath, module: isModule } = options.output
  // What a script leaves in a variable that is there already, as those of Next.js do, belongs to its own page.
  const libraries = libraryTypes(compiler).filter((type) => type !== 'assign')
  const isNode = isForNode(options) || libraries.some((type) => type.startsWith('commonjs'))
  if (publicPath === 'auto') return isNode && isModule !== true
  return isAbsolutePublicPath(publicPath) && (isNode || (libraries.length > 0 && !isModuleLibrary(compiler)))
}
