/** THREATS rows 15, 17, 18 and 19: wasm that gets into a bundle on other ways than an import. */

import { describe, expect, it } from 'vitest'
import type { Options } from '../../../src/index.js'
import { sign } from '../../../src/trust/sign.js'
import { build, type BuildRequest } from '../bundlers.js'
import { inState, makeProject, type Status, TRUSTED, TRUSTED_PEM } from '../project.js'
import { constantComponent, coreModule } from '../wat.js'
import type { Habits } from './habits.js'

type Files = Record<string, string | Uint8Array>
type Extra = Pick<BuildRequest, 'before' | 'config'> & { options?: Options }

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

/** Declares the duty to sweep. */
export function describeSweep(habits: Habits): void {
  const { name, followsUrls, knowsHolders } = habits
  const attempt = async (files: Files, { options, ...extra }: Extra = {}) => {
    const project = makeProject(files)
    const all = { keys: TRUSTED_PEM, ...options }
    return {
      project,
      ...(await build[name]({ project, options: all, target: 'browser', out: 'dist', ...extra })),
    }
  }

  describe(`THREATS 15, 17 and 18: what ${name} ships without an import`, () => {
    it('refuses unsigned base64 in a dependency, and lets signed base64 pass', async () => {
      const bytes = await constantComponent(1)
      const dep = (status: Status) => ({
        'node_modules/dep/package.json': '{ "name": "dep", "main": "index.js", "type": "module" }',
        'node_modules/dep/index.js': `export const data = 'data:application/wasm;base64,${base64(inState(bytes, status))}'`,
        'main.js': `import { data } from './node_modules/dep/index.js'\nglobalThis.answers = data`,
      })
      await expect(attempt(dep('unsigned'))).rejects.toThrow('UNVERIFIED_WASM')
      await expect(attempt(dep('tampered'))).rejects.toThrow('UNVERIFIED_WASM')
      await attempt(dep('signed'))
      const { warnings } = await attempt(dep('unsigned'), { options: { mode: 'lenient' } })
      expect(warnings.filter((warning) => warning.includes('UNVERIFIED_WASM'))).toHaveLength(1)
    })

    it('leaves nothing behind when the finished bundle is refused', async () => {
      const project = makeProject({
        'main.js': `globalThis.answers = '${base64(await constantComponent(1))}'`,
      })
      const options = { keys: TRUSTED_PEM }
      const building = build[name]({ project, options, target: 'browser', out: 'dist' })
      await expect(building).rejects.toThrow(/UNVERIFIED_WASM[^]*hint: /)
      expect(project.files('dist')).toEqual([])
    })

    it("refuses a core module in the project's own code, unless that is excluded", async () => {
      const main = `globalThis.answers = '${base64(await coreModule())}'`
      await expect(attempt({ 'main.js': main })).rejects.toThrow('UNVERIFIED_WASM')
      if (knowsHolders) await attempt({ 'main.js': main }, { options: { exclude: 'main.js' } })
    })

    describeForeign(habits, attempt)
    if (followsUrls) describeUrls(habits, attempt)
    else
      it('ships nothing for `new URL(…)`, whose text it leaves as it is', async () => {
        const { project } = await attempt({ 'main.js': NEW_URL, 'x.wasm': await constantComponent(1) })
        expect(project.files('dist')).toEqual(['main.js'])
      })
  })
}

type Attempt = (files: Files, extra?: Extra) => Promise<{ project: ReturnType<typeof makeProject> }>

const REFUSED = /UNVERIFIED_WASM|COMPONENT_UNSIGNED|CONTENT_MODIFIED/

function describeForeign({ name, foreign, flipping }: Habits, attempt: Attempt): void {
  it.each(['unsigned', 'tampered', 'unknown signer'] as const)(
    'refuses an asset of another plugin: %s',
    async (status) => {
      const bytes = inState(await constantComponent(2), status)
      const { main, files, ...change } = foreign({ name: 'y.wasm', bytes, source: 'y.wasm' })
      await expect(attempt({ 'main.js': main, 'y.wasm': bytes, ...files }, change)).rejects.toThrow(
        'UNVERIFIED_WASM',
      )
    },
  )

  it('lets pass what is signed, and what comes from an excluded file', async () => {
    const bytes = await constantComponent(2)
    for (const [status, exclude] of [
      ['signed', []],
      ['unsigned', ['vendor/*']],
    ] as const) {
      const file = { name: 'y.wasm', bytes: inState(bytes, status), source: 'vendor/y.wasm' }
      const { main, files, ...change } = foreign(file)
      const all = { 'main.js': main, 'vendor/y.wasm': file.bytes, ...files }
      const { project } = await attempt(all, { ...change, options: { exclude } })
      const shipped = project.files('dist').filter((one) => one.endsWith('.wasm') || one.endsWith('.bin'))
      expect(shipped.map((one) => project.read(`dist/${one}`))).toEqual([file.bytes])
    }
  })

  it('refuses a copy under another name that has no signature of its own', async () => {
    const bytes = await constantComponent(2)
    const { signature } = sign(bytes, TRUSTED)
    const { main, at = 'y.wasm', files, ...change } = foreign({ name: 'y.wasm', bytes, source: 'y.wasm' })
    const all = {
      'main.js': `import { answer } from './x.wasm'\nglobalThis.first = answer()\n${main}`,
      'x.wasm': bytes,
      'x.wasm.sig': signature,
      'y.wasm': bytes,
      ...files,
    }
    const options = { detached: true }
    await expect(attempt(all, { ...change, options })).rejects.toThrow('UNVERIFIED_WASM')
    await attempt({ ...all, [`${at}.sig`]: signature }, { ...change, options })
  })

  it('sees what another plugin changes in place after it was loaded', async () => {
    const main = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`
    const files = { 'main.js': main, 'x.wasm': inState(await constantComponent(3), 'signed') }
    const { project } = await attempt(files)
    if (flipping !== undefined)
      await expect(attempt(files, flipping()), name).rejects.toThrow('UNVERIFIED_WASM')
    const shipped = project.files('dist').filter((file) => file.endsWith('.wasm'))
    expect(shipped.map((file) => project.read(`dist/${file}`))).toEqual([files['x.wasm']])
  })
}

const NEW_URL = `globalThis.answers = String(new URL('./x.wasm', import.meta.url))`

function describeUrls({ shippingUrls }: Habits, attempt: Attempt): void {
  const config = { ...(shippingUrls && { config: shippingUrls }) }
  const main = { 'main.js': NEW_URL }

  it("refuses what `new URL('./x.wasm', import.meta.url)` would ship", async () => {
    const bytes = await constantComponent(1)
    for (const status of ['unsigned', 'tampered'] as const)
      for (const extra of [{}, config])
        await expect(attempt({ ...main, 'x.wasm': inState(bytes, status) }, extra)).rejects.toThrow(REFUSED)
    const signed = inState(bytes, 'signed')
    const { project } = await attempt({ ...main, 'x.wasm': signed }, config)
    const assets = project.files('dist').filter((file) => file.endsWith('.wasm'))
    expect(assets.map((asset) => project.read(`dist/${asset}`))).toEqual([signed])
  })

  it('leaves an excluded file alone', async () => {
    const bytes = await constantComponent(1)
    for (const extra of [{}, config])
      await attempt({ ...main, 'x.wasm': bytes }, { ...extra, options: { exclude: 'x.wasm' } })
  })

  it('refuses a copy without a signature of its own beside it', async () => {
    const bytes = await constantComponent(1)
    const { signature } = sign(bytes, TRUSTED)
    const files = {
      'main.js': `import { answer } from './y.wasm'\nglobalThis.first = answer()\n${NEW_URL}`,
      'x.wasm': bytes,
      'y.wasm': bytes,
      'y.wasm.sig': signature,
    }
    const options = { detached: true }
    await expect(attempt(files, { ...config, options })).rejects.toThrow(REFUSED)
    await attempt({ ...files, 'x.wasm.sig': signature }, { ...config, options })
  })
}
