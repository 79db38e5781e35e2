/// <reference types="node" />
/** Signals that end the process, held back while files are written. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

let holders = 0

/** Ends the process by the signal itself, so that whoever started it sees that. */
function end(signal: NodeJS.Signals): void {
  for (const name of SIGNALS) process.removeListener(name, end)
  process.kill(process.pid, signal)
}

/**
 * Does some work, at whose end nothing temporary is left. A signal that comes meanwhile is obeyed right after it: Node
 * hands signals over between two turns, so a listener is enough, and has to outlast the turn.
 */
export function uninterrupted<T>(work: () => T): T {
  if (holders++ === 0) for (const name of SIGNALS) process.on(name, end)
  try {
    return work()
  } finally {
    setImmediate(() => setImmediate(release))
  }
}

function release(): void {
  if (--holders === 0) for (const name of SIGNALS) process.removeListener(name, end)
}
