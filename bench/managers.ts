import { join } from 'node:path'
import type { Programs } from './programs.ts'
import { start, type Running } from './running.ts'
import { hasNativeLauncher, startService, withStandIn } from './service.ts'

/** Something that starts a stream server for every `POST /api/spawn`. */
export interface Manager extends Running { name: string, port: number }

export type ManagerKind = 'floor' | 'javascript' | 'native' | 'bare'

export const managerNames: Record<ManagerKind, string> = {
  floor: 'floor: posix_spawn in C',
  javascript: 'Slipway, launcher in JavaScript',
  native: 'Slipway, native launcher',
  bare: 'bare node:http with child_process.spawn'
}

/** Those that can be measured here. */
export const managerKinds: ManagerKind[] = hasNativeLauncher ? ['floor', 'javascript', 'native', 'bare'] : ['floor', 'javascript', 'bare']

export interface ManagerOptions {
  /** More arguments of the stand-in. */
  standIn?: readonly string[]
  /** Megabytes by which its process is larger. */
  ballast?: number
  /** Node's own arguments. */
  nodeArgs?: readonly string[]
  env?: Record<string, string>
}

const ports = { first: '26000', count: '1000' }

/** @throws Error where there is no C compiler */
export async function startManager (kind: ManagerKind, programs: Programs, { standIn = ['--bench-leave-after', '0'], ballast = 0, nodeArgs = [], env = {} }: ManagerOptions = {}): Promise<Manager> {
  if (programs.native === undefined) throw new Error('there is no C compiler')
  const name = `${managerNames[kind]}${ballast === 0 ? '' : `, ${ballast} MB larger`}`
  const more = ballast === 0 ? nodeArgs : [...nodeArgs, '--import', programs.script('ballast')]
  const environment = { ...env, BENCH_BALLAST: String(ballast) }
  const child = programs.native['stand-in']
  if (kind === 'javascript' || kind === 'native') {
    const folder = join(programs.folder, `${kind}-${ballast}`)
    const service = await startService(withStandIn(child, folder, { SLIPWAY_LAUNCHER: kind, SLIPWAY_CSR_ARGS: standIn.join(';'), ...environment }), more)
    return { ...service, name }
  }
  const args = [ports.first, ports.count, child, ...standIn]
  const running = await start(kind === 'floor'
    ? { command: programs.native['floor-manager'], args, ready: /ready on (\d+)/ }
    : { command: process.execPath, args: [...more, programs.script('bare-manager'), ...args], env: environment, ready: /ready on (\d+)/ })
  return { ...running, name, port: Number(running.said[0]) }
}
