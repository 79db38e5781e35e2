/** What bundlers offer, as the rest of this room sees it. */

import type { Core } from '../bindings/module/cores.js'
import type { ComponentSource } from '../bindings/module/input.js'
import type { Admission } from './admissions.js'
import type { Handover } from './handover.js'

/** Where a build's own lines go. */
export interface BuildLog {
  inform(line: string): void
  warn(message: string): void
  /** For what somebody waits. @default inform */
  progress?(line: string): void
}

/** What a bundler offers while a file is judged. */
export interface FileContext {
  /** Asks for a rebuild when the file changes, appears or goes. */
  watch(file: string): void
  warn(message: string): void
}

/** See {@link LoadContext.cores}. */
export interface CoreShipping {
  /** How what is built gets them, where the bundler tells. */
  handover: Handover | undefined
  /** Whether it has no other way, whatever the options say. */
  isFixed: boolean
  /** @returns what imports the file, or JavaScript that gives its URL */
  ship(core: Core, of: Admission, how: Handover): string
}

/** What has no such files, in words, such as `the format iife`. */
export interface Unshippable {
  without: string
  /** Whether what is built needs them all the same. @default false */
  isNeeded?: boolean
}

/** What a bundler offers while one id is loaded. */
export interface LoadContext extends FileContext {
  /** Ships the file and says where it will be. Not asked when the options want base64. */
  ship(file: Admission): ComponentSource
  /** How core modules can be shipped as files of their own; nothing where the file is shipped whole, whatever the options say. */
  cores: CoreShipping | Unshippable | undefined
  /** Where generated code finds what it brings along: how it names the folder. */
  runtime: string
  /** Whether the bundler wants the bytes themselves, as webpack does for `new URL(...)`. */
  wantsBytes: boolean
  /** Whether it is for a file that code refers to, rather than for a module, where the id does not tell. */
  isReference: boolean
  /** What asks for a core module where one could not be of use, in words, such as `import source`. */
  wantsCore: string | undefined
  /** The modules that import it, real paths, where that is known by now. The end of a build knows all of them. */
  importers?: () => readonly string[]
  /** Whether named exports must be identifiers; `docs:hello/greeter@0.1.0` is then a property of the default export only. */
  identifiersOnly: boolean
  /** How generated code names a module of the project, where its absolute path is nothing that the bundler takes. */
  nameOf?: (path: string) => string
  /** What in this build has no top-level await, in words, such as `the format iife`. */
  lacksAwait: string | undefined
}
