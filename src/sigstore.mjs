// Makes one file of the verifier of Sigstore bundles and the packages that it is from, and takes the trusted root of the public
// services from the package that carries it. Neither is loaded unless a policy names an identity. @see .github/SECURITY.md
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { build } from 'esbuild'

const OUT = 'dist/sigstore'
const SERVICES = 'https://tuf-repo-cdn.sigstore.dev'
/** When somebody last saw that this version of the package has the root that is in use. */
const TAKEN = { version: '4.0.2', date: '2026-11-27' }

rmSync(OUT, { recursive: true, force: true })
mkdirSync(OUT, { recursive: true })

const { metafile } = await build({
  entryPoints: ['dist/disk/sigstore-verifier.js'],
  outfile: `${OUT}/verifier.cjs`,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  minify: true,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
})
for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map']) rmSync(`dist/disk/sigstore-verifier${ending}`)

const folders = Object.keys(metafile.inputs).map(
  (path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0],
)
const packages = [...new Set(folders)].filter((folder) => folder !== undefined).toSorted()
const manifestOf = (folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
const licenseIn = (folder) => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name))
  // One of them carries none, and names the same one as the rest of its repository.
  const own = file === undefined ? sameAs(folder) : `${folder}/${file}`
  return readFileSync(own, 'utf8').trim()
}

/** The licence of another package from the same repository, under the same terms. */
function sameAs(folder) {
  const { license, repository } = manifestOf(folder)
  const other = `${folder}/../bundle`
  const { license: theirs, repository: home } = manifestOf(other)
  if (license !== theirs || repository.url !== home.url) throw new Error(`${folder} has no licence`)
  return `${other}/LICENSE`
}

// Most are under one licence, whose text stands here once.
const byLicense = groupBy(packages, licenseIn)
const texts = [...byLicense].map(([text, all]) => {
  const names = all.map(manifestOf).map(({ name, version, license }) => `${name} ${version}, ${license}`)
  return `${names.join('\n')}\n\n${text}\n`
})
writeFileSync(`${OUT}/LICENSES.txt`, texts.join('\n'))

const carrier = createRequire(import.meta.url).resolve('@sigstore/tuf/seeds.json')
const seeds = JSON.parse(readFileSync(carrier, 'utf8'))
const root = Buffer.from(seeds[SERVICES].targets['trusted_root.json'], 'base64')
writeFileSync(`${OUT}/trusted-root.json`, root)

const { name, version } = manifestOf(carrier.replace(/\/seeds\.json$/, ''))
if (version !== TAKEN.version)
  throw new Error(`look at the trusted root of ${name} ${version}, and note the day`)
const about = {
  packages: Object.fromEntries(packages.map(manifestOf).map((one) => [one.name, one.version])),
  trustedRoot: {
    package: name,
    version,
    date: TAKEN.date,
    sha256: createHash('sha256').update(root).digest('hex'),
  },
}
writeFileSync(`${OUT}/sigstore.json`, `${JSON.stringify(about, undefined, 2)}\n`)

/** `Map.groupBy`, which Node 20 lacks. */
function groupBy(items, keyOf) {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}
