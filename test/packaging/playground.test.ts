import { readFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parsePublicKeys } from '../../src/trust/keys/read.js'
import { verifySync } from '../../src/trust/verify.js'
import { REPOSITORY } from '../kit/project.js'
import { command, type Ended, HAS_BROWSER, openPage, serveFiles } from '../kit/run.js'

const at = (name: string) => path.join(REPOSITORY, 'playground', name)

describe('npm run playground', () => {
  let ended: Ended
  beforeAll(async () => {
    ended = await command(process.execPath, [at('run.mjs'), '--once'])
  })

  it('prints what the component says, and the refusal of the tampered copy', () => {
    expect(ended.code, ended.output).toBe(0)
    expect(ended.stdout).toContain('The signed component says: Hello, Ada!')
    expect(ended.stdout).toMatch(/\[signed-wasm\] CONTENT_MODIFIED tampered\/hello\.wasm: .*TEST-ONLY\.pub/)
    expect(ended.stdout).toMatch(
      /after the build.*\n\n\[signed-wasm\] CONTENT_MODIFIED file:.*TEST-ONLY\.pub/,
    )
    expect(ended.stdout).not.toContain('    at ')
  })

  it('ships a component that is, byte for byte, the signed one', () => {
    const keys = parsePublicKeys(readFileSync(at('keys/TEST-ONLY.pub')), 'TEST-ONLY.pub')
    expect(verifySync(readFileSync(at('hello.wasm')), keys).status).toBe('verified')
  })

  it.runIf(HAS_BROWSER)('shows who signed, what the component says, and the refusal', async () => {
    const server = await serveFiles(at('dist/page'))
    const page = await openPage()
    try {
      await page.goto(`${server.origin}/index.html`)
      await page.waitForSelector('#tampered.refused')
      const { fingerprint } = parsePublicKeys(readFileSync(at('keys/TEST-ONLY.pub')), 'x')[0]!
      expect(await page.textContent('#signed.verified')).toContain(fingerprint)
      expect(await page.textContent('#greeting')).toBe('Hello, Ada!')
      await page.fill('#name', 'Grace <b>')
      expect(await page.textContent('#greeting')).toBe('Hello, Grace <b>!')
      expect(await page.textContent('#tampered')).toContain('CONTENT_MODIFIED')

      // One byte makes a J of the H, and `off` runs it.
      const outcome = page.frameLocator('#rechecked').locator('#outcome')
      const says = (text: string) =>
        expect.poll(() => outcome.textContent(), { timeout: 20_000 }).toContain(text)
      await says('Jello, Ada!')
      await page.check('[value=digest]')
      await says('DIGEST_MISMATCH')
      await page.check('[value=signature]')
      await says('CONTENT_MODIFIED')
      await page.uncheck('[name=tampered]')
      for (const mode of ['signature', 'digest', 'off']) {
        await page.check(`[value=${mode}]`)
        await says('Hello, Ada!')
      }
    } finally {
      await page.close()
      server.close()
    }
  })
})
