/** The examples of every help, pasted. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALIASES, COMMANDS } from '../../../src/cli/commands.js'
import { formatPublicKey } from '../../../src/trust/keys/write.js'
import { sri } from '../../../src/policy/lock-entry.js'
import { formatBuildReport } from '../../../src/report/build-report.js'
import { sha256 } from '../../../src/trust/crypto/rule.js'
import { generateKey } from '../../../src/trust/keys/trusted-key.js'
import { fixture, makeProject, type Project, REPOSITORY } from '../../kit/project.js'
import { command } from '../../kit/run.js'

const BIN = path.join(REPOSITORY, 'dist/cli/main.js')

const server = createServer((_, response) => response.end(formatPublicKey(generateKey(), 'openssh')))
let host: string
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

const signed = ['verify', 'verify_matrix', 'verify-matrix', 'matrix', 'types', 'detach', 'inspect', 'show']

/** What somebody has who comes to one of the examples: files under the names that all of them use. */
async function prepare(name: string) {
  const project = makeProject({
    'hello.wasm': fixture('hello'),
    'dist/a.wasm': fixture('hello'),
    'src/b.wasm': fixture('hello'),
    'node_modules/acme/c.wasm': fixture('hello'),
    'keys/.keep': '',
  })
  const files = 'hello.wasm dist/a.wasm src/b.wasm node_modules/acme/c.wasm'
  const lines = ['keygen release', 'public-key release.pub -o keys/release.pub']
  if (name === 'init') lines.pop()
  if (signed.includes(name)) lines.push(`sign --write -k release.key ${files}`)
  if (['check', 'lock', 'explain', 'init'].includes(name))
    lines.push('sign --write -k release.key hello.wasm src/b.wasm')
  if (['check', 'lock', 'explain'].includes(name)) {
    project.write({ 'src/hello.wasm': fixture('hello') })
    lines.push('sign --write -k release.key src/hello.wasm', 'init')
  }
  if (['check', 'explain'].includes(name)) lines.push('lock --yes')
  if (name === 'attach') lines.push('sign --detached -k release.key hello.wasm')
  if (['keygen', 'generate-key'].includes(name)) lines.splice(0)
  for (const line of lines) await run(line, project.root)
  if (signed.includes(name)) project.write({ 'wasm-report.json': reportOf(project) })
  return project
}

/** What a build would have reported. */
function reportOf(project: Project): string {
  const digest = sri(sha256(project.read('dist/a.wasm')))
  const outputs = [{ name: 'a.wasm', wasm: [{ digest, from: ['a.wasm'] }] }]
  const policies = [{ id: digest, mode: 'strict' as const }]
  const nothing = { files: [], unverified: [], unsearched: [], warnings: [] }
  return formatBuildReport({ version: '1.0.0', jco: '1.0.0', policies, outputs, ...nothing })
}

async function run(line: string, cwd: string): Promise<void> {
  const ended = await command(
    'bash',
    ['-c', `${JSON.stringify(process.execPath)} ${JSON.stringify(BIN)} ${line}`],
    {
      cwd,
      env: { CI: '' },
    },
  )
  expect(ended.code, `${line}\n${ended.output}`).toBe(0)
}

const all = Object.entries({ ...COMMANDS, ...ALIASES })

describe.skipIf(process.platform === 'win32')('an example', () => {
  it.each(all)('of %s works as it stands', async (name, entry) => {
    const { examples } = await entry.load()
    expect(examples.length).toBeGreaterThan(0)
    const project = await prepare(name)
    for (const example of examples) {
      const line = /^npx unplugin-signed-wasm (.+)$/.exec(example)![1]!
      // Two examples of signing elsewhere are one story, in which a program with the key comes in between.
      if (line.includes('--signature-in'))
        await command(
          'openssl',
          [
            'pkeyutl',
            '-sign',
            '-inkey',
            'release.key',
            '-rawin',
            '-in',
            'hello.msg',
            '-out',
            'hello.msg.sig',
          ],
          { cwd: project.root },
        )
      if (line.startsWith('sign')) project.write({ 'hello.wasm': fixture('hello') })
      await run(line.startsWith('keys fetch') ? `${line} --host ${host}` : line, project.root)
    }
  })
})
