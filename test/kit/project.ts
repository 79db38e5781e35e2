/** Throw-away projects, keys and signed files. */

import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, inject } from 'vitest'
import { formatPublicKey } from '../../src/trust/keys/write.js'
import { generateKey, type SecretKey } from '../../src/trust/keys/trusted-key.js'
import { sign } from '../../src/trust/sign.js'

/** The folder of this repository. */
export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** A folder with files, removed when the test file has ended. */
export interface Project {
  root: string
  /** Absolute path of a file in it. */
  at(...names: string[]): string
  write(files: Record<string, string | Uint8Array>): void
  read(name: string): Uint8Array
  /** Paths of all files under a folder, relative to that. */
  files(folder: string): string[]
}

const created: string[] = []

// Here, because hooks that a running test declares are never called.
afterAll(() => created.splice(0).forEach(remove))

/** Makes a project. */
export function makeProject(files: Record<string, string | Uint8Array> = {}): Project {
  const root = path.join(inject('projects'), randomBytes(6).toString('hex'))
  created.push(root)
  const project = projectIn(root)
  project.write({ 'package.json': JSON.stringify({ name: 'app', private: true, type: 'module' }), ...files })
  return project
}

/** What is in a folder, as a project. Whoever has made the folder removes it. */
export function projectIn(root: string): Project {
  const at = (...names: string[]) => path.join(root, ...names)
  const project: Project = {
    root,
    at,
    write(contents) {
      for (const [name, content] of Object.entries(contents)) {
        mkdirSync(path.dirname(at(name)), { recursive: true })
        writeFileSync(at(name), content)
      }
    },
    read: (name) => new Uint8Array(readFileSync(at(name))),
    files(folder) {
      if (!existsSync(at(folder))) return []
      // By hand, since Node's own `recursive` follows links or not, depending on its version.
      return readdirSync(at(folder), { withFileTypes: true }).flatMap((entry) => {
        if (entry.isDirectory())
          return project.files(path.join(folder, entry.name)).map((file) => path.join(entry.name, file))
        return entry.isFile() ? [entry.name] : []
      })
    },
  }
  return project
}

function remove(folder: string): void {
  if (process.env['SIGNED_WASM_KEEP'] !== '1') rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

const SAVE_AGAIN_MS = 4000

/**
 * From now on, files that are written and to which nothing reacts are saved again. On a busy machine file
 * watchers miss a change now and then; a person would do the same.
 */
export function saveAgain(project: Project): { enough(): void; stop(): void } {
  let written: string[] = []
  const write = project.write
  project.write = (files) => {
    written = Object.keys(files)
    write(files)
  }
  const timer = setInterval(() => {
    const now = new Date()
    for (const file of written) if (existsSync(project.at(file))) utimesSync(project.at(file), now, now)
  }, SAVE_AGAIN_MS)
  return {
    enough: () => {
      written = []
    },
    stop: () => clearInterval(timer),
  }
}

/** Makes this package importable from a project by its name, as built into `dist`. */
export function linkPackage(project: Project): void {
  mkdirSync(project.at('node_modules'), { recursive: true })
  symlinkSync(REPOSITORY, project.at('node_modules/unplugin-signed-wasm'), 'junction')
}

/** An unsigned component of this repository. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(path.join(REPOSITORY, 'test/fixtures/components', name, `${name}.wasm`)))
}

/** An unsigned component with a form of names, or of imports. */
export function form(name: string): Uint8Array {
  return new Uint8Array(readFileSync(path.join(REPOSITORY, 'test/fixtures/forms', `${name}.wasm`)))
}

/** Whose signature a file carries, and whether its content is still what they signed. */
export type Status = 'signed' | 'tampered' | 'unsigned' | 'unknown signer'

/** Made anew in every run. */
export const TRUSTED: SecretKey = generateKey()
const STRANGER: SecretKey = generateKey()

/** The public half of {@link TRUSTED}, for the option `keys`. */
export const TRUSTED_PEM = Buffer.from(formatPublicKey(TRUSTED, 'pem')).toString()
/** The public half of a key that signed nothing. */
export const OTHER_PEM = Buffer.from(formatPublicKey(generateKey(), 'pem')).toString()

/** A file in the given state. Tampering changes the last byte of a name, so that the component still runs. */
export function inState(bytes: Uint8Array, status: Status): Uint8Array {
  switch (status) {
    case 'unsigned':
      return bytes
    case 'signed':
      return sign(bytes, TRUSTED).bytes
    case 'unknown signer':
      return sign(bytes, STRANGER).bytes
    case 'tampered':
      return appendSection(sign(bytes, TRUSTED).bytes)
  }
}

/** Adds a custom section that nobody signed: harmless content, so that only verification can tell. */
function appendSection(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Uint8Array.of(0, 3, 1, 0x78, 0x79)])
}
