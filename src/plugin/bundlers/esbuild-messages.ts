/// <reference types="node" />
/** How esbuild is spoken to: what it shows, and where it runs. */

import type { BuildOptions } from 'esbuild'
import { Diagnostic } from '../../errors/diagnostic.js'
import type { BuildLog } from '../contexts.js'

/** The folder that paths count from. */
export function workingFolder({ absWorkingDir }: BuildOptions): string {
  return absWorkingDir ?? process.cwd()
}

/** The part of esbuild's messages that we write. */
export interface Message {
  text: string
}

/** esbuild has no log for lines that are no warnings. */
export function logOf({ logLevel }: BuildOptions, warnings: Message[]): BuildLog {
  return {
    inform: (line) => (logLevel === 'silent' || logLevel === 'error' ? undefined : console.info(line)),
    warn: (text) => void warnings.push({ text }),
  }
}

/** What esbuild shows for a Diagnostic; other errors are bugs and go on. */
export function messagesOf(action: () => void): Message[] {
  try {
    action()
    return []
  } catch (error) {
    return [toMessage(error)]
  }
}

/** See {@link messagesOf}. */
export function toMessage(error: unknown): Message {
  if (error instanceof Diagnostic) return { text: error.message }
  throw error
}
