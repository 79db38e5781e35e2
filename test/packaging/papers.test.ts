/** What the code cites is in the repository, and what the documents cite is there as well. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { toSlashes } from '../../src/disk/paths.js'
import { walk } from '../../src/disk/walk.js'
import { REPOSITORY } from '../kit/project.js'

const read = (name: string) => readFileSync(path.join(REPOSITORY, name), 'utf8')
/** What other tests are writing just now is none of ours, and there is a lot of it. */
const sources = (folder: string) =>
  [...walk(path.join(REPOSITORY, folder), { skip: ['.tmp', 'fixtures', 'node_modules'] })]
    .map((file) => toSlashes(path.relative(REPOSITORY, file)))
    .filter((name) => name.endsWith('.ts'))
const papers = readdirSync(path.join(REPOSITORY, '.github')).filter((name) => name.endsWith('.md'))

interface Row {
  number: number
  test: string
}

const rows: Row[] = [...read('.github/THREATS.md').matchAll(/^\| (\d+) \|.*\| ([^|]+) \|$/gm)].map(
  ([, number, test]) => ({ number: Number(number), test: test! }),
)

describe('the list of threats', () => {
  it('has each number once', () => {
    expect(rows.map(({ number }) => number).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 53 }, (_, index) => index + 1),
    )
  })

  it.each(rows)('row $number names tests that there are, or says that nothing is built', ({ test }) => {
    const cited = [...test.matchAll(/`(test\/[^`]+)`((?: "[^"]+",?)*)/g)]
    if (cited.length === 0) expect(test).toMatch(/^not built yet/)
    for (const [, file, titles] of cited) {
      const text = read(file!)
      for (const [, title] of titles!.matchAll(/"([^"]+)"/g)) expect(text, file).toContain(title)
    }
  })

  it('is named by every test that says which threat it is about', () => {
    const named = sources('test').flatMap((file) =>
      [...read(file).matchAll(/'THREAT (\d+)/g)].map(([, number]) => ({ file, number: Number(number) })),
    )
    expect(named.length).toBeGreaterThan(20)
    for (const { file, number } of named)
      expect(rows.find((row) => row.number === number)?.test, `${file}: THREAT ${number}`).toContain(file)
  })
})

describe('the limits in FORMAT.md', () => {
  const limits = [
    ...read('.github/FORMAT.md').matchAll(/^\| [^|]+ \| (\d+)([^|]*) \| `(\w+)` in `([^`]+)` \|$/gm),
  ]
  const units: Record<string, number> = { MiB: 2 ** 20 }

  it('are many', () => expect(limits.length).toBeGreaterThan(15))

  it.each(limits.map(([, ...row]) => row))('%s%s is what %s says in %s', (amount, unit, name, file) => {
    const [, written] = new RegExp(`\\b${name}(?: =|:) ([\\d_ *]+)`).exec(read(file!)) ?? []
    expect(valueOf(written!)).toBe(Number(amount) * (units[unit!.trim()] ?? 1))
  })
})

/** The value of a product of numbers and powers, such as `64 * 2 ** 20`. */
function valueOf(written: string): number {
  const plain = written
    .replaceAll('_', '')
    .replace(/(\d+) \*\* (\d+)/g, (_, base, exponent) => String(Number(base) ** Number(exponent)))
  return plain.split('*').reduce((product, factor) => product * Number(factor), 1)
}

it.each(papers)('%s links to what is there', (name) => {
  const links = [...read(`.github/${name}`).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, target]) => target!)
  for (const target of links) expect(existsSync(path.join(REPOSITORY, '.github', target)), target).toBe(true)
})

it('whatever fetches the command from the registry names a package that is ours', () => {
  const texts = [
    ...['src', 'test', 'playground'].flatMap(sources),
    ...papers.map((name) => `.github/${name}`),
    ...['README.md', 'package.json', 'playground/component/README.md'],
  ]
  const other = /(?:npx|dlx|bunx|exec|x)(?: -\S+)* signed-wasm\b.*/g
  const found = texts.flatMap((name) => [...read(name).matchAll(other)].map(([line]) => `${name}: ${line}`))
  expect(texts.length).toBeGreaterThan(300)
  expect(found).toEqual([])
})

it('sources cite documents that are there', () => {
  const cited = new Set(
    sources('src').flatMap((file) => [...read(file).matchAll(/\b[A-Z]{5,}\.md\b/g)].map(([name]) => name)),
  )
  for (const name of cited) expect([...papers, 'README.md']).toContain(name)
})

it('the map of the house shows every room, and the way to contribute every question', () => {
  const rooms = readdirSync(path.join(REPOSITORY, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'schema')
    .map(({ name }) => name)
  for (const room of rooms) {
    expect(read('.github/ARCHITECTURE.md')).toContain(`| \`src/${room}/\` |`)
    expect(read('.github/CONTRIBUTING.md')).toContain(`| \`src/${room}/\` |`)
  }
})
