import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'

/** The machine in words. */
export function machineName (): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform} ${release()}, Node ${process.version}`
}

/** What others took while something ran: load before it, and the share of time that the hypervisor kept. */
export class Disturbance {
  readonly #load = loadavg()[0] ?? NaN
  readonly #before = times()

  inWords (): string {
    const before = this.#before
    const after = times()
    const load = `load average before it ${this.#load.toFixed(1)}`
    if (before === undefined || after === undefined) return `${load}; steal time is not told by this system`
    const share = (after.steal - before.steal) / Math.max(1, after.total - before.total)
    return `${load}, steal time ${(share * 100).toFixed(1)} %`
  }
}

function times (): { total: number, steal: number } | undefined {
  try {
    const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/) ?? []
    // Guest time is contained in user time.
    return { total: ticks.slice(0, 8).reduce((sum, tick) => sum + Number(tick), 0), steal: Number(ticks[7]) }
  } catch {
    return undefined
  }
}
