import { describe, expect, it } from 'vitest'
import { fixture, inState, linkPackage, makeProject, type Status, TRUSTED_PEM } from '../kit/project.js'
import { command, runInNode, tool } from '../kit/run.js'

const MAIN = `import { answer } from './hello.wasm'\nglobalThis.answers = answer()`
const PLUGIN = (name: string) => `import signedWasm from 'unplugin-signed-wasm/${name}'`
const OPTIONS = `{ keys: 'trusted.pub' }`

interface CommandLine {
  files: Record<string, string>
  script: string
  args: string[]
}

/** The command that people type for each tool, with a configuration as the README shows it. */
const TOOLS: Record<string, CommandLine> = {
  vite: {
    script: 'vite/bin/vite.js',
    args: ['build'],
    files: {
      'vite.config.js': `${PLUGIN('vite')}
        export default { plugins: [signedWasm(${OPTIONS})], build: { ssr: 'main.js' } }`,
    },
  },
  rollup: {
    script: 'rollup/dist/bin/rollup',
    args: ['-c'],
    files: {
      'rollup.config.js': `${PLUGIN('rollup')}
        export default { input: 'main.js', output: { dir: 'dist', format: 'es' }, plugins: [signedWasm(${OPTIONS})] }`,
    },
  },
  rolldown: {
    script: 'rolldown/bin/cli.mjs',
    args: ['-c'],
    files: {
      'rolldown.config.js': `${PLUGIN('rolldown')}
        export default { input: 'main.js', platform: 'node', output: { dir: 'dist' }, plugins: [signedWasm(${OPTIONS})] }`,
    },
  },
  webpack: {
    script: 'webpack-cli/bin/cli.js',
    args: ['--mode', 'development'],
    files: {
      'webpack.config.mjs': `${PLUGIN('webpack')}
        export default { entry: './main.js', target: 'node', devtool: false, experiments: { outputModule: true }, output: { module: true, filename: 'main.js' }, plugins: [signedWasm(${OPTIONS})] }`,
    },
  },
  rspack: {
    script: '@rspack/cli/bin/rspack.js',
    args: ['build', '--mode', 'development'],
    files: {
      'rspack.config.mjs': `${PLUGIN('rspack')}
        export default { entry: './main.js', target: 'node', devtool: false, output: { module: true, filename: 'main.js' }, plugins: [signedWasm(${OPTIONS})] }`,
    },
  },
  esbuild: {
    script: '',
    args: [],
    files: {
      'build.mjs': `${PLUGIN('esbuild')}
        import { build } from 'esbuild'
        await build({ entryPoints: ['main.js'], bundle: true, format: 'esm', platform: 'node', outdir: 'dist', loader: { '.wasm': 'file' }, plugins: [signedWasm(${OPTIONS})] })`,
    },
  },
  farm: {
    script: '@farmfe/cli/bin/farm.mjs',
    args: ['build'],
    files: {
      'farm.config.mjs': `${PLUGIN('farm')}
        export default { compilation: { input: { main: './main.js' }, output: { targetEnv: 'node', format: 'esm', entryFilename: '[entryName].js' }, persistentCache: false, progress: false }, plugins: [signedWasm(${OPTIONS})] }`,
    },
  },
}

async function run(
  name: string,
  status: Status,
  change: (text: string) => string = (text) => text,
  main = MAIN,
) {
  const { files, script, args } = TOOLS[name]!
  const configs = Object.entries(files).map(([file, text]) => [file, change(text)])
  const project = makeProject({
    'main.js': main,
    'hello.wasm': inState(fixture('hello'), status),
    'trusted.pub': TRUSTED_PEM,
    ...(Object.fromEntries(configs) as Record<string, string>),
  })
  linkPackage(project)
  const ended = await (script === ''
    ? command(process.execPath, ['build.mjs'], { cwd: project.root })
    : tool(script, args, { cwd: project.root }))
  return { ...ended, project }
}

describe.each(Object.keys(TOOLS))('%s from the command line', (name) => {
  it('builds a signed component, and says which policy it enforces', async () => {
    const { code, output, project } = await run(name, 'signed')
    expect(output).toMatch(/\[signed-wasm\] strict, 1 trusted key: trusted\.pub \(fingerprint [0-9a-f]{16}/)
    expect(code, output).toBe(0)
    expect(await runInNode([project.at('dist/main.js')])).toEqual([{ answers: 42 }])
    const assets = project.files('dist').filter((file) => file.endsWith('.wasm'))
    expect(assets).toHaveLength(1)
    expect(project.read(`dist/${assets[0]}`)).toEqual(project.read('hello.wasm'))
  })

  it('refuses a tampered one with an exit code, the reason, what to do, and no output', async () => {
    const { code, output, project } = await run(name, 'tampered')
    expect(code, output).not.toBe(0)
    expect(output).toContain('[signed-wasm] CONTENT_MODIFIED hello.wasm: Signature verification failed')
    expect(output).toContain('hint: get the file again')
    expect(project.files('dist').filter((file) => file.endsWith('.wasm'))).toEqual([])
  })

  it('refuses to start without a trusted key', async () => {
    const { code, output } = await run(name, 'signed', (text) => text.replace(OPTIONS, '{}'))
    expect(code, output).not.toBe(0)
    expect(output).toContain('NO_TRUSTED_KEYS')
    expect(output).toContain('npx unplugin-signed-wasm keygen')
  })
})

it('Farm with its persistent cache is refused with the name of the setting', async () => {
  const { code, output } = await run('farm', 'signed', (text) =>
    text.replace('persistentCache: false', 'persistentCache: true'),
  )
  expect(code, output).not.toBe(0)
  expect(output).toContain('FARM_PERSISTENT_CACHE')
  expect(output).toContain('compilation.persistentCache')
})

it('Farm ends with an exit code and the reason when only its finished output is refused', async () => {
  const base64 = Buffer.from(fixture('hello')).toString('base64')
  const { code, output, project } = await run('farm', 'signed', undefined, `globalThis.answers = '${base64}'`)
  expect(code, output).toBe(1)
  expect(output).toContain('[signed-wasm] UNVERIFIED_WASM main.js')
  expect(project.files('dist')).toEqual([])
})

/** Configurations of several builds in one command, each with a plugin of its own or with one for all. */
const TWICE: Record<string, (text: string) => string> = {
  rollup: (text) =>
    text.replace(/export default (\{.*\})/s, 'const one = () => ($1)\nexport default [one(), one()]'),
  webpack: (text) =>
    text.replace(/export default (\{.*\})/s, 'const one = () => ($1)\nexport default [one(), one()]'),
  rspack: (text) =>
    text.replace(/export default (\{.*\})/s, 'const one = () => ($1)\nexport default [one(), one()]'),
  vite: (text) =>
    text.replace(
      "build: { ssr: 'main.js' }",
      `builder: {}, environments: Object.fromEntries(['client', 'ssr', 'edge'].map((name) => [name, { build: { outDir: 'dist/' + name, rollupOptions: { input: 'main.js' } } }]))`,
    ),
}

describe.each(Object.entries(TWICE))('%s with several builds in a command', (name, change) => {
  it('says once which policy it enforces', async () => {
    const { code, output } = await run(name, 'signed', change)
    expect(code, output).toBe(0)
    expect(output.match(/\[signed-wasm\] strict, 1 trusted key/g)).toHaveLength(1)
  })
})
