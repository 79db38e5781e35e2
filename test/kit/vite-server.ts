/** Vite's dev server on a throw-away project. */

import { createServer, type InlineConfig, type ViteDevServer } from 'vite'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import { type Options, signedWasm } from '../../src/index.js'
import { type Project, saveAgain } from './project.js'
import type { openPage } from './run.js'

const servers: ViteDevServer[] = []
const savings: { stop(): void }[] = []

// Here, because hooks that a running test declares are never called.
afterEach(async () => {
  for (const saving of savings.splice(0)) saving.stop()
  for (const server of servers.splice(0)) await server.close()
})

/** A server that listens. */
export interface Started {
  server: ViteDevServer
  address: string
}

/** Starts a server, which is closed after the test. */
export async function startServer(
  project: Project,
  options: Options,
  config: InlineConfig = {},
): Promise<Started> {
  const started = await listen(project, options, config)
  servers.push(started.server)
  savings.push(saveAgain(project))
  // A change before the watcher has looked around once goes unnoticed.
  await expect
    .poll(() => started.server.watcher.getWatched()[project.root] ?? [], { timeout: 20_000 })
    .toContain('package.json')
  return started
}

/** Starts one server for the tests of a `describe` that only ask. @returns what gives it, in a test */
export function shareServer(
  make: () => Promise<Project>,
  options: Options,
): () => Started & { project: Project } {
  let started: Started & { project: Project }
  beforeAll(async () => {
    const project = await make()
    started = { project, ...(await listen(project, options)) }
  })
  afterAll(() => started.server.close())
  return () => started
}

async function listen(project: Project, options: Options, config: InlineConfig = {}): Promise<Started> {
  const server = await createServer({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    appType: 'spa',
    plugins: [signedWasm.vite(options)],
    server: { port: 0, host: '127.0.0.1', watch: { ignored: ['!**/test/.tmp/**'] } },
    cacheDir: project.at('node_modules/.vite'),
    ...config,
  })
  await server.listen().catch(async (error: unknown) => {
    await server.close()
    throw error
  })
  return { server, address: server.resolvedUrls!.local[0]! }
}

/** Waits until `globalThis.answers` in a page is this value. */
export const answersIn = (page: Awaited<ReturnType<typeof openPage>>, value: unknown) =>
  page.waitForFunction((wanted) => (globalThis as { answers?: unknown }).answers === wanted, value, {
    timeout: 20_000,
  })

/** Waits for Vite's overlay in a page. @returns what it shows */
export async function overlayIn(page: Awaited<ReturnType<typeof openPage>>): Promise<string> {
  const overlay = page.locator('vite-error-overlay')
  await overlay.waitFor({ timeout: 20_000, state: 'attached' })
  return (await overlay.evaluate((element) => element.shadowRoot!.textContent)) ?? ''
}
