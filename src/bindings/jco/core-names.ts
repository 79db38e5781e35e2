/**
 * The names that jco gives core modules: `a.core.wasm`, `a.core2.wasm` and so on, in file order, used or not. Adapters
 * of its own have the numbers after them.
 * @see jco-transpile 0.15.0; the same for all of 280 components
 */

/** The name of the core module at an index, counted from 0. */
export function coreName(component: string, index: number): string {
  return `${component}.core${index === 0 ? '' : index + 1}.wasm`
}

/** The index that a name stands for; -1 when it is no such name. */
export function coreIndex(name: string): number {
  const match = /\.core(\d*)\.wasm$/.exec(name)
  return match === null ? -1 : Number(match[1] || 1) - 1
}
