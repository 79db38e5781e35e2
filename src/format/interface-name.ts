/** Names of imports and exports of components, as text. @see Component Model, Explainer.md, "Import and Export Definitions" */

/** The name of an import or export, and what its attributes say of it that matters here. */
export interface ExternName {
  /** An interface with its version, or a label: `wasi:cli/stdout@0.2.3`, `log`. */
  name: string
  /** The interface that an instance of this label implements. */
  implements?: string
}

/** What a name is in messages and in generated code: itself, or `a (wasi:random/random@0.2.0)` for what implements that. */
export function fullName({ name, implements: implemented }: ExternName): string {
  return implemented === undefined ? name : `${name} (${implemented})`
}

/** The parts of a {@link fullName}. Neither part can hold a space, since jco takes neither then. */
export function parseFullName(text: string): ExternName {
  const [, name, implemented] = /^(\S+) \((\S+)\)$/.exec(text) ?? []
  return name === undefined || implemented === undefined ? { name: text } : { name, implements: implemented }
}

/**
 * What a host of an import may be given as, the nearest first: the name of the import, what it implements, and either
 * without its version.
 */
export function hostNames(full: string): string[] {
  const { name, implements: implemented = name } = parseFullName(full)
  return [...new Set([name, withoutVersion(name), implemented, withoutVersion(implemented)])]
}

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
