import { describe, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { sign } from '../../src/trust/sign.js'
import { inState, linkPackage, makeProject, OTHER_PEM, TRUSTED, TRUSTED_PEM } from '../kit/project.js'
import { HAS_BROWSER, openPage, tool } from '../kit/run.js'
import { answersIn, overlayIn, shareServer, startServer } from '../kit/vite-server.js'
import { constantComponent, coreModule, wasiComponent } from '../kit/wat.js'

const MAIN = `import { answer } from './x.wasm'\nglobalThis.answers = answer()`
const PAGE = '<!doctype html><script type="module" src="./main.js"></script>'

describe.runIf(HAS_BROWSER)("Vite's dev server in a browser", () => {
  it.each(['/', '/sub/'])('runs a component from base %s, out of the verified buffer', async (base) => {
    const bytes = inState(await constantComponent(1), 'signed')
    const project = makeProject({ 'index.html': PAGE, 'main.js': MAIN, 'x.wasm': bytes })
    const { address } = await startServer(project, { keys: TRUSTED_PEM }, { base })
    const page = await openPage()
    const sent: { url: string; body: Promise<Buffer> }[] = []
    page.on('response', (response) => {
      if (new URL(response.url()).pathname.endsWith('.wasm') && !response.url().includes('import'))
        sent.push({ url: response.url(), body: response.body() })
    })
    await page.goto(address)
    await answersIn(page, 1)
    expect(sent).toHaveLength(1)
    expect(new URL(sent[0]!.url).pathname).toMatch(new RegExp(`^${base}@signed-wasm/[0-9a-f]{64}/x\\.wasm$`))
    expect(new Uint8Array(await sent[0]!.body)).toEqual(bytes)
    await page.close()
  })

  it('goes on where another plugin looks up packages for modules that are no files, as Nuxt does', async () => {
    const project = makeProject({
      'index.html': PAGE,
      'main.js': MAIN,
      'x.wasm': inState(await constantComponent(1), 'signed'),
      'node_modules/acme/package.json': JSON.stringify({ name: 'acme', main: 'index.js' }),
      'node_modules/acme/index.js': 'export default 1',
    })
    const asks = {
      name: 'asks',
      async transform(
        this: { resolve(name: string, importer: string): Promise<unknown> },
        _: string,
        id: string,
      ) {
        if (id.endsWith('main.js')) await this.resolve('acme', `${project.root}/\0virtual/module`)
      },
    }
    const options = { keys: TRUSTED_PEM }
    const plugins = [signedWasm.vite(options), asks as never]
    const { address } = await startServer(project, options, { plugins })
    const page = await openPage()
    await page.goto(address)
    await answersIn(page, 1)
    await page.close()
  })

  it('shows a refusal in the overlay, and reloads by itself when the file is fixed', async () => {
    const one = await constantComponent(1)
    const project = makeProject({ 'index.html': PAGE, 'main.js': MAIN, 'x.wasm': inState(one, 'tampered') })
    const { address } = await startServer(project, { keys: TRUSTED_PEM })
    const page = await openPage()
    await page.goto(address)
    expect(await overlayIn(page)).toContain('[signed-wasm] CONTENT_MODIFIED x.wasm')

    project.write({ 'x.wasm': inState(one, 'signed') })
    await answersIn(page, 1)
    expect(await page.locator('vite-error-overlay').count()).toBe(0)

    project.write({ 'x.wasm': inState(await constantComponent(2), 'signed') })
    await answersIn(page, 2)
    await page.close()
  })

  it('reads a changed key file again', async () => {
    const project = makeProject({
      'index.html': PAGE,
      'main.js': MAIN,
      'x.wasm': inState(await constantComponent(1), 'signed'),
      'a.pub': TRUSTED_PEM,
    })
    const { address } = await startServer(project, { keys: 'a.pub' })
    const page = await openPage()
    await page.goto(address)
    await answersIn(page, 1)
    project.write({ 'a.pub': OTHER_PEM })
    await overlayIn(page)
    project.write({ 'a.pub': TRUSTED_PEM })
    await answersIn(page, 1)
    await page.close()
  })

  it('reads a changed detached signature again', async () => {
    const [bytes, other] = [await constantComponent(1), await constantComponent(2)]
    const project = makeProject({
      'index.html': PAGE,
      'main.js': MAIN,
      'x.wasm': bytes,
      'x.wasm.sig': sign(other, TRUSTED).signature,
    })
    const { address } = await startServer(project, { keys: TRUSTED_PEM, detached: true })
    const page = await openPage()
    await page.goto(address)
    expect(await overlayIn(page)).toContain('CONTENT_MODIFIED')
    project.write({ 'x.wasm.sig': sign(bytes, TRUSTED).signature })
    await answersIn(page, 1)
    await page.close()
  })

  it.each([
    ['digest', undefined, 'DIGEST_MISMATCH'],
    ['signature', undefined, 'CONTENT_MODIFIED'],
    ['signature', 'SubtleCrypto.prototype.importKey = () => Promise.reject()', 'CONTENT_MODIFIED'],
  ] as const)('checks again what arrives in the page: %s %s', async (recheck, before, code) => {
    const bytes = inState(await constantComponent(1), 'signed')
    const project = makeProject({ 'index.html': PAGE, 'main.js': MAIN, 'x.wasm': bytes })
    const { address } = await startServer(project, { keys: TRUSTED_PEM, recheck })
    const page = await openPage()
    if (before !== undefined) await page.addInitScript(before)
    await page.goto(address)
    await answersIn(page, 1)
    const failed = page.waitForEvent('pageerror')
    const changed = Buffer.from(bytes.with(bytes.length - 3, bytes.at(-3)! ^ 1))
    await page.route('**/@signed-wasm/**', (route) => route.fulfill({ body: changed }))
    await page.reload()
    expect((await failed).message).toContain(`[signed-wasm] ${code}`)
    await page.close()
  })

  it('runs a component that uses WASI', async () => {
    const main = `import { run } from './wasi.wasm'\nglobalThis.answers = run()`
    const project = makeProject({
      'index.html': PAGE,
      'main.js': main,
      'wasi.wasm': inState(await wasiComponent(), 'signed'),
    })
    const { address } = await startServer(project, { keys: TRUSTED_PEM })
    const page = await openPage()
    await page.goto(address)
    await answersIn(page, true)
    await page.close()
  })
})

describe("what Vite's dev server sends", () => {
  const shared = shareServer(
    async () => {
      const bytes = inState(await constantComponent(1), 'unsigned')
      const core = inState(await coreModule(), 'signed')
      return makeProject({ 'x.wasm': bytes, 'X.WASM': bytes, 'public/public.wasm': bytes, 'core.wasm': core })
    },
    { keys: TRUSTED_PEM },
  )
  const ask = (url: string, init?: RequestInit) =>
    fetch(new URL(url.replace('<root>', shared().project.root), shared().address), init)

  it.each([
    '/x.wasm',
    '/x.wasm?url',
    '/x%2Ewasm',
    '/X.WASM?raw',
    '/@fs/<root>/x.wasm',
    '/public.wasm',
    '/sub/../x.wasm',
  ])('never %s when nobody trusted has signed it', async (url) => {
    const response = await ask(url)
    const body = Buffer.from(await response.arrayBuffer())
    expect([response.status, body.includes('COMPONENT_UNSIGNED')]).toEqual([403, true])
    expect(body.includes(Buffer.from('\0asm', 'latin1'))).toBe(false)
  })

  it.each([
    '/x.wasm?import',
    '/public.wasm?import',
    '/@fs/<root>/x.wasm?import&raw',
    '/x.wasm?import&url',
    '/x.wasm?import&inline',
    '/public/public.wasm?import&raw',
  ])('nothing of it for %s either, which goes to `load`', async (url) => {
    const response = await ask(url, { headers: { accept: '*/*', 'sec-fetch-dest': 'script' } })
    const body = Buffer.from(await response.arrayBuffer())
    expect(body.includes(Buffer.from('\0asm', 'latin1')) || body.includes('AGFzbQ')).toBe(false)
  })

  it('is the file itself when it is signed, and 404 for a digest that nobody verified', async () => {
    const sent = new Uint8Array(await (await ask('/core.wasm')).arrayBuffer())
    expect(sent).toEqual(shared().project.read('core.wasm'))
    expect((await ask(`/@signed-wasm/${'0'.repeat(64)}/core.wasm`)).status).toBe(404)
  })

  it('does not start without a trusted key', async () => {
    await expect(startServer(makeProject(), {})).rejects.toThrow('NO_TRUSTED_KEYS')
  })

  it('follows `mode.serve`, which a build does not', async () => {
    const project = makeProject({ 'x.wasm': inState(await constantComponent(1), 'unsigned') })
    const { address } = await startServer(project, { keys: TRUSTED_PEM, mode: { serve: 'lenient' } })
    expect((await fetch(`${address}x.wasm`)).status).toBe(200)
  })
})

describe('Vite on a server', () => {
  it('runs a component in dev SSR, and refuses it once it is tampered', async () => {
    const project = makeProject({
      'entry.js': `export { answer } from './x.wasm'`,
      'x.wasm': inState(await constantComponent(7), 'signed'),
    })
    const { server } = await startServer(project, { keys: TRUSTED_PEM })
    const loaded = await server.ssrLoadModule('/entry.js')
    expect((loaded['answer'] as () => number)()).toBe(7)
    project.write({ 'x.wasm': inState(await constantComponent(7), 'tampered') })
    await expect
      .poll(() => server.ssrLoadModule('/entry.js').then(() => 'loaded', String), { timeout: 10_000 })
      .toContain('CONTENT_MODIFIED')
    // The watcher drops a second change that follows within 50 ms.
    await new Promise((resolve) => setTimeout(resolve, 300))
    project.write({ 'x.wasm': inState(await constantComponent(8), 'signed') })
    const answer = async () => {
      const fixed: Record<string, unknown> = await server.ssrLoadModule('/entry.js').catch(() => ({}))
      return (fixed['answer'] as undefined | (() => number))?.()
    }
    await expect.poll(answer, { timeout: 10_000 }).toBe(8)
  })

  it.each(['signed', 'tampered'] as const)('Vitest imports a %s component accordingly', async (status) => {
    const project = makeProject({
      'x.wasm': inState(await constantComponent(9), status),
      'trusted.pub': TRUSTED_PEM,
      'vitest.config.js': `import signedWasm from 'unplugin-signed-wasm/vite'
        export default { plugins: [signedWasm({ keys: 'trusted.pub' })], test: { include: ['*.check.js'] } }`,
      'a.check.js': `import { expect, it } from 'vitest'
        import { answer } from './x.wasm'
        it('answers', () => expect(answer()).toBe(9))`,
    })
    linkPackage(project)
    const { code, output } = await tool('vitest/vitest.mjs', ['run'], { cwd: project.root })
    expect(code, output).toBe(status === 'signed' ? 0 : 1)
    expect(output).toContain(status === 'signed' ? '1 passed' : '[signed-wasm] CONTENT_MODIFIED x.wasm')
  })
})
