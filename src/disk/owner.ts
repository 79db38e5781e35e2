/** Whose a file is, by where it lies: the project's, or that of a package which the project has installed. Pure. */

/** A file of an installed package. */
export interface PackageFile {
  /** The name of its folder, never the one in its package.json, which its author chose. */
  name: string
  /** The path from the package's folder, forward slashes. */
  path: string
}

/**
 * The package that a file belongs to: the innermost, where packages lie in packages.
 * @param file a real path with forward slashes
 * @returns `undefined` for what lies outside of every `node_modules`, linked packages of a workspace among it
 */
export function packageOf(file: string): PackageFile | undefined {
  const inside = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.+)$/s.exec(file)
  return inside === null ? undefined : { name: inside[1]!, path: inside[2]! }
}

/** How patterns name a file of a package: `npm:undici/lib/llhttp/llhttp.wasm`. */
export function packagePath({ name, path }: PackageFile): string {
  return `npm:${name}/${path}`
}
