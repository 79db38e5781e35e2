/** Servers that tools start, as processes of their own with all that they start in turn. */

import { spawn } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'

/** A server that answers. */
export interface Served {
  address: string
  /** What it has said so far. */
  output(): string
  /** What it answers. */
  get(): Promise<{ status: number; text: string }>
  stop(): Promise<void>
}

/**
 * Starts a server, and waits until it answers.
 * @param args for a port of this machine
 * @throws what it said, when it ends instead
 */
export async function serve(
  file: string,
  args: (port: number) => readonly string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<Served> {
  const port = await freePort()
  const child = spawn(file, args(port), {
    cwd,
    env: {
      ...process.env,
      NODE_ENV: undefined,
      VITEST: undefined,
      NO_COLOR: '1',
      ...env,
    } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // so that it can be ended with its own children
  })
  let output = ''
  child.stdout.on('data', (data) => (output += data))
  child.stderr.on('data', (data) => (output += data))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const address = `http://127.0.0.1:${port}/`
  const get = async () => {
    const response = await fetch(address, { signal: AbortSignal.timeout(20_000) })
    return { status: response.status, text: await response.text() }
  }
  const stop = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
    return ended
  }
  const end = Date.now() + 60_000
  for (;;) {
    const answered = await get().then(
      () => true,
      () => false,
    )
    if (answered) return { address, output: () => output, get, stop }
    if (child.exitCode !== null || Date.now() > end) {
      await stop()
      throw new Error(`no answer; it said: ${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** A port that nothing listens on. */
export function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
