/**
 * How emitted code of Rollup, Rolldown and Vite finds the file beside it: by the one literal that every bundler knows, so
 * that the code may be bundled once more. An expression of their own is nested in another one there, or counts from the root
 * of a web server.
 */

import { urlSource } from '../assets.js'
import type { ComponentSource } from '../../bindings/module/input.js'

/** What the hook `resolveFileUrl` is told. */
export interface FileUrl {
  referenceId: string
  /** From the chunk to the file. */
  relativePath: string
  /** Of the output; `chunk` and the like are not needed. */
  format: string
}

/** The references of the files that were emitted, which are ours to find. */
export type References = Set<string>

/** The source behind a reference. */
export function referenced(reference: string): ComponentSource {
  return urlSource(`import.meta.ROLLUP_FILE_URL_${reference}`)
}

/** The variable that scripts without modules have for where they came from, which can be asked only while they start. */
const SCRIPT = '$signedWasmScript'

/** Hooks that answer for references of ours. @param isOurs asked for one whether the bundler's own answer would be wrong */
export function fileUrlHooks(isOurs: (about: FileUrl) => boolean) {
  let isScript = false
  return {
    renderStart({ format }: { format?: string }) {
      isScript = format === 'iife' || format === 'umd'
    },
    /** Stands inside the function of such a script, before all of its code. */
    intro() {
      return isScript ? `var ${SCRIPT} = ${WHERE};` : ''
    },
    resolveFileUrl: (about: FileUrl) => (isOurs(about) ? fileUrl(about) : null),
  }
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
