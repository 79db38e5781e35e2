/// <reference types="node" />
/**
 * A process in which jco runs, with flags that would be wrong for the user's own. jco's wasm is large and runs for moments,
 * so that V8 takes longer to optimise it than it runs: this process does without.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { realPath } from '../../disk/paths.js'
import type { Answer, Runner } from './job.js'

/** Whether the program that runs this can be started again as Node. */
export function canStartProcess(): boolean {
  const { bun, deno, electron } = process.versions
  const isNode = bun === undefined && deno === undefined && electron === undefined
  // Not a program that Node is built into, which would start itself.
  return isNode && /^node(?:js)?\d*(?:\.exe)?$/i.test(basename(process.execPath)) && !isRestricted()
}

/** Under Node's permission model, whose name has changed, processes may be forbidden. */
function isRestricted(): boolean {
  const { permission } = process as { permission?: { has(scope: string): boolean } }
  return permission?.has('child') === false
}

/** Whether this Node knows {@link QUICK_START}; a process that is asked for an unknown flag ends with this code. */
let knowsFlags = true
const BAD_OPTION = 9

/** V8: the quick compiler for wasm only. */
const QUICK_START = '--liftoff-only'

/**
 * Starts a process.
 * @param folder of the scripts, the only one that it may read
 * @param quick another flag, for tests
 * @throws what `fork` throws
 */
export function startProcess(folder: URL, quick: string = QUICK_START): Runner {
  const path = realPath(fileURLToPath(folder)) ?? fileURLToPath(folder)
  const flags = () => (knowsFlags ? [quick, ...permissions(path)] : [])
  let child = start(path, flags())
  return {
    async ask(job) {
      const answer = await ask(child, job)
      if (answer !== undefined) return answer
      if (child.exitCode !== BAD_OPTION || !knowsFlags) return ENDED
      knowsFlags = false
      child = start(path, flags())
      return (await ask(child, job)) ?? ENDED
    },
    isGone: () => isGone(child),
    end() {
      const gone = isGone(child) ? Promise.resolve() : once(child, 'exit')
      child.ref()
      child.kill('SIGKILL')
      return gone
    },
  }
}

const ENDED: Answer = { status: 'failed', reason: 'its process ended' }

const isGone = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

function start(folder: string, execArgv: string[]): ChildProcess {
  const child = fork(`${folder}/child.mjs`, [], {
    execArgv,
    env: ENVIRONMENT,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  child.on('error', () => {}) // `ask` hears that it has ended.
  rest(child)
  return child
}

/** Where Node can forbid, all is forbidden but to read the scripts, and to start the thread. */
function permissions(folder: string): string[] {
  const flag = ['--permission', '--experimental-permission'].find((name) =>
    process.allowedNodeEnvironmentFlags.has(name),
  )
  return flag === undefined ? [] : [flag, `--allow-fs-read=${folder}/*`, '--allow-worker']
}

/** Neither what the user has set nor where he is concerns jco. Windows starts nothing without these. */
const ENVIRONMENT: NodeJS.ProcessEnv = Object.fromEntries(
  ['SystemRoot', 'windir', 'SystemDrive', 'TEMP', 'TMP'].flatMap((name) => {
    const value = process.platform === 'win32' ? process.env[name] : undefined
    return value === undefined ? [] : [[name, value]]
  }),
)

/** @returns `undefined` when it has ended instead */
async function ask(child: ChildProcess, job: object): Promise<Answer | undefined> {
  const settled = new AbortController()
  const { signal } = settled
  child.ref()
  child.channel?.ref()
  try {
    const answered = once(child, 'message', { signal }).then(([answer]) => answer as Answer)
    const ended = once(child, 'exit', { signal }).then(() => undefined)
    if (child.connected) child.send(job, () => {}) // What cannot be sent ends in `exit`.
    return await Promise.race([answered, ended])
  } finally {
    settled.abort()
    rest(child)
  }
}

/** Lets this process end meanwhile. */
function rest(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}
