import { describe, expect, it } from 'vitest'
import { resolveOptions } from '../../../src/plugin/options.js'
import { readPolicy } from '../../../src/plugin/read-policy.js'
import { OTHER_PEM, TRUSTED_PEM } from '../../kit/project.js'

const read = (root: string, keys: string, mode: 'strict' | 'off' = 'strict') => {
  const said: string[] = []
  const log = { inform: (line: string) => void said.push(line), warn: (text: string) => void said.push(text) }
  readPolicy({ ...resolveOptions({ mode, keys }), root, command: 'build' }, log)
  return said
}

describe('the line that states a policy', () => {
  it('is said once of a project, and again when it is another policy', () => {
    expect(read('/app', TRUSTED_PEM)).toEqual([expect.stringContaining('1 trusted key')])
    expect(read('/app', TRUSTED_PEM)).toEqual([])
    expect(read('/other', TRUSTED_PEM)).toHaveLength(1)
    expect(read('/app', OTHER_PEM)).toHaveLength(1)
  })

  it('is not taken for said where nobody listened', () => {
    readPolicy({ ...resolveOptions({ keys: TRUSTED_PEM }), root: '/silent', command: 'build' })
    expect(read('/silent', TRUSTED_PEM)).toHaveLength(1)
  })

  it('is a warning in every build where nothing is verified', () => {
    const twice = ['/off', '/off'].map((root) => read(root, TRUSTED_PEM, 'off')[0])
    for (const line of twice) expect(line).toContain('VERIFICATION_OFF')
  })
})
