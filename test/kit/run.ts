/** Runs what a bundler built: in child processes of Node and in headless Chromium. */

import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll } from 'vitest'
import { REPOSITORY } from './project.js'

/** What a program left in `globalThis.answers`, or the message of what it threw. */
export type Outcome = { answers: unknown } | { error: string }

const RUNNER = `
const outcomes = []
for (const file of process.argv.slice(1)) {
  globalThis.answers = undefined
  try {
    const late = new Promise((_, reject) => setTimeout(reject, 20_000, new Error('no answer after 20 seconds')).unref())
    await Promise.race([import(file), late])
    for (let i = 0; i < 200 && globalThis.answers === undefined; i++) await new Promise((resolve) => setTimeout(resolve, 10))
    outcomes.push({ answers: globalThis.answers })
  } catch (error) {
    outcomes.push({ error: String(error?.stack ?? error) })
  }
}
process.stdout.write('\\n#outcomes ' + JSON.stringify(outcomes) + '\\n', () => process.exit(0))
`

/**
 * Imports each file in one child process, one after the other.
 * @param before a module that is loaded before them
 */
export async function runInNode(files: readonly string[], before?: string): Promise<Outcome[]> {
  if (files.length === 0) return []
  const { stdout, output } = await command(process.execPath, [
    ...(before === undefined ? [] : ['--import', before]),
    '--input-type=module',
    '-e',
    RUNNER,
    ...files.map((file) => `file://${file}`),
  ])
  const outcomes = /^#outcomes (.*)$/m.exec(stdout)?.[1]
  if (outcomes === undefined) throw new Error(`the runner said: ${output}`)
  return JSON.parse(outcomes) as Outcome[]
}

/** The end of a process. */
export interface Ended {
  code: number | null
  stdout: string
  /** Standard output and standard error. */
  output: string
}

/** Runs a program to its end; kills it after a minute, unless told otherwise. */
export function command(
  file: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; timeoutMs?: number } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const env = {
      ...process.env,
      NODE_ENV: undefined,
      VITEST: undefined,
      NO_COLOR: '1',
      FORCE_COLOR: undefined,
      ...options.env,
    }
    const settings = {
      cwd: options.cwd ?? REPOSITORY,
      env: env as NodeJS.ProcessEnv,
      timeout: options.timeoutMs ?? 60_000,
      maxBuffer: 1e8,
      killSignal: 'SIGKILL' as const,
    }
    const child = execFile(file, args, settings, (_, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, output: stdout + stderr })
    })
    child.stdin?.end()
  })
}

/** Runs a command-line tool of a development dependency. */
export function tool(
  script: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Ended> {
  return command(process.execPath, [path.join(REPOSITORY, 'node_modules', script), ...args], options)
}

/** A process that goes on, such as a watch mode, with what it has said so far. */
export function startTool(script: string, args: readonly string[], { cwd }: { cwd: string }) {
  const env = { ...process.env, NODE_ENV: undefined, VITEST: undefined, NO_COLOR: '1' }
  const child = spawn(process.execPath, [path.join(REPOSITORY, 'node_modules', script), ...args], {
    cwd,
    env: env as NodeJS.ProcessEnv,
  })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return { output: () => output, hasEnded, stop: () => child.kill('SIGKILL') }
}

const CANDIDATES = [
  process.env['CHROMIUM_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]

/** The Chromium of this machine, if any. */
export const CHROMIUM = CANDIDATES.find((candidate) => candidate !== undefined && existsSync(candidate))

/** Whether browser tests run. Without Chromium they are skipped with a warning, or fail where they are required. */
export const HAS_BROWSER = CHROMIUM !== undefined

if (!HAS_BROWSER && process.env['SIGNED_WASM_REQUIRE_BROWSER'] === '1') {
  throw new Error(
    'SIGNED_WASM_REQUIRE_BROWSER is set and there is no Chromium: install it, or set CHROMIUM_PATH',
  )
}
if (!HAS_BROWSER)
  console.warn('\n  NO CHROMIUM: every browser test is skipped. Install it, or set CHROMIUM_PATH.\n')

let browser: Promise<Browser> | undefined

// Here, because hooks that a running test declares are never called.
afterAll(async () => (await browser)?.close())

/** A new page in the one browser of this test file. */
export async function openPage(): Promise<Page> {
  if (browser === undefined) {
    const args =
      '--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync'
    browser = chromium.launch({ executablePath: CHROMIUM!, args: args.split(' ') })
  }
  return (await browser).newPage()
}

const TYPES: Record<string, string> = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
  '.html': 'text/html',
  '.css': 'text/css',
}

/** A server of files, which answers `/?<script>` with a page that runs that script. */
export function serveFiles(root: string): Promise<{ origin: string; close(): void }> {
  const server: Server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://localhost')
    const headers = { 'cache-control': 'no-store' }
    if (pathname === '/') {
      const page = `<!doctype html><script type="module" src="${decodeURIComponent(search.slice(1))}"></script>`
      return void response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(page)
    }
    const file = path.join(root, decodeURIComponent(pathname))
    if (!existsSync(file)) return void response.writeHead(404).end()
    response
      .writeHead(200, { ...headers, 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' })
      .end(readFileSync(file))
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      resolve({ origin: `http://127.0.0.1:${port}`, close: () => void server.close() })
    })
  })
}

/**
 * Opens each script or page, given relative to the root, one after the other, and waits for its answers.
 * @param before JavaScript that runs in each page before everything else
 */
export async function runInBrowser(
  root: string,
  scripts: readonly string[],
  before?: string,
): Promise<Outcome[]> {
  const server = await serveFiles(root)
  const page = await openPage()
  try {
    if (before !== undefined) await page.addInitScript(before)
    const outcomes: Outcome[] = []
    for (const script of scripts) {
      const address = `${server.origin}/${script.endsWith('.html') ? '' : '?/'}${script}`
      outcomes.push(await outcomeOf(page, address))
    }
    return outcomes
  } finally {
    await page.close()
    server.close()
  }
}

/** What a page at an address has for `globalThis.answers`, in a minute. */
export async function visit(address: string): Promise<Outcome> {
  const page = await openPage()
  try {
    return await outcomeOf(page, address, 60_000)
  } finally {
    await page.close()
  }
}

/** Goes to an address and waits for `globalThis.answers`, or for the first error. */
async function outcomeOf(page: Page, address: string, timeoutMs = 20_000): Promise<Outcome> {
  let fail: (error: Error) => void
  const failed = new Promise<Outcome>((resolve) => {
    fail = (error) => resolve({ error: String(error.stack || error) })
  })
  page.on('pageerror', fail!)
  try {
    await page.goto(address)
    const answered = page
      .waitForFunction(() => 'answers' in globalThis, undefined, { timeout: timeoutMs })
      .then(() => page.evaluate(() => ({ answers: (globalThis as { answers?: unknown }).answers })))
    answered.catch(() => {})
    return await Promise.race([answered, failed])
  } finally {
    page.off('pageerror', fail!)
  }
}
