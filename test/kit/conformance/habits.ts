/** What differs from one bundler to the next, in the terms of the conformance suite. */

import type { BuildRequest, BundlerName } from '../bundlers.js'

/** A part of a bundler's own configuration. */
export type Config = NonNullable<BuildRequest['config']>

/** What a request has more, or other, than another one. */
export type Change = Pick<BuildRequest, 'before' | 'config'>

/** A file that another plugin puts into the output. */
export interface Foreign {
  name: string
  bytes: Uint8Array
  /** Its source, relative to the project. */
  source: string
}

/** A project in which another plugin ships a file. */
export interface ForeignProject extends Change {
  main: string
  /** Where the source really is. @default the name that was given */
  at?: string
  /** Sources besides `main.js`. */
  files?: Record<string, Uint8Array>
}

/** An output without top-level await. */
export interface Lack extends Change {
  /** In the words of our message. */
  where: string
  /** Whether its `.js` files are ES modules. */
  isModule?: boolean
  /** Whether only a page can tell such a script where its files are, so that here the component goes into the code. */
  isForPages?: boolean
  /** Where the script of the output is. @default dist/main.js */
  script?: string
}

/**
 * What some bundlers cannot do, whatever a plugin does. The suite then asserts what happens instead, which
 * {@link LIMITS} says.
 */
export type Limit =
  | 'string names'
  | 'relative base'
  | 'linked folders'
  | 'new files'
  | 'repair of what is shipped'
  | 'repair of what the sweep refuses'

/** What happens instead, for each limit. */
export const LIMITS: Record<Limit, string> = {
  'string names': 'what is exported under a name that is no identifier is a property of the default export',
  'relative base': 'the component goes into the code',
  'linked folders': 'nothing in them is found, and the build stops',
  'new files': 'a file that appears is seen in the next build',
  'repair of what is shipped': 'the process ends, and what was built last remains',
  'repair of what the sweep refuses': 'the process ends, and what was built last remains',
}

/** One bundler. */
export interface Habits {
  name: BundlerName
  /** How it, or a plugin that people add, takes a core module. */
  coreModule: { main: string; config?: Config }
  /** What finds the packages with the WASI shims, where it does not do that itself. */
  resolvers?: Record<'node' | 'browser', Config>
  /** Whether its configuration says where a project is; others take the current folder. */
  hasRoot: boolean
  /** Whether it tells which modules hold a text of the output. */
  knowsHolders: boolean
  /** Whether it ships the file behind `new URL(…, import.meta.url)`; others leave the text as it is. */
  followsUrls: boolean
  /** What makes it ship such a file, however small. */
  shippingUrls?: Config
  /** A project in which another plugin ships a file. */
  foreign(file: Foreign): ForeignProject
  /** A plugin that flips the last byte of each `.wasm` file that is about to be written. */
  flipping?(): Change
  /** Outputs without top-level await. Empty where every output may have one. */
  lacks: readonly Lack[]
  /** Outputs that look as if they had none. */
  hasAwait: readonly Lack[]
  /** Without what it keeps lines for information to itself. */
  talkative?: Config
  /** Lists of plugins that it takes, besides a plain one. */
  nesting: readonly ((plugin: unknown) => unknown)[]
  /** The caches that it can keep on disk. @param folder where to */
  cache?(folder: string): Config
  /** Why it has each. */
  limits: Partial<Record<Limit, string>>
}
