import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Readings } from './load-gate.ts'

/** Bytes of memory: all there is, and what is left of it. */
interface Memory { total: number, left: number }

/**
 * Reads how busy a Linux machine is, from the files of its kernel: memory of the machine and of the groups of processes (cgroup v2 or v1) that the service is in, whichever is
 * tightest, and how long what could run had to wait for a processor. Elsewhere, and where a file is missing, nothing is known. Never rejects.
 */
export class Machine {
  readonly #root: string
  /** Periods of processor time, and those cut short by the group's limit, at the last look. */
  #periods = { all: 0, throttled: 0 }

  /** @param root what stands before `/proc` and `/sys` */
  constructor (root = '/') {
    this.#root = root
  }

  async read (): Promise<Pick<Readings, 'memory' | 'cpu'>> {
    const groups = await this.#groups()
    const memories = (await Promise.all([this.#machineMemory(), ...groups.map(async group => await this.#groupMemory(group))])).filter(memory => memory !== null)
    const waits = (await Promise.all([this.#pressure(groups), this.#throttling(groups)])).filter(wait => wait !== null)
    return {
      memory: memories.length === 0 ? null : Math.min(...memories.map(({ total, left }) => 100 * Math.max(0, left) / total)),
      cpu: waits.length === 0 ? null : Math.max(...waits)
    }
  }

  async #text (...path: string[]): Promise<string> { return await readFile(join(this.#root, ...path), 'utf8').catch(() => '') }

  async #machineMemory (): Promise<Memory | null> {
    const text = await this.#text('proc/meminfo')
    const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN)
    const [total, left] = [kilobytes('MemTotal') * 1_024, kilobytes('MemAvailable') * 1_024]
    return total > 0 && left >= 0 ? { total, left } : null
  }

  /** The folders of the groups we are in, the innermost first. In a container the names lead nowhere: there our own group is the root of what is seen. */
  async #groups (): Promise<Array<{ version: 1 | 2, folder: string }>> {
    const lines = (await this.#text('proc/self/cgroup')).split('\n').map(line => line.split(':'))
    const unified = lines.find(([number, controllers]) => number === '0' && controllers === '')
    const memory = lines.find(([, controllers]) => controllers?.split(',').includes('memory'))
    const [version, mount, line] = memory === undefined ? [2, 'sys/fs/cgroup', unified] as const : [1, 'sys/fs/cgroup/memory', memory] as const
    if (line === undefined) return []
    const folders: Array<{ version: 1 | 2, folder: string }> = []
    for (let path = posix.normalize(`/${line[2] ?? ''}`); ; path = posix.dirname(path)) {
      folders.push({ version, folder: join(mount, path) })
      if (path === '/') return folders
    }
  }

  /** What the limit of a group leaves; of the memory that counts as used, files that were read and not used for long can be had back at once. */
  async #groupMemory ({ version, folder }: { version: 1 | 2, folder: string }): Promise<Memory | null> {
    const [limitFile, usedFile, idleFiles] = version === 2 ? ['memory.max', 'memory.current', 'inactive_file'] as const : ['memory.limit_in_bytes', 'memory.usage_in_bytes', 'total_inactive_file'] as const
    const [limit = '', used = '', statistics = ''] = await Promise.all([this.#text(folder, limitFile), this.#text(folder, usedFile), this.#text(folder, 'memory.stat')])
    const total = Number(limit.trim() || NaN)
    const idle = Number(new RegExp(`^${idleFiles} (\\d+)$`, 'm').exec(statistics)?.[1] ?? 0)
    // "max", or a number that no machine has: there is no limit.
    if (!(total > 0) || total > 2 ** 60 || used.trim() === '') return null
    return { total, left: total - Math.max(0, Number(used) - idle) }
  }

  /** By the kernel's own account of pressure; where it keeps none, by the load: of so many that could run, those beyond the processors wait. */
  async #pressure (groups: ReadonlyArray<{ version: 1 | 2, folder: string }>): Promise<number | null> {
    const own = groups[0]?.version === 2 ? await this.#text(groups[0].folder, 'cpu.pressure') : ''
    const shares = [own, await this.#text('proc/pressure/cpu')].map(text => Number(/^some avg10=([\d.]+)/m.exec(text)?.[1] ?? NaN)).filter(share => !Number.isNaN(share))
    if (shares.length > 0) return Math.max(...shares)
    const load = parseFloat(await this.#text('proc/loadavg'))
    const processors = (await this.#text('proc/stat')).match(/^cpu\d+ /gm)?.length ?? 0
    return load >= 0 && processors > 0 ? 100 * Math.max(0, load - processors) / Math.max(load, processors) : null
  }

  /** Share of the periods since the last look in which the group's limit of processor time cut us short. */
  async #throttling ([own]: ReadonlyArray<{ version: 1 | 2, folder: string }>): Promise<number | null> {
    if (own === undefined) return null
    const text = await this.#text(own.version === 2 ? own.folder : own.folder.replace('sys/fs/cgroup/memory', 'sys/fs/cgroup/cpu'), 'cpu.stat')
    const count = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
    const before = this.#periods
    this.#periods = { all: count('nr_periods'), throttled: count('nr_throttled') }
    const periods = this.#periods.all - before.all
    return before.all === 0 || periods <= 0 ? null : 100 * (this.#periods.throttled - before.throttled) / periods
  }
}
