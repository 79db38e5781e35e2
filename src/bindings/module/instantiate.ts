/** The part of a generated module that hands out a function which makes instances. */

import { UTIL_NAME } from '../jco/seams.js'
import type { ModuleInput, Piece } from './input.js'
import { hostName, literal, local } from './names.js'
import type { RuntimeFunction } from './runtime.js'

export function generateInstantiate({ transpiled, hosts }: ModuleInput): Piece {
  const numbers = new Map([...hosts.keys()].map((name, index) => [name, index]))
  const imports = transpiled.imports.map((name) => {
    const number = numbers.get(name)
    return number === undefined ? `[${literal(name)}]` : `[${literal(name)}, ${hostName(number)}]`
  })
  const code = [
    // Whoever does not use it is not made to keep it.
    `export default /* @__PURE__ */ ${local('component')}({`,
    transpiled.needsJspi
      ? `  instantiate: (...parts) => ${local('withJspi')}(() => instantiate(...parts)),`
      : '  instantiate,',
    '  load: $signedWasmLoad,',
    `  imports: () => [${imports.join(', ')}],`,
    '});',
    ...(transpiled.hasUtil ? [`export { ${UTIL_NAME} as _util };`] : []),
  ]
  const functions: RuntimeFunction[] = transpiled.needsJspi ? ['component', 'withJspi'] : ['component']
  return { code: code.join('\n'), functions: new Set(functions) }
}
