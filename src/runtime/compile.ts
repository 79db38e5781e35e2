/** Core modules, cut out of the bytes of a component and compiled. */

/** Compiled core modules by the name under which jco's code asks for them. */
export type CoreModules = ReadonlyMap<string, WebAssembly.Module>

/**
 * Compiles the core modules of a component.
 * @param cut gives them by name, most of them as slices of the bytes
 * @throws WebAssembly.CompileError
 */
export async function compile(
  bytes: Uint8Array | Promise<Uint8Array>,
  cut: (bytes: Uint8Array) => readonly (readonly [name: string, coreModule: Uint8Array])[],
): Promise<CoreModules> {
  const compileOne = async ([name, core]: readonly [string, Uint8Array]) =>
    [name, await WebAssembly.compile(core as Uint8Array<ArrayBuffer>)] as const
  return new Map(await Promise.all(cut(await bytes).map(compileOne)))
}
