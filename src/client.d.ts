/**
 * Loose types for components, for where the exact ones are not, or not yet, written: every export is there, with any
 * type. Exact declarations win over these. In a tsconfig: `"types": ["unplugin-signed-wasm/client"]`.
 */

declare module '*.wasm'

declare module '*.wasm?component'

declare module '*.wasm?instantiate' {
  /** Makes an instance of the component. */
  const instantiate: (
    imports?: Record<string, unknown>,
    options?: {
      /** Makes an instance of one core module. */
      instantiateCore?: (
        coreModule: WebAssembly.Module,
        imports?: WebAssembly.Imports,
      ) => WebAssembly.Instance | Promise<WebAssembly.Instance>
    },
  ) => Promise<any>
  export default instantiate
  /** What jco offers to hosts of a component with futures. */
  export const _util: any
}
