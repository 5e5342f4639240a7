import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Whose a file in the workspace is, as text that is fit for a file name: machine, process, and when that process started. */
const pattern = /([0-9a-f]{8})-(\d{1,10})-(\d{1,20})/
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8)

/** The name of this process. */
export const self = `${machine}-${process.pid}-${startOf(process.pid)}`

/** Whether `text` names a process of this machine that is no more. One of another machine is never known to be dead. */
export function isDead (text: string): boolean {
  const [, where, pid, start] = pattern.exec(text) ?? []
  if (where !== machine || Number(pid) === 0) return false
  const started = startOf(Number(pid))
  if (started !== '0') return started !== start
  try {
    process.kill(Number(pid), 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

/** Clock ticks from the machine's start to that of the process, as Linux tells; `0` where nothing is told, `dead` for one that only waits to be reaped. */
function startOf (pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')
    return /[ZX]/.test(fields[0] ?? '') ? 'dead' : fields[19] ?? '0'
  } catch {
    return '0'
  }
}
