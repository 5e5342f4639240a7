import { readdirSync, readFileSync } from 'node:fs'

/** What the kernel tells of processes, in /proc: Linux only. */
const ticksPerSecond = 100

function fields (pid: number | string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

/** Seconds of processor time, of all its threads. */
export function processorTime (pid: number): number {
  const stat = fields(pid)
  return (Number(stat[11]) + Number(stat[12])) / ticksPerSecond
}

/** Resident memory in bytes. */
export function resident (pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}

export function descriptors (pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Processes whose parent is `pid`, dead ones nobody collected included. */
export function childrenOf (pid: number): Array<{ pid: number, zombie: boolean }> {
  return readdirSync('/proc').filter(name => /^\d+$/.test(name)).flatMap(name => {
    try {
      const [state, parent] = fields(name)
      return Number(parent) === pid ? [{ pid: Number(name), zombie: state === 'Z' }] : []
    } catch {
      return []
    }
  })
}

/** Ports of a range that somebody listens on. */
export function listeningPorts (first: number, count: number): number {
  const table = readFileSync('/proc/net/tcp', 'utf8').split('\n').map(line => line.trim().split(/\s+/))
  return table.filter(([, local = '', , state]) => state === '0A' && Number.parseInt(local.split(':')[1] ?? '', 16) - first >>> 0 < count).length
}

/** Memory that can be had without swapping, in bytes. */
export function availableMemory (): number {
  return Number(/^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
}
