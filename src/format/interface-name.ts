/** Names of imports and exports of components, as text. @see Component Model, Explainer.md, "Import and Export Definitions" */

/** `wasi:cli/stdout` of `wasi:cli/stdout@0.2.3`. */
export function withoutVersion(name: string): string {
  return name.replace(/@[^@]*$/, '')
}

/** `getEnvironment` of `get-environment`: how jco names functions. */
export function camelCase(kebab: string): string {
  return kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** `OutputStream` of `output-stream`: how jco names resources. */
export function pascalCase(kebab: string): string {
  return kebab.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}
