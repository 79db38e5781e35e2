/** What a watch mode does when components, signatures and keys change. */

import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Options } from '../../../src/index.js'
import { sign } from '../../../src/trust/sign.js'
import { inState, makeProject, OTHER_PEM, type Project, TRUSTED, TRUSTED_PEM } from '../project.js'
import { startWatching } from '../watch.js'
import { constantComponent } from '../wat.js'
import type { Habits } from './habits.js'

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`

/** Declares the duty to follow what changes. */
export function describeWatch({ name, limits }: Habits): void {
  const start = (project: Project, options: Options) =>
    startWatching(name, project, {
      ...options,
      // Otherwise nothing follows a refusal.
      ...(limits['repair of what is shipped'] && { asset: 'inline' }),
    })

  // Three tries: what is tested here depends on file watchers, which lose changes on a busy machine.
  describe(`${name} in watch mode`, { retry: 2 }, () => {
    it('follows a changed component, refuses a tampered one, and recovers', async () => {
      const [one, two] = [await constantComponent(1), await constantComponent(2)]
      const project = makeProject({ 'main.js': MAIN, 'x.wasm': inState(one, 'signed') })
      const watching = await start(project, { keys: TRUSTED_PEM })
      await watching.success()
      await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 1 })

      project.write({ 'x.wasm': inState(one, 'tampered') })
      await watching.refusal('CONTENT_MODIFIED')

      project.write({ 'x.wasm': inState(two, 'signed') })
      await watching.success()
      await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 2 })
    })

    it.skipIf(limits['repair of what the sweep refuses'])(
      'refuses what the sweep finds, and recovers',
      async () => {
        const held = Buffer.from(await constantComponent(9)).toString('base64')
        const project = makeProject({ 'main.js': 'globalThis.answers = 1' })
        const watching = await start(project, { keys: TRUSTED_PEM })
        await watching.success()
        project.write({ 'main.js': `globalThis.answers = '${held}'` })
        await watching.refusal('UNVERIFIED_WASM')
        project.write({ 'main.js': 'globalThis.answers = 2' })
        await watching.success()
        await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 2 })
      },
    )

    it('follows a detached signature that comes, goes bad and is repaired', async () => {
      const bytes = await constantComponent(3)
      const { signature } = sign(bytes, TRUSTED)
      const project = makeProject({ 'main.js': MAIN, 'x.wasm': bytes })
      // It has to be there from the beginning.
      if (limits['new files']) project.write({ 'x.wasm.sig': signature })
      const watching = await start(project, { keys: TRUSTED_PEM, detached: true })
      if (!limits['new files']) {
        await watching.refusal('COMPONENT_UNSIGNED')
        // A watcher that is still looking around takes the file for one that was there before; so write it twice.
        const again = setInterval(() => project.write({ 'x.wasm.sig': signature }), 2000)
        project.write({ 'x.wasm.sig': signature })
        await watching.success().finally(() => clearInterval(again))
      } else await watching.success()
      await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 3 })

      project.write({ 'x.wasm.sig': sign(await constantComponent(4), TRUSTED).signature })
      await watching.refusal('CONTENT_MODIFIED')
      project.write({ 'x.wasm.sig': signature })
      await watching.success()
    })

    it('follows a changed key file', async () => {
      const project = makeProject({
        'main.js': MAIN,
        'x.wasm': inState(await constantComponent(5), 'signed'),
        'keys/a.pub': TRUSTED_PEM,
      })
      const watching = await start(project, { keys: 'keys/a.pub' })
      await watching.success()
      project.write({ 'keys/a.pub': OTHER_PEM })
      await watching.refusal('SIGNER_UNTRUSTED')
      project.write({ 'keys/a.pub': TRUSTED_PEM })
      await watching.success()
      await expect.poll(watching.answer, { timeout: 10_000 }).toEqual({ answers: 5 })
    })

    it('stops trusting a key that is taken out of its folder', async () => {
      const project = makeProject({
        'main.js': MAIN,
        'x.wasm': inState(await constantComponent(6), 'signed'),
        'keys/a.pub': TRUSTED_PEM,
        'keys/b.pub': OTHER_PEM,
      })
      const watching = await start(project, { keys: 'keys' })
      await watching.success()
      rmSync(project.at('keys/a.pub'))
      // Whoever does not see that a file is gone sees it in the next build.
      if (limits['new files']) project.write({ 'x.wasm': inState(await constantComponent(6), 'signed') })
      // Rolldown may not load a component again whose key is gone; then the sweep refuses what no key of now has admitted.
      await watching.refusal('SIGNER_UNTRUSTED', 'UNVERIFIED_WASM')
    })
  })
}
