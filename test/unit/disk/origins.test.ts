import { describe, expect, it } from 'vitest'
import { Origins } from '../../../src/disk/origins.js'
import { makeProject } from '../../kit/project.js'

const entry = (others: object) => ({ version: '1.0.0', ...others })
const fetched = entry({ resolved: 'https://registry.npmjs.org/a/-/a-1.0.0.tgz', integrity: 'sha512-x' })

describe('where a file is from', () => {
  const project = makeProject({
    'node_modules/.package-lock.json': JSON.stringify({
      packages: {
        'node_modules/a': fetched,
        'node_modules/@scope/b': fetched,
        'node_modules/a/node_modules/c': fetched,
        'node_modules/patched': fetched,
        'node_modules/tarball': entry({ resolved: 'file:../tarball.tgz', integrity: 'sha512-x' }),
        'node_modules/git': entry({ resolved: 'git+ssh://git@github.com/a/b.git#abc' }),
        'node_modules/linked': { resolved: 'packages/linked', link: true },
      },
    }),
    'patches/patched+1.0.0.patch': '',
  })
  const origins = new Origins()

  it.each([
    ['src/a.wasm', 'project'],
    ['node_modules/a/x.wasm', 'registry'],
    ['node_modules/@scope/b/x.wasm', 'registry'],
    ['node_modules/a/node_modules/c/x.wasm', 'registry'],
    ['node_modules/a/node_modules/unknown/x.wasm', 'project'],
    ['node_modules/patched/x.wasm', 'project'],
    ['node_modules/tarball/x.wasm', 'project'],
    ['node_modules/git/x.wasm', 'project'],
    ['node_modules/linked/x.wasm', 'project'],
    ['node_modules/unknown/x.wasm', 'project'],
    ['node_modules/.pnpm/a@1.0.0/node_modules/a/x.wasm', 'registry'],
    ['node_modules/.pnpm/@scope+b@1.0.0_peer@2.0.0/node_modules/@scope/b/x.wasm', 'registry'],
    ['node_modules/.pnpm/a@1.0.0_patch_hash=abc/node_modules/a/x.wasm', 'project'],
    ['node_modules/.pnpm/a@file+..+a.tgz/node_modules/a/x.wasm', 'project'],
    ['node_modules/.pnpm/a@https+++codeload.github.com+a+b+tar.gz+abc/node_modules/a/x.wasm', 'project'],
    ['node_modules/tarball/node_modules/.pnpm/a@1.0.0/node_modules/a/x.wasm', 'project'],
    ['node_modules/.cache/x.wasm', 'project'],
  ])('%s is of the %s', (file, origin) => {
    expect(origins.of(project.at(file))).toBe(origin)
  })

  it('is the project, where no package manager says anything', () => {
    expect(new Origins().of(makeProject().at('node_modules/a/x.wasm'))).toBe('project')
  })
})
