// What a process and all that it has started have taken, up to now.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

/** Milliseconds of CPU. */
export function cpuSpent() {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  return (userCPUTime + systemCPUTime) / 1000 + sum(descendants(process.pid).map(cpuOf))
}

/** MiB of memory: the sum of what each of them had at most. */
export function memoryTaken() {
  return process.resourceUsage().maxRSS / 1024 + sum(descendants(process.pid).map(peakOf))
}

/** Processes that one has started, and so on. Linux only: elsewhere it is this process alone. */
function descendants(parent) {
  if (!existsSync('/proc/self/stat')) return []
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => parentOf(pid) === parent)
    .map(Number)
  return found.flatMap((pid) => [pid, ...descendants(pid)])
}

function parentOf(pid) {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return undefined
  }
}

/** Of all its threads, in nanoseconds: the clock of `stat` ticks too seldom. */
function cpuOf(pid) {
  const threads = readdirSync(`/proc/${pid}/task`)
  return (
    sum(
      threads.map((thread) =>
        Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
      ),
    ) / 1e6
  )
}

function peakOf(pid) {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
