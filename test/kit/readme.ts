/** The fenced blocks of the README. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { REPOSITORY } from './project.js'

/** One of them. */
export interface Block {
  language: string
  text: string
}

export const README: string = readFileSync(path.join(REPOSITORY, 'README.md'), 'utf8')

export const BLOCKS: readonly Block[] = [...README.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map((match) => ({
  language: match[1]!,
  text: match[2]!,
}))

/** The one block that holds this text. */
export function blockWith(marker: string): Block {
  const found = BLOCKS.filter(({ text }) => text.includes(marker))
  if (found.length !== 1) throw new Error(`${found.length} README blocks, not one, with ${marker}`)
  return found[0]!
}
