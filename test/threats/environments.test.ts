/** Environments of Vite that are built at once. */

import { createBuilder } from 'vite'
import { expect, it } from 'vitest'
import { signedWasm } from '../../src/index.js'
import { inState, makeProject, TRUSTED_PEM } from '../kit/project.js'
import { runInNode } from '../kit/run.js'
import { constantComponent } from '../kit/wat.js'

it('THREAT 52: two servers that are built at once each get their component', async () => {
  const project = makeProject({
    'a.js': `import { answer } from './a.wasm'\nglobalThis.answers = answer()`,
    'b.js': `import { answer } from './b.wasm'\nglobalThis.answers = answer()`,
    'a.wasm': inState(await constantComponent(1), 'signed'),
    'b.wasm': inState(await constantComponent(2), 'signed'),
  })
  const server = (entry: string) => ({
    consumer: 'server' as const,
    build: {
      outDir: `dist/${entry}`,
      rolldownOptions: { input: project.at(`${entry}.js`), output: { entryFileNames: 'main.js' } },
    },
  })
  const builder = await createBuilder({
    root: project.root,
    configFile: false,
    logLevel: 'silent',
    publicDir: false,
    plugins: [signedWasm.vite({ keys: TRUSTED_PEM })],
    environments: { a: server('a'), b: server('b') },
  })
  await Promise.all([builder.build(builder.environments['a']!), builder.build(builder.environments['b']!)])
  expect(await runInNode([project.at('dist/a/main.js'), project.at('dist/b/main.js')])).toEqual([
    { answers: 1 },
    { answers: 2 },
  ])
  for (const name of ['a', 'b'])
    expect(project.files(`dist/${name}`).filter((file) => file.endsWith('.wasm'))).toHaveLength(1)
})
