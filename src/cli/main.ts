#!/usr/bin/env node
/// <reference types="node" />
/** The bin. What it runs it loads itself, so that a broken install ends as a crash, and never as a refusal does. */

import type { EXIT } from './exit.js'

const CRASHED: typeof EXIT.crash = 4

const ADVICE =
  '[signed-wasm] crashed, which says nothing about any file: install it again, and if that does not help, please report the lines above'

// Stands until something else is known: whatever ends the process before that is a crash.
process.exitCode = CRASHED
process.on('uncaughtException', crash)
process.on('unhandledRejection', crash)

try {
  const { start } = await import('./start.js')
  process.exitCode = await start(process.argv.slice(2))
} catch (error) {
  crash(error)
}

function crash(error: unknown): void {
  process.exitCode = CRASHED
  const text = `${escape(describe(error))}\n${ADVICE}\n`
  // Left at once, for what else is under way has nothing to say any more; but not before this is said.
  process.stderr.write(text, () => process.exit(CRASHED))
}

/** The stack of an error, and of those that led to it. Nothing else of them: who knows what it holds. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause, stack = String(error) } = error
  return cause === undefined ? stack : `${stack}\ncaused by: ${describe(cause)}`
}

/** As `escapeControls` does, which may be what is broken; lines stay lines. */
function escape(text: string): string {
  return text.replace(
    /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )
}
