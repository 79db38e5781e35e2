/**
 * How emitted code of Rollup, Rolldown and Vite finds the file beside it: by the one literal that every bundler knows, so
 * that the code may be bundled once more. An expression of their own is nested in another one there, or counts from the root
 * of a web server.
 */

import { urlSource } from '../assets.js'
import type { ComponentSource } from '../../bindings/module/input.js'
import { isModuleRequest } from '../request.js'

/** What the hook `resolveFileUrl` is told. */
export interface FileUrl {
  referenceId: string
  /** The file, in the output. */
  fileName: string
  /** The script that refers to it, in the output. */
  chunkId: string
  /** From the chunk to the file. */
  relativePath: string
  /** Of the output. */
  format: string
}

/** The references of the files that were emitted, which are ours to find. */
export type References = Set<string>

/** The source behind a reference. */
export function referenced(reference: string): ComponentSource {
  return urlSource(fileUrlOf(reference))
}

/** JavaScript that gives the URL of an emitted file, and that bundlers put something else in the place of. */
export function fileUrlOf(reference: string): string {
  return `import.meta.ROLLUP_FILE_URL_${reference}`
}

/** The variable that scripts without modules have for where they came from, which can be asked only while they start. */
const SCRIPT = '$signedWasmScript'

export interface Chunk {
  modules: Record<string, unknown>
}

/** Of one output. */
export interface OutputOptions {
  format?: string | undefined
  intro?: string | ((chunk: Chunk) => string | Promise<string>) | undefined
}

/** Hooks that answer for references of ours. */
export function fileUrlHooks(references: References) {
  const isNeeded = ({ modules }: Chunk) => references.size > 0 && Object.keys(modules).some(isModuleRequest)
  return {
    /** The variable stands inside the function of such a script, before all of its code, where that has a component. */
    outputOptions(options: OutputOptions): OutputOptions | null {
      const { format, intro } = options
      if (!isScript(format)) return null
      return {
        ...options,
        async intro(chunk) {
          const before = typeof intro === 'function' ? await intro(chunk) : (intro ?? '')
          return isNeeded(chunk) ? `${before}\nvar ${SCRIPT} = ${WHERE};`.trimStart() : before
        },
      }
    },
    resolveFileUrl: (about: FileUrl) => (references.has(about.referenceId) ? fileUrl(about) : null),
    renderChunk: (code: string, chunk: Chunk, { format }: OutputOptions) =>
      isScript(format) && isNeeded(chunk) ? withScript(code) : null,
  }
}

const isScript = (format: string | undefined) => format === 'iife' || format === 'umd'

/** What Rolldown writes for a file in a script, before version 1.2.1, which is the first to call `resolveFileUrl`. */
const UNANSWERED = /new URL\(("[^"]*\.wasm"), \{\}\.url\)/g

/** A script in which files are found that Rolldown has not asked for. The lines are those of generated code, which no map names. */
function withScript(code: string) {
  const changed = code.replace(UNANSWERED, (_, path: string) => `new URL(${path}, ${SCRIPT})`)
  return changed === code ? null : { code: changed, map: null }
}

/** A page, a worker, or Node, in which a bundle of this kind is CommonJS. */
const WHERE =
  'typeof document === "object" ? document.currentScript && document.currentScript.src || document.baseURI : ' +
  'typeof location === "object" ? location.href : require("u" + "rl").pathToFileURL(__filename).href'

/** JavaScript that gives the URL as a text; nothing for formats whose own answer is right. */
function fileUrl({ format, relativePath }: FileUrl): string | null {
  const path = JSON.stringify(relativePath.startsWith('.') ? relativePath : `./${relativePath}`)
  switch (format) {
    case 'es':
      return `new URL(${path}, import.meta.url).href`
    case 'cjs':
      return `new URL(${path}, require("url").pathToFileURL(__filename)).href`
    case 'iife':
    case 'umd':
      return `new URL(${path}, ${SCRIPT}).href`
    default:
      return null
  }
}
