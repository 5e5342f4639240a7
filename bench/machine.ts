import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'

/** The machine in words. */
export function machineName (): string {
  return `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform} ${release()}, Node ${process.version}`
}

/** Share of the cores below which others do not disturb. */
const quietEnough = 0.1

/** What others took: the share of the cores before something ran, and the share of its time that the hypervisor kept. */
export class Disturbance {
  readonly #busy: number | undefined
  readonly #before = times()

  private constructor (busy: number | undefined) {
    this.#busy = busy
  }

  /** Waits until others use less than a tenth of the cores for a second, `patience` milliseconds at most. Call it while nothing of ours runs. */
  static async whenQuiet (patience: number, tell: (text: string) => void): Promise<Disturbance> {
    const end = performance.now() + patience
    for (;;) {
      const busy = await busyShare()
      if (busy === undefined || busy < quietEnough || performance.now() > end) return new Disturbance(busy)
      tell(`waiting for a quiet machine: others use ${(busy * 100).toFixed(0)} % of the cores`)
    }
  }

  inWords (): string {
    const before = this.#before
    const after = times()
    const others = `others used ${((this.#busy ?? NaN) * 100).toFixed(0)} % of the cores when it began`
    const load = this.#busy === undefined ? 'what others used is not told by this system' : this.#busy < quietEnough ? others : `**${others}**`
    if (before === undefined || after === undefined) return `${load}; steal time is not told by this system`
    const share = (after.steal - before.steal) / Math.max(1, after.total - before.total)
    return `${load}, steal time ${(share * 100).toFixed(1)} %`
  }
}

/** The share of all cores that is in use, within a second in which we do nothing. */
async function busyShare (): Promise<number | undefined> {
  const before = times()
  await new Promise(resolve => { setTimeout(resolve, 1_000) })
  const after = times()
  if (before === undefined || after === undefined) return undefined
  return 1 - (after.idle - before.idle) / Math.max(1, after.total - before.total)
}

/** Ticks of all cores since the machine started. */
function times (): { total: number, idle: number, steal: number } | undefined {
  try {
    const [, ...ticks] = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0]?.trim().split(/\s+/) ?? []
    // Guest time is contained in user time.
    return { total: ticks.slice(0, 8).reduce((sum, tick) => sum + Number(tick), 0), idle: Number(ticks[3]) + Number(ticks[4]), steal: Number(ticks[7]) }
  } catch {
    return undefined
  }
}
