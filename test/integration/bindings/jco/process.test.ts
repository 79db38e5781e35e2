/** The process in which jco runs: what it is given, what it may do, and that nothing is left of it. */

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { setTimeout as wait } from 'node:timers/promises'
import { transpileBytes } from '@bytecodealliance/jco-transpile'
import { afterAll, describe, expect, it } from 'vitest'
import type { Job } from '../../../../src/bindings/jco/job.js'
import { startProcess } from '../../../../src/bindings/jco/process.js'
import { SCRIPTS } from '../../../../src/bindings/jco/scripts.js'
import { DIST, LIMITS, transpiler as makeTranspiler } from '../../../kit/bindings.js'
import { fixture, makeProject, type Project, REPOSITORY } from '../../../kit/project.js'
import { command } from '../../../kit/run.js'
import { assemble, SHAPES } from '../../../kit/shapes.js'
import { createTranspiler } from '../../../kit/sources.js'
import { REAL, real } from '../../../kit/usages.js'
import { constantComponent } from '../../../kit/wat.js'

const transpiler = makeTranspiler()
const jspi = makeTranspiler({ asyncMode: 'jspi', asyncExports: ['run'] })
afterAll(() => Promise.all([transpiler.close(), jspi.close()]))

const own = readdirSync(path.join(REPOSITORY, 'test/fixtures/components')).filter((name) =>
  existsSync(path.join(REPOSITORY, 'test/fixtures/components', name, `${name}.wasm`)),
)
const COMPONENTS: Record<string, () => Promise<Uint8Array>> = {
  ...Object.fromEntries(own.map((name) => [name, async () => fixture(name)])),
  ...Object.fromEntries(Object.entries(SHAPES).map(([name, { wat }]) => [name, () => assemble(wat)])),
  ...(REAL &&
    Object.fromEntries(
      readdirSync(REAL)
        .filter((name) => name.endsWith('.wasm'))
        .map((name) => [name, async () => real(name.replace(/\.wasm$/, ''))]),
    )),
}

describe('jco in this package', () => {
  const packaged = path.join(REPOSITORY, 'node_modules/@bytecodealliance/jco-transpile')
  const about = JSON.parse(readFileSync(new URL('jco.json', SCRIPTS), 'utf8')) as {
    package: string
    version: string
    sha256: Record<string, string>
  }
  const digest = (file: string | URL) => createHash('sha256').update(readFileSync(file)).digest('hex')

  it('is the very one of the package that the lockfile names', () => {
    const { packages } = JSON.parse(readFileSync(path.join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version: string }>
    }
    expect(about.version).toBe(packages[`node_modules/${about.package}`]!.version)
    expect(Object.keys(about.sha256)).toHaveLength(3)
    for (const [file, sha256] of Object.entries(about.sha256)) {
      expect(digest(path.join(packaged, file))).toBe(sha256)
      if (file.endsWith('.wasm')) expect(digest(new URL(path.basename(file), SCRIPTS))).toBe(sha256)
    }
    expect(digest(new URL('LICENSE', SCRIPTS))).toBe(digest(path.join(packaged, 'LICENSE')))
  })

  it.each(Object.keys(COMPONENTS))('makes the same bytes of %s as that package', async (name) => {
    const bytes = await COMPONENTS[name]!()
    const settings = {
      name: 'a',
      instantiation: 'async',
      nodejsCompat: false,
      noComponentErrorWrapping: false,
    }
    for (const [ours, more] of [
      [transpiler, {}],
      [jspi, { asyncMode: 'jspi', asyncExports: ['run'] }],
    ] as const) {
      const made = await ours.transpile(bytes, { name: 'a', file: name })
      const map = Object.fromEntries(
        made.imports.map((full) => [/^(\S+) \(/.exec(full)?.[1] ?? full, full] as const),
      )
      const theirs = await transpileBytes(bytes, { ...settings, ...more, map } as never)
      expect(made.js).toBe(new TextDecoder().decode(theirs.files['a.js']))
      const cores = Object.entries(theirs.files).filter(([file]) => file.endsWith('.wasm'))
      expect(Object.entries(made.cores).map(([file, core]) => [file, Buffer.from(core)])).toEqual(
        cores.map(([file, core]) => [file, Buffer.from(core as Uint8Array)]),
      )
    }
  })
})

/** A folder with a `child.mjs` that answers each job with what an expression gives. */
function childThat(expression: string): URL {
  const project = makeProject({
    'child.mjs': `import * as fs from 'node:fs'
      process.on('message', async (job) => {
        const reason = JSON.stringify(await (async () => ${expression})().catch((error) => error.code ?? String(error)))
        process.send({ status: 'failed', reason })
      })`,
  })
  return pathToFileURL(`${project.root}/`)
}

const job = { bytes: new Uint8Array(8), options: {}, ...LIMITS } as unknown as Job

/** What the expression gives in that process. */
async function inChild(expression: string, quick?: string): Promise<unknown> {
  const runner = startProcess(childThat(expression), quick)
  try {
    const answer = await runner.ask(job)
    return answer.status === 'failed' && answer.reason.startsWith('its ')
      ? answer.reason
      : JSON.parse((answer as { reason: string }).reason)
  } finally {
    await runner.end()
    expect(runner.isGone()).toBe(true)
  }
}

describe('the process', () => {
  it('has the flag, and nothing of the environment', async () => {
    process.env['NODE_OPTIONS'] = '--no-warnings'
    process.env['SECRET_TOKEN'] = 'x'
    try {
      expect(await inChild('[process.execArgv, Object.keys(process.env)]')).toEqual([
        expect.arrayContaining(['--liftoff-only']),
        process.platform === 'win32' ? expect.not.arrayContaining(['NODE_OPTIONS', 'SECRET_TOKEN']) : [],
      ])
    } finally {
      delete process.env['NODE_OPTIONS']
      delete process.env['SECRET_TOKEN']
    }
  })

  it('reads its own folder, and no other; writes nothing, and starts nothing', async () => {
    expect(await inChild(`fs.readFileSync(new URL('child.mjs', import.meta.url)).length > 0`)).toBe(true)
    const outside = JSON.stringify(path.join(REPOSITORY, 'package.json'))
    expect(await inChild(`fs.readFileSync(${outside}).length`)).toBe('ERR_ACCESS_DENIED')
    expect(await inChild(`fs.writeFileSync(new URL('x', import.meta.url), '')`)).toBe('ERR_ACCESS_DENIED')
    expect(await inChild(`(await import('node:child_process')).spawnSync('id').error ?? 'ran'`)).toBe(
      'ERR_ACCESS_DENIED',
    )
  })

  it('starts without flags where Node does not know one', async () => {
    const flags = 'process.execArgv.filter((flag) => flag.startsWith("--no-such"))'
    expect(await inChild(flags, '--no-such-flag-of-v8')).toEqual([])
  })

  it('may end between two jobs, or in the middle of one', async () => {
    const first = await transpiler.transpile(await constantComponent(41), { name: 'a', file: 'a.wasm' })
    for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL')
    await wait(300)
    const again = await transpiler.transpile(await constantComponent(42), { name: 'a', file: 'a.wasm' })
    expect(Object.keys(again.cores)).toEqual(Object.keys(first.cores))
    expect(await inChild('process.kill(process.pid, "SIGKILL")')).toBe('its process ended')
  })

  it('is ended in a loop', async () => {
    const looping = createTranspiler({ jco: {}, limits: { ...LIMITS, timeoutMs: 1500 } })
    const before = new Set(childrenOf(process.pid))
    const attempt = looping.transpile(await endless(), { name: 'a', file: 'a.wasm' })
    await expect(attempt).rejects.toMatchObject({ code: 'TRANSPILE_TIMEOUT' })
    expect(childrenOf(process.pid).filter((pid) => !before.has(pid))).toEqual([])
    await looping.close()
  })
})

/** Two instances of the level below, 22 times: takes longer than anybody waits. */
function endless(): Promise<Uint8Array> {
  const level = (index: number) => `(component $l${index}
    (alias outer 1 $l${index - 1} (component $below))
    (instance $a (instantiate $below)) (instance $b (instantiate $below))
    (alias export $a "f" (func $f)) (export "f" (func $f)))`
  return assemble(`(component
    (component $l0 (core module $m (func (export "f"))) (core instance $i (instantiate $m))
      (func (export "f") (canon lift (core func $i "f"))))
    ${Array.from({ length: 22 }, (_, index) => level(index + 1)).join('\n')}
    (instance $top (instantiate $l22)) (alias export $top "f" (func $f)) (export "f" (func $f)))`)
}

/** Processes that one has started, from /proc. */
function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, state, ppid] = /\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
        return Number(ppid) === parent && state !== 'Z'
      } catch {
        return false
      }
    })
}

const isAlive = (pid: number) =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))

async function untilGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if (!isAlive(pid)) return true
    await wait(50)
  }
  return false
}

/** Starts another process that transpiles what takes for ever, with a cache and types to be written. */
async function busyParent(project: Project) {
  project.write({
    'endless.wasm': await endless(),
    'main.mjs': `import { readFileSync } from 'node:fs'
      import { createTranspiler } from '${DIST}/bindings/jco/transpiler.js'
      import { createCache } from '${DIST}/bindings/jco/cache.js'
      const limits = { timeoutMs: 600000, maxOutputBytes: 5e7, maxMemoryBytes: 8e9 }
      const { transpile } = createTranspiler({ jco: {}, limits, cache: createCache(() => '${project.at('cache')}') })
      const source = { bytes: new Uint8Array(readFileSync(new URL('endless.wasm', import.meta.url))), contentDigest: 'x', cores: [] }
      await transpile(source, { name: 'a', file: 'a' }).catch((error) => console.log(error.code))`,
  })
  const parent = spawn(process.execPath, [project.at('main.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said: string[] = []
  parent.stdout.on('data', (data) => said.push(String(data).trim()))
  let children: number[] = []
  for (let tries = 0; tries < 200 && children.length === 0; tries++) {
    await wait(25)
    children = childrenOf(parent.pid!)
  }
  expect(children).toHaveLength(1)
  await wait(500) // In the middle of its job.
  return { parent, child: children[0]!, said }
}

describe.runIf(process.platform === 'linux')('killing', () => {
  it.each(['the parent', 'the child', 'both'] as const)(
    '%s leaves no process and no half-written file',
    async (which) => {
      const project = makeProject()
      const { parent, child, said } = await busyParent(project)
      const ended = once(parent, 'exit')
      if (which !== 'the child') parent.kill('SIGKILL')
      if (which !== 'the parent') process.kill(child, 'SIGKILL')
      await ended
      expect(await untilGone(child)).toBe(true)
      expect(said).toEqual(which === 'the child' ? ['TRANSPILE_FAILED'] : [])
      expect(existsSync(project.at('cache')) ? project.files('cache') : []).toEqual([])
    },
  )
})

describe('where no process can be had', () => {
  const PERMISSION = ['--permission', '--experimental-permission'].find((flag) =>
    process.allowedNodeEnvironmentFlags.has(flag),
  )

  it.runIf(PERMISSION !== undefined)("jco runs in a thread: under Node's permission model", async () => {
    const project = makeProject({
      'one.wasm': await constantComponent(7),
      'main.mjs': `import { readFileSync } from 'node:fs'
        import { createTranspiler } from '${DIST}/bindings/jco/transpiler.js'
        const limits = { timeoutMs: 30000, maxOutputBytes: 5e7, maxMemoryBytes: 1e9 }
        const { transpile } = createTranspiler({ jco: {}, limits })
        const source = { bytes: new Uint8Array(readFileSync(new URL('one.wasm', import.meta.url))), contentDigest: 'x', cores: [] }
        console.log(Object.keys(await transpile(source, { name: 'a', file: 'a' })).length > 0)`,
    })
    const flags = [PERMISSION!, '--allow-worker', '--allow-fs-read=*', '--no-warnings']
    const { output } = await command(process.execPath, [...flags, project.at('main.mjs')])
    expect(output.trim()).toBe('true')
  })
})
