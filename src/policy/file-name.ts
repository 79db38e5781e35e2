/** The names by which a policy and a lock know a file. Pure: from its real path alone, never from what a package says of itself. */

/** A name: a path from the policy's folder, or a path in an installed package. */
export interface FileName {
  /** The name of the package's folder, such as `@acme/pay`. */
  package: string | undefined
  /** Forward slashes; begins with `../` where the file is outside of the policy's folder. */
  path: string
}

/** A name as files and messages have it: `src/adder.wasm`, `npm:@acme/pay/dist/pay.wasm`. */
export function formatName({ package: owner, path }: FileName): string {
  return owner === undefined ? path : `npm:${owner}/${path}`
}

/**
 * The names of a file, the innermost first. Every folder of a package on the way names it, stores such as `.pnpm` left out; what
 * is in no package has one name.
 * @param path the real path from the policy's folder, forward slashes
 */
export function namesOf(path: string): readonly FileName[] {
  const segments = path.normalize('NFC').split('/')
  const names = segments.flatMap((segment, index): FileName[] => {
    if (segment !== 'node_modules') return []
    const [first = '', second = ''] = segments.slice(index + 1)
    if (first.startsWith('.')) return []
    const width = first.startsWith('@') ? 2 : 1
    const inside = segments.slice(index + 1 + width)
    if (inside.length === 0) return []
    return [{ package: width === 2 ? `${first}/${second}` : first, path: inside.join('/') }]
  })
  return names.length > 0 ? names.toReversed() : [{ package: undefined, path: segments.join('/') }]
}
