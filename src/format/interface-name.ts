/** Names of imports and exports of components, as text. @see Component Model, Explainer.md, "Import and Export Definitions" */

/** `wasi:cli/stdout` of `wasi:cli/stdout@0.2.3`. */
export function withoutVersion(name: string): string {
  return name.replace(/@[^@]*$/, '')
}

/** `getUrl` of `get-URL`: how jco names functions. */
export function camelCase(kebab: string): string {
  const pascal = pascalCase(kebab)
  return pascal.charAt(0).toLowerCase() + pascal.slice(1)
}

/** `OutputStream` of `output-stream`: how jco names resources. */
export function pascalCase(kebab: string): string {
  const words = kebab.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
  return words.join('')
}
