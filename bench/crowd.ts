import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { startManager, type Manager, type ManagerKind } from './managers.ts'
import { causes, notMeasured, table, type Scale, type Section, type Target } from './part.ts'
import { availableMemory, childrenOf, processorTime, resident } from './proc.ts'
import { hasNativeLauncher } from './service.ts'
import { startMany } from './starts.ts'

const wanted = 6_000
const limit = 150
const firstPort = 20_000
/** Ports more than sessions: others may hold some. */
const spare = 500
/** How Node is told to keep its heap small, at the price of more garbage collection. */
const smallHeap = ['--max-semi-space-size=8', '--heap-growing-percent=25']

/** Memory of the manager while a crowd of sessions lives. */
export async function crowd (scale: Scale): Promise<Section> {
  const { programs, quick, tell } = scale
  const what = `${wanted} live sessions: the manager's memory`
  if (programs.native === undefined) return { markdown: ['Not measured: there is no C compiler.', ''], targets: [notMeasured(what, `≤ ${limit} MB`, 'no C compiler')] }
  const fitting = Math.min(wanted, room())
  const rows: string[][] = []
  const targets: Target[] = []
  const best: ManagerKind = hasNativeLauncher ? 'native' : 'javascript'
  const small = { kind: best, nodeArgs: smallHeap }
  const contestants: Array<{ kind: ManagerKind, nodeArgs: string[] }> = quick ? [small] : [...hasNativeLauncher ? [{ kind: 'javascript' as const, nodeArgs: [] }] : [], { kind: best, nodeArgs: [] }, small]
  for (const { kind, nodeArgs } of contestants) {
    const count = quick ? Math.min(fitting, 1_500) : fitting
    const manager = await startManager(kind, programs, {
      standIn: [],
      nodeArgs,
      env: { SLIPWAY_MAX_SESSIONS: String(count + spare), SLIPWAY_WS_PORTS_BEGIN: String(firstPort), SLIPWAY_FIRST_CONNECT_TIMEOUT: '3600', SLIPWAY_PING_TIMEOUT: '120' }
    })
    try {
      const empty = resident(manager.pid)
      const name = nodeArgs.length === 0 ? manager.name : `${manager.name}, small heap`
      tell(`${name}: starting ${count} sessions`)
      await startMany(manager.port, { atATime: 20, count, milliseconds: 400_000 })
      const { memory, launcher, load } = await watched(manager)
      rows.push([name, String(count), (empty / 1e6).toFixed(0), (memory / 1e6).toFixed(0), (launcher / 1e6).toFixed(0), (load * 100).toFixed(0)])
      const measured = `${(memory / 1e6).toFixed(0)} MB with ${count}${memory / 1e6 <= limit ? '' : `; ${causes}`}`
      targets.push({ what: `${name}: memory with ${wanted} live sessions`, wanted: `≤ ${limit} MB`, measured, met: count < wanted ? null : memory / 1e6 <= limit })
    } finally {
      tell('ending them')
      await manager.stop()
    }
  }
  return {
    markdown: [
      'Sessions that live without a viewer and ping every 5 s, a process of its own each; resident memory, and the share of one core that the manager uses for them.',
      'There is no peer here: the bare manager of the other tables forgets a child once it has answered, and nothing else known keeps a record and deadlines of each.',
      `Small heap: Node is started with \`${smallHeap.join(' ')}\`.`,
      ...fitting < wanted ? [`This machine has room for ${fitting} of the ${wanted}.`] : [],
      '',
      ...table(['manager', 'sessions', 'MB without', 'MB with', 'launcher, MB', '% of a core'], rows)
    ],
    targets,
    repeated: 'once for each manager'
  }
}

async function watched ({ pid }: Manager): Promise<{ memory: number, launcher: number, load: number }> {
  const before = processorTime(pid)
  await new Promise(resolve => { setTimeout(resolve, 10_000) })
  return { memory: resident(pid), launcher: childrenOf(pid).reduce((sum, child) => sum + resident(child.pid), 0), load: (processorTime(pid) - before) / 10 }
}

/** Sessions that this machine holds: processes, descriptors of a launcher (two pipes each) and memory (half a megabyte each). */
function room (): number {
  const processes = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8')) - 4_000
  const open = Number(execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' })) || Infinity
  return Math.floor(Math.min(processes, (open - 500) / 3, (availableMemory() - 2e9) / 5e5))
}
