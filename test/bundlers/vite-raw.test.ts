import { createServer, type ViteDevServer } from 'vite'
import { afterEach, expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { constantComponent } from '../kit/wat.js'

const servers: ViteDevServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

async function startServer(status: 'signed' | 'unsigned', base: string) {
  const bytes = inState(await constantComponent(1), status)
  const names = ['x.wasm', 'UP.WASM', 'public/public.wasm', 'node_modules/dep/dep.wasm']
  const project = makeProject(Object.fromEntries(names.map((name) => [name, bytes])))
  const outside = makeProject({ 'outside.wasm': bytes })
  const reachedVite: string[] = []
  const server = await createServer({
    root: project.root,
    base,
    configFile: false,
    logLevel: 'silent',
    plugins: [
      signedWasm.vite({ keys: TRUSTED_PEM, include: ['**/*.wasm', '**/*.WASM'] }),
      {
        name: 'after',
        configureServer: ({ middlewares }) =>
          void middlewares.use((request, _, next) => (reachedVite.push(request.url!), next())),
      },
    ],
    server: { port: 0, host: '127.0.0.1', fs: { allow: [project.root] } },
    cacheDir: project.at('node_modules/.vite'),
  })
  servers.push(server)
  await server.listen()
  const { origin } = new URL(server.resolvedUrls!.local[0]!)
  const ask = (path: string, init?: RequestInit) =>
    fetch(
      origin + base.slice(0, -1) + path.replace('<root>', project.root).replace('<outside>', outside.root),
      init,
    )
  return { ask, bytes, reachedVite }
}

const FORMS = ['/x.wasm', '/x.wasm?url', '/%78%2Ewasm', '/UP.WASM', '/public.wasm', '/@fs<root>/x.wasm']
const ALL = [...FORMS, '/%40fs<root>/x.wasm', '/node_modules/dep/dep.wasm']

it.each(['/', '/sub/'])(
  'THREAT 19: refuses each form of a raw request under %s with the reason',
  async (base) => {
    const { ask, reachedVite } = await startServer('unsigned', base)
    for (const form of ALL) {
      for (const headers of [{}, { range: 'bytes=0-9' }] as Record<string, string>[]) {
        const response = await ask(form, { headers })
        expect([form, response.status]).toEqual([form, 403])
        expect(await response.text()).toContain('COMPONENT_UNSIGNED')
      }
      expect((await ask(form, { method: 'HEAD' })).status).toBe(403)
    }
    expect(reachedVite).toEqual([])
  },
)

it.each(['/', '/sub/'])(
  'sends the bytes that were verified under %s, and lets nobody read again',
  async (base) => {
    const { ask, bytes, reachedVite } = await startServer('signed', base)
    for (const form of ALL) {
      const response = await ask(form)
      expect([form, response.status]).toEqual([form, 200])
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
    }
    const head = await ask('/x.wasm', { method: 'HEAD' })
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(bytes.length)])
    expect(reachedVite).toEqual([])
  },
)

it("sends no signed file that Vite's `server.fs` keeps back", async () => {
  const { ask } = await startServer('signed', '/')
  expect((await ask('/@fs<outside>/outside.wasm')).status).toBe(403)
})
