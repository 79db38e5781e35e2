/** What a policy and a lock decide is the same in a build, in a dev server, in `check` and in Node's loader. */

import { describe, expect, it } from 'vitest'
import { build, type BundlerName } from '../kit/bundlers.js'
import type { Project } from '../kit/project.js'
import { inTerminal, STORIES, tell } from '../kit/teams.js'

const TOLD = ['vite', 'webpack', 'esbuild'] as const satisfies BundlerName[]

async function codeOf(run: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await run()
    return undefined
  } catch (error) {
    return codeIn(String((error as Error).message))
  }
}

const codeIn = (text: string) => /\[signed-wasm\] ([A-Z_]+)/.exec(text)?.[1] ?? text

const built = (bundler: BundlerName, project: Project) =>
  codeOf(() => build[bundler]({ project, options: {}, target: 'node', out: `out-${bundler}` }))

describe.each(Object.entries(STORIES))('what happens is %s', (title, story) => {
  it.each(TOLD)(`in %s: ${story.code ?? 'it passes'}`, async (bundler) => {
    expect(await built(bundler, await tell(story))).toBe(story.code)
  })

  it(`in check: ${story.code ?? 'it passes'}`, async () => {
    const { code, out, err } = await inTerminal(
      await tell(story),
      'check',
      ...(story.unnamed ? [story.unnamed] : []),
    )
    if (story.code === undefined) expect([code, out]).toEqual([0, expect.stringContaining(' 0 refused')])
    else expect(`${out}\n${err}`, title).toContain(`[signed-wasm] ${story.code} `)
    if (story.code !== undefined) expect(code).toBeGreaterThan(0)
  })
})
