/** The part of a generated module that hands out exports, after a top-level await. */

import { UTIL_NAME } from '../jco/seams.js'
import type { ModuleInput, Piece } from './input.js'
import { exportName, hostName, literal, local } from './names.js'
import type { RuntimeFunction } from './runtime.js'

export function generateExports({ transpiled, hosts }: ModuleInput): Piece {
  const names = [...new Set(transpiled.exports.map(([name]) => name))].filter((name) => name !== 'default')
  const locals = names.map((name, index) => `  ${literal(name)}: $signedWasmExport${index},\n`)
  const exported = names.map((name, index) => `  $signedWasmExport${index} as ${exportName(name)},\n`)
  if (transpiled.hasUtil && !names.includes('_util')) exported.push(`  ${UTIL_NAME} as _util,\n`)
  const imports = [...hosts.keys()].map((name, index) => `  [${literal(name)}]: ${hostName(index)},\n`)
  const instance = 'instantiate((name) => $signedWasmCoreModules.get(name), $signedWasmImports)'
  const code = [
    'const $signedWasmCoreModules = await $signedWasmLoad();',
    `const $signedWasmImports = {\n  __proto__: null,\n${imports.join('')}};`,
    `const $signedWasmExports = await ${transpiled.needsJspi ? `${local('withJspi')}(() => ${instance})` : instance};`,
    'export default $signedWasmExports;',
    `const {\n${locals.join('')}} = $signedWasmExports;`,
    `export {\n${exported.join('')}};\n`,
  ]
  return {
    code: code.join('\n'),
    functions: new Set<RuntimeFunction>(transpiled.needsJspi ? ['withJspi'] : []),
  }
}
