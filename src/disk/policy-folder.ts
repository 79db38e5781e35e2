/// <reference types="node" />
/** The policy of a project on the disk: where it lies, the lock beside it, and the keys that it names. */

import { existsSync, lstatSync, realpathSync } from 'node:fs'
import path from 'node:path'
import { problem } from '../errors/raise.js'
import { decodeUtf8 } from '../format/encoding.js'
import { policyOf, stricterMode } from '../policy/assemble.js'
import { emptyLock, type Lock, LOCK_FILE, parseLock } from '../policy/lock.js'
import { createPolicy, type Mode, type Policy } from '../policy/policy.js'
import { keyOf, parsePolicyFile, type PolicyFile } from '../policy/policy-file.js'
import { POLICY_FILE } from '../policy/policy-shape.js'
import { readKeyring } from './keyring.js'
import { readManifest } from './manifest.js'
import { realPath, toSlashes } from './paths.js'
import { readRegularFile } from './read-file.js'
import { openTrustedRoot } from './trusted-root.js'

/** How much is read of a policy, which people write, and of a lock, which is long where a project has much to lock. */
const [MAX_POLICY_BYTES, MAX_LOCK_BYTES] = [2 ** 20, 64 * 2 ** 20]

/** A policy that was read from the disk. */
export interface PolicyFolder {
  policy: Policy
  file: PolicyFile
  /** Real path of the folder that names of files count from. */
  folder: string
  /** Absolute path of the lock, whether it is there or not. */
  lockPath: string
  /** Absolute paths of what was read, and of the lock. */
  files: readonly string[]
}

/** How a policy is read. */
export interface PolicyReading {
  command: 'build' | 'serve'
  /** What is written elsewhere; of both, the stricter one counts. */
  mode: Mode | undefined
  /** How a path is shown. @param file absolute */
  display: (file: string) => string
  /** See `PolicySetup`. */
  today?: string | undefined
}

/**
 * The policy file of a project: the nearest one, from its root up to the folder with `.git`, or else to the root of its workspace;
 * in the root alone where there is neither. Never one of somebody else's folder above.
 * @param named where the options say that it is, from the root
 * @returns an absolute path
 */
export function findPolicy(root: string, named?: string): string | undefined {
  if (named !== undefined) return path.resolve(root, named)
  return foldersUpFrom(root)
    .map((folder) => path.join(folder, POLICY_FILE))
    .find((file) => lstatSync(file, { throwIfNoEntry: false }) !== undefined)
}

/** A folder and those above it, as far as its repository or workspace goes; it alone where it is in neither. Real paths. */
export function foldersUpFrom(root: string): string[] {
  const folders = [realPath(root) ?? root]
  for (let above = path.dirname(folders[0]!); above !== folders.at(-1); above = path.dirname(above))
    folders.push(above)
  const repository = folders.findIndex((folder) => existsSync(path.join(folder, '.git')))
  const last = repository === -1 ? folders.findIndex(isWorkspace) : repository
  return folders.slice(0, Math.max(last, 0) + 1)
}

/** @see npm, Yarn and Bun, "workspaces" in package.json; pnpm, pnpm-workspace.yaml */
function isWorkspace(folder: string): boolean {
  return existsSync(path.join(folder, 'pnpm-workspace.yaml')) || readManifest(folder).isWorkspace
}

/**
 * Reads a policy file, its lock and its keys. Under `off`, no key is opened.
 * @throws Diagnostic `POLICY_INVALID`, `SIGNER_TWICE`, `LOCK_INVALID`, `KEY_*`, `FILE_*`
 */
export function readPolicyFolder(
  policyPath: string,
  { command, mode, display, today }: PolicyReading,
): PolicyFolder {
  // As the disk spells it, as paths of files are: where case means nothing, a folder may have been entered by another name.
  const folder = realpathSync.native(path.dirname(policyPath))
  const file = parsePolicyFile(
    readText(policyPath, display, MAX_POLICY_BYTES, 'POLICY_INVALID')!,
    display(policyPath),
  )
  const lockPath = path.join(path.dirname(policyPath), LOCK_FILE)
  const text = readText(lockPath, display, MAX_LOCK_BYTES, 'LOCK_INVALID')
  const lock = text === undefined ? emptyLock(display(lockPath)) : parseLock(text, display(lockPath))
  const written = typeof file.mode === 'object' ? file.mode[command] : file.mode
  const setup = { mode: stricterMode(mode, written), lock, isServing: command === 'serve', today }
  const { policy, watch } = assemble(file, folder, setup)
  return { policy, file, folder, lockPath, files: [policyPath, lockPath, ...watch] }
}

function assemble(
  file: PolicyFile,
  root: string,
  setup: { mode: Mode; lock: Lock; isServing: boolean; today: string | undefined },
): { policy: Policy; watch: readonly string[] } {
  if (setup.mode === 'off')
    return { policy: createPolicy({ mode: 'off', denied: file.denied, rules: [] }), watch: [] }
  const keyrings = [...file.signers].flatMap(([name, { value }]) => {
    const key = keyOf(value)
    if (key === undefined) return []
    const { keys, watch } = readKeyring([key], { root, environment: {}, nameOf: () => name })
    return [{ name, keys, watch }]
  })
  const keys = new Map(keyrings.map((keyring) => [keyring.name, keyring.keys]))
  const hasIdentities = keyrings.length < file.signers.size
  const rootFile = file.trustedRoot === undefined ? undefined : path.resolve(root, file.trustedRoot)
  const trustedRoot = hasIdentities ? openTrustedRoot(rootFile, file.trustedRoot) : undefined
  return {
    policy: policyOf(file, { ...setup, keys, root: trustedRoot }),
    watch: [...keyrings.flatMap(({ watch }) => watch), ...(rootFile === undefined ? [] : [rootFile])],
  }
}

/** @returns `undefined` for a lock that is not there */
function readText(
  target: string,
  display: (file: string) => string,
  maxBytes: number,
  code: 'POLICY_INVALID' | 'LOCK_INVALID',
): string | undefined {
  const file = display(target)
  const bytes = readRegularFile(target, { display: file, maxBytes })
  if (bytes === undefined) {
    if (code === 'LOCK_INVALID') return undefined
    throw problem('FILE_UNREADABLE', { file, reason: 'there is no such file' })
  }
  const text = decodeUtf8(bytes)
  if (text === undefined)
    throw problem(code, { file, reason: 'it is not UTF-8', place: { file, line: 1, column: 1 } })
  return text
}

/**
 * The path by which rules know a file: the real one, as the disk spells it, so that no other case of its letters has other rules.
 * @param file that is there; one that is not is taken as it is written
 * @param flavour of the platform
 */
export function pathInPolicy(
  file: string,
  folder: string,
  flavour: Pick<typeof path, 'relative'> = path,
): string {
  let real = file
  try {
    real = realpathSync.native(file)
  } catch {
    // Gone, or a name that a bundler made up: no rule names it unless it is written so.
  }
  return toSlashes(flavour.relative(folder, real))
}
