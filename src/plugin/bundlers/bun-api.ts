/** What is used of Bun's plugins. Its own types would have to be installed. @see Bun documentation, "Plugins" */

/** A plugin, for `Bun.build` and for `plugin()` of `bun`. */
export interface BunPlugin {
  name: string
  setup(build: BunBuild): void
}

/** What a plugin is set up with. */
export interface BunBuild {
  /** Of a build; a process that runs without one has none, and of the hooks `onResolve` and `onLoad`. */
  config?: BunConfig
  onStart?(callback: () => void): unknown
  onResolve(
    which: { filter: RegExp },
    callback: (args: BunResolveArgs) => { path: string; namespace?: string; external?: boolean } | undefined,
  ): unknown
  onLoad(
    which: { filter: RegExp; namespace?: string },
    callback: (args: BunLoadArgs) => BunLoaded | undefined | Promise<BunLoaded | undefined>,
  ): unknown
  onEnd?(callback: (result: BunResult) => Promise<void>): unknown
}

export interface BunConfig {
  /** Those of a server, which bundles pages that are asked for, are not here. */
  entrypoints?: readonly string[]
  outdir?: string
  target?: 'browser' | 'bun' | 'node'
  format?: 'esm' | 'cjs' | 'iife'
  bytecode?: boolean
  /** Whether, or how, to make a single executable. */
  compile?: unknown
  metafile?: unknown
}

export interface BunResolveArgs {
  path: string
  importer: string
  /** Of the importer, in a build. */
  resolveDir?: string
}

export interface BunLoadArgs {
  path: string
  /** What Bun would load it with, in a build. */
  loader?: string
}

export interface BunLoaded {
  contents: string | Uint8Array
  loader: string
}

export interface BunResult {
  success: boolean
  outputs: readonly BunArtifact[]
  metafile?: BunMetafile
}

/** A file of the output. */
export interface BunArtifact {
  /** Absolute where it was written. */
  path: string
  arrayBuffer(): Promise<ArrayBuffer>
}

/**
 * Of the form that esbuild has. Inputs are named from the current folder, outputs from theirs. What is copied as it is has no
 * bytes among the inputs, and is not among the outputs.
 */
export interface BunMetafile {
  inputs: Record<string, { bytes: number; imports: readonly BunImport[] }>
  outputs: Record<string, { inputs: Record<string, unknown> }>
}

export interface BunImport {
  path: string
  external?: boolean
}

interface BunGlobal {
  resolveSync(specifier: string, folder: string): string
}

/** Bun, in Bun. */
export function theBun(): BunGlobal | undefined {
  return (globalThis as { Bun?: BunGlobal }).Bun
}
